// The typography of a finished text: punctuation, digits and direction, in both languages.
//
// Applied when a field is put together, after the memory, so that a store can change its policy
// without translating again. What `find_masks` protects stays byte for byte, and polishing twice
// changes nothing. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "translate/language.hpp"
#include "translate/typography.hpp"

namespace barid::translate {

/// To Arabic: `? , ;` become `؟ ، ؛` unless they stand inside a Latin run or a number, doubled
/// marks of both scripts become one, blanks before marks and tatweel inside words go, quotes,
/// digits and the places of signs follow the policy, and in plain text a product code, address or
/// measure is isolated (FSI … PDI) so that the line keeps its order. To English: the reverse,
/// without isolates. Stray direction marks are removed.
std::string polish(std::string_view text, Language target, Format format,
                   const Typography& typography);
inline std::string polish(std::string_view text, Language target, Format format, Digits digits) {
    return polish(text, target, format, Typography{.digits = digits});
}

}  // namespace barid::translate
