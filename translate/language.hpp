// The two languages of the shop and the two shapes of its texts. Values only.
#pragma once

#include <string_view>

namespace barid::translate {

enum class Language { en, ar };
enum class Format { text, html };

constexpr std::string_view to_string(Language language) {
    return language == Language::ar ? "ar" : "en";
}
constexpr std::string_view to_string(Format format) {
    return format == Format::html ? "html" : "text";
}

}  // namespace barid::translate
