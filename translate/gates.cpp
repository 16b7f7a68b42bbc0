#include "translate/gates.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.hpp"
#include "translate/mask.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

using Counts = std::map<std::string, int, std::less<>>;

Counts count_masks(std::string_view text, bool only_technical) {
    Counts counts;
    for (const Mask& mask : find_masks(text)) {
        const bool words = mask.kind == MaskKind::sku || mask.kind == MaskKind::measure;
        if (only_technical && words) continue;
        ++counts[std::string(text.substr(mask.begin, mask.end - mask.begin))];
    }
    return counts;
}

std::string without_masks(std::string_view text) {
    std::string out;
    std::size_t at = 0;
    for (const Mask& mask : find_masks(text)) {
        out.append(text.substr(at, mask.begin - at));
        out += ' ';
        at = mask.end;
    }
    return out.append(text.substr(at));
}

/// Numbers in their ASCII form without grouping: "١٬٢٠٠" and "1,200" are both "1200".
Counts count_numbers(std::string_view text) {
    Counts counts;
    std::string number;
    char32_t separator = 0;
    const auto flush = [&] {
        if (!number.empty()) ++counts[number];
        number.clear();
        separator = 0;
    };
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = next_code_point(text, i);
        const int digit = digit_value(c);
        if (digit >= 0) {
            if (separator == U'.') number += '.';
            separator = 0;
            number += static_cast<char>('0' + digit);
        } else if (!number.empty() && separator == 0 &&
                   (c == U'.' || c == U',' || c == 0x066B || c == 0x066C || c == 0x060C)) {
            separator = c == U'.' || c == 0x066B ? U'.' : U',';
        } else {
            flush();
        }
    }
    flush();
    return counts;
}

struct Letters {
    std::size_t target = 0;
    std::size_t all = 0;
};

Letters count_letters(std::string_view text, Language target) {
    Letters letters;
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = next_code_point(text, i);
        if (!is_letter(c)) continue;
        ++letters.all;
        const bool fits = target == Language::ar ? is_arabic_letter(c) : is_latin_letter(c);
        letters.target += fits ? 1 : 0;
    }
    return letters;
}

/// Pictographs and other symbols beyond the usual signs of a shop's text.
Counts count_symbols(std::string_view text) {
    Counts counts;
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = next_code_point(text, i);
        const auto type = static_cast<UCharCategory>(u_charType(static_cast<UChar32>(c)));
        if (c < 0x2190 || type != U_OTHER_SYMBOL) continue;
        std::string symbol;
        append_utf8(symbol, c);
        ++counts[symbol];
    }
    return counts;
}

std::optional<GateFailure> check_garbled(std::string_view source, std::string_view target) {
    if (!is_valid_utf8(target)) return GateFailure{"garbled", "the answer is not valid UTF-8"};
    for (std::size_t i = 0; i < target.size();) {
        const char32_t c = next_code_point(target, i);
        const bool control = c < 0x20 && c != U'\t' && c != U'\n';
        if (control || (c >= 0x7F && c < 0xA0)) {
            return GateFailure{"garbled", "the answer holds a control character"};
        }
        if (c == 0xFFFD && source.find("\xEF\xBF\xBD") == std::string_view::npos) {
            return GateFailure{"garbled", "the answer holds a replacement character"};
        }
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

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words(1);
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = next_code_point(text, i);
        if (is_letter(c) || digit_value(c) >= 0)
            append_utf8(words.back(), c);
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

std::optional<GateFailure> check_repetition(std::string_view source, std::string_view target) {
    const std::size_t times = longest_repetition(target);
    if (times >= 3 && times > longest_repetition(source)) {
        return GateFailure{"repetition", fmt::format("the same words {} times in a row", times)};
    }
    const std::size_t run = longest_letter_run(target);
    if (run >= 6 && run > longest_letter_run(source)) {
        return GateFailure{"repetition", fmt::format("the same letter {} times in a row", run)};
    }
    return std::nullopt;
}

}  // namespace

std::optional<GateFailure> check_placeholders(std::string_view source, std::string_view target) {
    if (count_masks(source, true) == count_masks(target, true)) return std::nullopt;
    return GateFailure{"placeholders", "placeholders, addresses or tags differ from the source's"};
}

std::optional<GateFailure> check_translation(std::string_view source, std::string_view target,
                                             Language target_language, const GateOptions& options,
                                             const Glossary* glossary) {
    (void)glossary;
    if (auto failure = check_garbled(source, target)) return failure;
    if (count_masks(source, false) != count_masks(target, false)) {
        return GateFailure{"placeholders",
                           "placeholders, addresses, codes or measures differ from the source's"};
    }
    const std::string source_words = without_masks(source);
    const std::string target_words = without_masks(target);
    if (count_numbers(source_words) != count_numbers(target_words)) {
        return GateFailure{"numbers", "the numbers differ from the source's"};
    }
    const Counts known = count_symbols(source_words);
    for (const auto& [symbol, count] : count_symbols(target_words)) {
        const auto found = known.find(symbol);
        if (found == known.end() || found->second < count) {
            return GateFailure{"invented_symbols", "a symbol that the source does not have"};
        }
    }
    if (normal_form(source) == normal_form(target) && has_letters(source_words)) {
        return GateFailure{"unchanged", "the answer is the source"};
    }
    const Letters letters = count_letters(target_words, target_language);
    const auto share = letters.all == 0
                           ? 0.0
                           : static_cast<double>(letters.target) / static_cast<double>(letters.all);
    if (has_letters(source_words) && share < options.min_target_script) {
        return GateFailure{"wrong_script",
                           fmt::format("{:.0f} % of the letters are {}", share * 100,
                                       target_language == Language::ar ? "Arabic" : "Latin")};
    }
    if (auto failure = check_length(source, target, options)) return failure;
    return check_repetition(source, target);
}

}  // namespace barid::translate
