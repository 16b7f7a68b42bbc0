// The gates that look at an answer as a text, whatever its words mean (translate/gates.hpp calls
// them in order). Each gives the failure, or nothing. Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "translate/gates.hpp"

namespace barid::translate {

/// No UTF-8, control characters, another encoding's bytes, letters that became question marks.
std::optional<GateFailure> check_garbled(std::string_view source, std::string_view target);

/// What services and models write instead of a translation.
std::optional<GateFailure> check_known_bad(std::string_view source, std::string_view target);

std::optional<GateFailure> check_length(std::string_view source, std::string_view target,
                                        const GateOptions& options);

/// Words, phrases or letters over and over, unless the source does the same.
std::optional<GateFailure> check_repetition(std::string_view source, std::string_view target);

}  // namespace barid::translate
