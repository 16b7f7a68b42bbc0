#include "translate/gate_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/text.hpp"
#include "translate/normal_form.hpp"
#include "translate/words.hpp"

namespace barid::translate {
namespace {

/// Bytes of UTF-8 that were read as another encoding, and letters that became question marks.
bool is_mojibake(std::string_view source, std::string_view target) {
    std::size_t odd = 0;
    for (const std::string_view lead : {"Ø", "Ù", "Ã", "â€"}) {
        for (std::size_t at = target.find(lead); at != std::string_view::npos;
             at = target.find(lead, at + 1)) {
            ++odd;
        }
    }
    if (odd >= 3) return true;
    const std::size_t marks = target.find("???");
    return marks != std::string_view::npos && source.find("???") == std::string_view::npos &&
           source.find("؟؟؟") == std::string_view::npos;
}

/// What services and models write instead of a translation.
constexpr std::array<std::string_view, 18> kNeverATranslation = {
    "query length limit",     "please select two distinct languages",
    "invalid language pair",  "mymemory warning",
    "no query specified",     "as an ai language model",
    "as a language model",    "i cannot translate",
    "i can't translate",      "here is the translation",
    "here's the translation", "translated text:",
    "[object object]",        "ترجمة نانسي قنقر",
    "اشتركوا في القناة",      "إليك الترجمة",
    "لا يمكنني ترجمة",        "كنموذج لغوي",
};

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words(1);
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = next_code_point(text, i);
        if (is_letter(c) || digit_value(c) >= 0)
            append_utf8(words.back(), fold(c) != 0 ? fold(c) : c);
        else if (!words.back().empty())
            words.emplace_back();
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

/// How often the most repeated group of one to four words stands behind itself. A single word
/// may be doubled for emphasis, so its repetitions count from the third on.
std::size_t longest_repetition(std::string_view text) {
    const std::vector<std::string> words = words_of(text);
    std::size_t longest = 1;
    for (std::size_t n = 1; n <= 4; ++n) {
        std::size_t equal = 0;  // words in a row that equal the one n before
        for (std::size_t i = n; i < words.size(); ++i) {
            equal = words[i] == words[i - n] ? equal + 1 : 0;
            const std::size_t times = 1 + equal / n;
            longest = std::max(longest, n == 1 ? std::max<std::size_t>(times, 2) - 1 : times);
        }
    }
    return longest;
}

/// How often the most frequent run of four words occurs, wherever it stands.
int most_repeated_phrase(std::string_view text) {
    const std::vector<std::string> words = words_of(text);
    std::map<std::string, int> counts;
    int most = 0;
    for (std::size_t i = 0; i + 4 <= words.size() && i < 20'000; ++i) {
        const std::string phrase =
            words[i] + ' ' + words[i + 1] + ' ' + words[i + 2] + ' ' + words[i + 3];
        most = std::max(most, ++counts[phrase]);
    }
    return most;
}

std::size_t longest_letter_run(std::string_view text) {
    char32_t last = 0;
    std::size_t run = 0;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = next_code_point(text, i);
        run = c == last ? run + 1 : 1;
        last = c;
        if (is_letter(c)) longest = std::max(longest, run);
    }
    return longest;
}

bool has_override(std::string_view text) {
    return text.find("\u202D") != std::string_view::npos ||
           text.find("\u202E") != std::string_view::npos;
}

}  // namespace

std::optional<GateFailure> check_garbled(std::string_view source, std::string_view target) {
    if (!is_valid_utf8(target)) return GateFailure{"garbled", "the answer is not valid UTF-8"};
    for (std::size_t i = 0; i < target.size();) {
        const char32_t c = next_code_point(target, i);
        const bool control = c < 0x20 && c != U'\t' && c != U'\n';
        if (control || (c >= 0x7F && c < 0xA0)) {
            return GateFailure{"garbled", "the answer holds a control character"};
        }
        // They turn what follows around: a price, an address.
        if ((c == 0x202D || c == 0x202E) && !has_override(source)) {
            return GateFailure{"garbled", "the answer overrides the direction of writing"};
        }
        if (c == 0xFFFD && source.find("\xEF\xBF\xBD") == std::string_view::npos) {
            return GateFailure{"garbled", "the answer holds a replacement character"};
        }
    }
    if (!is_mojibake(source, source) && is_mojibake(source, target)) {
        return GateFailure{"garbled", "the answer was read in a wrong encoding"};
    }
    return std::nullopt;
}

std::optional<GateFailure> check_known_bad(std::string_view source, std::string_view target) {
    const std::string from = lookup_key(source);
    const std::string to = lookup_key(target);
    for (const std::string_view phrase : kNeverATranslation) {
        const std::string key = lookup_key(phrase);
        if (to.find(key) == std::string::npos || from.find(key) != std::string::npos) continue;
        return GateFailure{"known_bad", fmt::format("the answer holds “{}”", phrase)};
    }
    return std::nullopt;
}

std::optional<GateFailure> check_length(std::string_view source, std::string_view target,
                                        const GateOptions& options) {
    const auto from = static_cast<double>(count_code_points(trim(source)));
    const auto to = static_cast<double>(count_code_points(trim(target)));
    const auto slack = static_cast<double>(options.length_slack);
    if (to <= from * options.max_length_ratio + slack &&
        to + slack >= from * options.min_length_ratio) {
        return std::nullopt;
    }
    return GateFailure{"length", fmt::format("{} characters became {}", from, to)};
}

std::optional<GateFailure> check_repetition(std::string_view source, std::string_view target) {
    const std::size_t times = longest_repetition(target);
    if (times >= 3 && times > longest_repetition(source)) {
        return GateFailure{"repetition", fmt::format("the same words {} times in a row", times)};
    }
    if (most_repeated_phrase(target) >= 3 && most_repeated_phrase(source) < 3) {
        return GateFailure{"repetition", "the same four words three times"};
    }
    const std::size_t run = longest_letter_run(target);
    if (run >= 6 && run > longest_letter_run(source)) {
        return GateFailure{"repetition", fmt::format("the same letter {} times in a row", run)};
    }
    return std::nullopt;
}

}  // namespace barid::translate
