// The checks that stand between a machine's answer and the shop.
//
// A text that fails any of them is never published: it goes to review with the reason. They are
// strict on purpose; a good translation that waits for a person costs less than a bad one that
// customers read. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "translate/language.hpp"

namespace barid::translate {

struct GateOptions {
    double min_target_script = 0.6;  ///< share of the target's letters, outside masks
    double min_length_ratio = 0.4;
    double max_length_ratio = 2.5;
    /// Code points of difference that are always allowed: short texts vary more.
    std::size_t length_slack = 12;
};

/// `reason` is a stable word for the review queue: garbled, known_bad, placeholders, tags, numbers,
/// invented_symbols, unchanged, wrong_script, length, repetition, untranslated, brackets, glossary,
/// forbidden.
struct GateFailure {
    std::string reason;
    std::string detail;
};

class Glossary;

/// The first failed check of one segment, or nothing. With a glossary its terms are checked too,
/// and those that are kept count as masks.
std::optional<GateFailure> check_translation(std::string_view source, std::string_view target,
                                             Language target_language,
                                             const GateOptions& options = {},
                                             const Glossary* glossary = nullptr);

/// Only what a person's text must hold too before it serves another entity: placeholders.
std::optional<GateFailure> check_placeholders(std::string_view source, std::string_view target);

}  // namespace barid::translate
