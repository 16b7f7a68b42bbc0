#include "translate/gates.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "translate/attribute_phrases.hpp"
#include "translate/gate_text.hpp"
#include "translate/glossary.hpp"
#include "translate/mask.hpp"
#include "translate/normal_form.hpp"
#include "translate/words.hpp"

namespace barid::translate {
namespace {

using Counts = std::map<std::string, int, std::less<>>;

/// One side of a translation, with its masks: the shop's kept terms among them.
struct Side {
    Side(std::string_view t, const Glossary* glossary)
        : text(t), masks(glossary == nullptr ? find_masks(t) : glossary->masks(t)) {
        std::size_t at = 0;
        for (const Mask& mask : masks) {
            words.append(text.substr(at, mask.begin - at));
            words += ' ';
            at = mask.end;
        }
        words.append(text.substr(at));
    }
    [[nodiscard]] std::string_view of(const Mask& mask) const {
        return text.substr(mask.begin, mask.end - mask.begin);
    }

    std::string_view text;
    std::vector<Mask> masks;
    std::string words;  ///< what is outside of masks
};

bool is_technical(MaskKind kind) {
    return kind != MaskKind::sku && kind != MaskKind::measure && kind != MaskKind::term;
}

Counts count_masks(const Side& side, bool only_technical) {
    Counts counts;
    for (const Mask& mask : side.masks) {
        if (mask.kind == MaskKind::measure || (only_technical && !is_technical(mask.kind))) {
            continue;
        }
        ++counts[std::string(side.of(mask))];
    }
    return counts;
}

/// Measures with their unit: "750ml". The other language may have a unit of its own ("٧٥٠ مل"),
/// but an English unit in an answer must be one that was sent.
Counts count_measures(const Side& side) {
    Counts counts;
    for (const Mask& mask : side.masks) {
        if (mask.kind != MaskKind::measure || !has_letters(side.of(mask))) continue;
        std::string measure(side.of(mask));
        std::erase(measure, ' ');
        ++counts[lookup_key(measure)];
    }
    return counts;
}

std::vector<std::string> tags_of(const Side& side) {
    std::vector<std::string> tags;
    for (const Mask& mask : side.masks) {
        if (mask.kind == MaskKind::tag) tags.emplace_back(side.of(mask));
    }
    return tags;
}

/// What numbers are counted in: measures too, but no codes, addresses or placeholders.
std::string with_numbers(const Side& side) {
    std::string out;
    std::size_t at = 0;
    for (const Mask& mask : side.masks) {
        out.append(side.text.substr(at, mask.begin - at));
        out += ' ';
        if (mask.kind == MaskKind::measure) out.append(side.of(mask)).append(" ");
        at = mask.end;
    }
    return out.append(side.text.substr(at));
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

std::size_t count_of(std::string_view text, std::initializer_list<std::string_view> signs) {
    std::size_t count = 0;
    for (const std::string_view sign : signs) {
        for (std::size_t at = text.find(sign); at != std::string_view::npos;
             at = text.find(sign, at + sign.size())) {
            ++count;
        }
    }
    return count;
}

std::optional<GateFailure> check_numbers(const Side& source, const Side& target) {
    const std::string from = with_numbers(source);
    const std::string to = with_numbers(target);
    if (count_numbers(from) != count_numbers(to)) {
        return GateFailure{"numbers", "the numbers differ from the source's"};
    }
    const auto percents = [](std::string_view text) {
        return count_of(text, {"%", "٪", "percent", "per cent", "بالمئة", "بالمائة", "في المئة",
                               "في المائة", "المئة"});
    };
    if ((percents(from) == 0) != (percents(to) == 0)) {
        return GateFailure{"numbers", "a percentage is lost or invented"};
    }
    return std::nullopt;
}

std::optional<GateFailure> check_masks(const Side& source, const Side& target,
                                       Language target_language) {
    if (count_masks(source, false) != count_masks(target, false)) {
        return GateFailure{"placeholders",
                           "placeholders, addresses, codes or kept terms differ from the source's"};
    }
    const Counts sent = count_measures(source);
    for (const auto& [measure, count] : count_measures(target)) {
        const auto found = sent.find(measure);
        const bool known = found != sent.end() && found->second >= count;
        if (!known && (target_language == Language::ar || !sent.empty())) {
            return GateFailure{"placeholders",
                               fmt::format("“{}” is no measure of the source", measure)};
        }
    }
    if (tags_of(source) != tags_of(target)) {
        return GateFailure{"tags", "the tags are not in the source's order"};
    }
    return std::nullopt;
}

/// True when every bracket is closed, in order, within a bounded depth.
bool is_balanced(std::string_view text) {
    std::string open;
    for (const char c : text) {
        if (c == '(' || c == '[') {
            if (open.size() >= 64) return true;
            open += c == '(' ? ')' : ']';
        } else if (c == ')' || c == ']') {
            if (open.empty() || open.back() != c) return false;
            open.pop_back();
        }
    }
    return open.empty();
}

// Written in lower case and in Latin letters in Arabic texts, too.
constexpr std::array<std::string_view, 8> kUsualInLatin = {
    "wifi", "bluetooth", "android", "email", "online", "http", "html", "mini"};

/// "cotton" and "Cotton", but not "iPhone", "USB" or "mp3".
bool is_plain_word(std::string_view text) {
    return text.size() >= 4 &&
           std::ranges::all_of(text.substr(1), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Words that the provider left as they were. A name has a capital letter, but so has every word
/// of many a title: what is one of the curated words is no name. An English text has no Arabic
/// words at all.
std::optional<GateFailure> check_leftovers(const Side& source, const Side& target,
                                           Language language) {
    const std::vector<Word> words = split_words(target.words);
    if (language == Language::en) {
        for (const Word& word : words) {
            if (!word.arabic || word.folded.size() < 2) continue;
            return GateFailure{"untranslated", "an Arabic word is left"};
        }
        return std::nullopt;
    }
    std::set<std::string_view> ordinary;
    for (const Word& word : split_words(source.words)) {
        const std::string_view text =
            std::string_view(source.words).substr(word.begin, word.end - word.begin);
        if (!is_plain_word(text)) continue;
        const bool lower = text.front() >= 'a' && text.front() <= 'z';
        if (lower || is_curated_word(attribute_key(text))) ordinary.insert(text);
    }
    for (const Word& word : words) {
        const std::string_view text =
            std::string_view(target.words).substr(word.begin, word.end - word.begin);
        if (!ordinary.contains(text) ||
            std::ranges::find(kUsualInLatin, text) != kUsualInLatin.end()) {
            continue;
        }
        return GateFailure{"untranslated", fmt::format("“{}” is left", text)};
    }
    return std::nullopt;
}

}  // namespace

std::optional<GateFailure> check_placeholders(std::string_view source, std::string_view target) {
    if (count_masks(Side(source, nullptr), true) == count_masks(Side(target, nullptr), true)) {
        return std::nullopt;
    }
    return GateFailure{"placeholders", "placeholders, addresses or tags differ from the source's"};
}

std::optional<GateFailure> check_translation(std::string_view source, std::string_view target,
                                             Language target_language, const GateOptions& options,
                                             const Glossary* glossary) {
    if (auto failure = check_garbled(source, target)) return failure;
    const Side from(source, glossary);
    const Side to(target, glossary);
    if (auto failure = check_known_bad(source, target)) return failure;
    if (auto failure = check_masks(from, to, target_language)) return failure;
    if (auto failure = check_numbers(from, to)) return failure;
    const Counts known = count_symbols(from.words);
    for (const auto& [symbol, count] : count_symbols(to.words)) {
        const auto found = known.find(symbol);
        if (found == known.end() || found->second < count) {
            return GateFailure{"invented_symbols", "a symbol that the source does not have"};
        }
    }
    const bool has_source_words = has_letters(from.words);
    if (has_source_words && normal_form(source) == normal_form(target)) {
        return GateFailure{"unchanged", "the answer is the source"};
    }
    const Letters letters = count_letters(to.words, target_language);
    const auto share = letters.all == 0
                           ? 0.0
                           : static_cast<double>(letters.target) / static_cast<double>(letters.all);
    if (has_source_words && share < options.min_target_script) {
        return GateFailure{"wrong_script",
                           fmt::format("{:.0f} % of the letters are {}", share * 100,
                                       target_language == Language::ar ? "Arabic" : "Latin")};
    }
    if (auto failure = check_length(source, target, options)) return failure;
    if (auto failure = check_repetition(source, target)) return failure;
    if (auto failure = check_leftovers(from, to, target_language)) return failure;
    if (is_balanced(from.words) && !is_balanced(to.words)) {
        return GateFailure{"brackets", "a bracket is not closed"};
    }
    return glossary == nullptr ? std::nullopt : glossary->check(source, target);
}

}  // namespace barid::translate
