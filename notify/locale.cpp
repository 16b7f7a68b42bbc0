#include "notify/locale.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <cctype>

namespace barid::notify {
namespace {

constexpr std::size_t kMaxTagBytes = 35;  // BCP 47's own recommendation
constexpr std::string_view kFirstStrongIsolate = "\xE2\x81\xA8";
constexpr std::string_view kPopIsolate = "\xE2\x81\xA9";

char lower(char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}
char upper(char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}

bool is_alnum(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string_view language_of(std::string_view tag) {
    return tag.substr(0, tag.find('-'));
}

/// Reads the code point at `at` and moves past it. Written out because ICU's macros use casts
/// that this project forbids.
char32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) -> char32_t {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const char32_t lead = byte(at);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) point = (point << 6U) | (byte(at + i) & 0x3FU);
    at += length;
    return point;
}

/// Embeddings, overrides and isolates: U+202A…U+202E and U+2066…U+2069.
bool is_direction_control(char32_t point) {
    return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

struct Directions {
    bool left = false;
    bool right = false;
    bool number = false;
};

void note(Directions& seen, char32_t point) {
    switch (u_charDirection(static_cast<UChar32>(point))) {
        case U_LEFT_TO_RIGHT:
            seen.left = true;
            break;
        case U_RIGHT_TO_LEFT:
        case U_RIGHT_TO_LEFT_ARABIC:
            seen.right = true;
            break;
        case U_EUROPEAN_NUMBER:
        case U_ARABIC_NUMBER:
            seen.number = true;
            break;
        default:
            break;
    }
}

}  // namespace

std::string normalize_locale(std::string_view tag) {
    if (tag.size() < 2 || tag.size() > kMaxTagBytes) return {};
    std::string out;
    for (std::size_t at = 0; at <= tag.size();) {
        const std::size_t end = std::min(tag.find_first_of("-_", at), tag.size());
        std::string part(tag.substr(at, end - at));
        if (part.empty() || part.size() > 8 || !std::ranges::all_of(part, is_alnum)) return {};
        std::ranges::transform(part, part.begin(), lower);
        if (at == 0) {
            if (part.size() < 2 || part.size() > 3) return {};
        } else {
            out += '-';
            if (part.size() == 2) std::ranges::transform(part, part.begin(), upper);
            if (part.size() == 4) part[0] = upper(part[0]);
        }
        out += part;
        at = end + 1;
    }
    return out;
}

std::vector<std::string> locale_chain(std::string_view locale, std::string_view fallback) {
    std::vector<std::string> chain;
    for (std::string tag : {normalize_locale(locale), normalize_locale(fallback)}) {
        while (!tag.empty()) {
            if (std::ranges::find(chain, tag) == chain.end()) chain.push_back(tag);
            const std::size_t dash = tag.rfind('-');
            tag.resize(dash == std::string::npos ? 0 : dash);
        }
    }
    return chain;
}

std::size_t choose_locale(std::span<const std::string> chain,
                          std::span<const std::string> available) {
    for (const std::string& wanted : chain) {
        for (std::size_t i = 0; i < available.size(); ++i) {
            if (normalize_locale(available[i]) == wanted) return i;
        }
        if (wanted.find('-') != std::string::npos) continue;
        for (std::size_t i = 0; i < available.size(); ++i) {
            if (language_of(normalize_locale(available[i])) == wanted) return i;
        }
    }
    return 0;
}

bool is_rtl(std::string_view locale) {
    static constexpr std::string_view kRightToLeft[] = {"ar", "fa", "he", "ur", "ps",
                                                        "sd", "ug", "yi", "dv", "ckb"};
    const std::string tag = normalize_locale(locale);
    return std::ranges::find(kRightToLeft, language_of(tag)) != std::end(kRightToLeft);
}

bool has_foreign_letters(std::string_view text, std::string_view locale) {
    Directions seen;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t point = next_code_point(text, at);
        // The marks U+200E and U+200F have a direction and are no letters.
        if (point != 0x200E && point != 0x200F) note(seen, point);
    }
    return is_rtl(locale) ? seen.left : seen.right;
}

std::string isolate(std::string_view value, std::string_view locale) {
    Directions seen;
    std::string clean;
    clean.reserve(value.size() + kFirstStrongIsolate.size() + kPopIsolate.size());
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t start = at;
        const char32_t point = next_code_point(value, at);
        at = std::min(at, value.size());
        if (is_direction_control(point)) continue;
        note(seen, point);
        clean.append(value, start, at - start);
    }
    // Digits have no direction of their own, but a phone number's groups swap places when an
    // Arabic sentence surrounds them.
    const bool foreign = is_rtl(locale) ? seen.left || seen.number : seen.right;
    if (!foreign) return clean;
    return std::string(kFirstStrongIsolate) + clean + std::string(kPopIsolate);
}

}  // namespace barid::notify
