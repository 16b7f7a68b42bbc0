// What was typed after an option, as a statement's parameter. Throws UsageError, which names the
// option. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace barid::worker {

/// Nothing when it was left out.
std::optional<std::string> given(const std::string& text);

/// A JSON value that PostgreSQL will take too, or nothing when it was left out.
std::optional<std::string> given_json(const std::string& text, const char* option);

/// {"en=Hello", "ar=مرحبا"} → {"en": "Hello", "ar": "مرحبا"}
std::optional<std::string> languages(const std::vector<std::string>& texts, const char* option);

/// An array, or nothing when there are no words.
std::optional<std::string> list(const std::vector<std::string>& words);

}  // namespace barid::worker
