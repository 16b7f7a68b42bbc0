// Attribute values that need no translator: colours, materials, sizes, amounts, countries, and
// labels in front of them.
//
// A text is translated only when every word of it is understood; otherwise the answer is nothing.
// Words are curated (attribute_words.hpp), names of countries and currencies are ICU's. Arabic
// adjectives agree with their noun. Pure, thread-safe; the first call builds the tables.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "translate/language.hpp"

namespace barid::translate {

/// Who these translations are remembered from, and what they depend on.
inline constexpr std::string_view kAttributesMaker = "attributes";
std::string attributes_version();

std::optional<std::string> translate_attribute(std::string_view text, Language source,
                                               Language target);

}  // namespace barid::translate
