#include "translate/attribute_amounts.hpp"

#include <fmt/format.h>
#include <unicode/ucurr.h>
#include <unicode/uloc.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

#include "translate/attribute_phrases.hpp"
#include "translate/attribute_words.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t kMostNumbers = 4;  // 2 x 10 x 20 x 30

using Names = std::unordered_map<std::string, std::string>;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view skip_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

/// Takes a number with its separators, written as 1,200.50; empty when there is none.
std::string take_number(std::string_view& rest) {
    std::string number;
    std::size_t i = 0;
    while (i < rest.size() && i < 24) {
        if (is_digit(rest[i])) {
            number += rest[i++];
            continue;
        }
        std::size_t size = 0;
        char sign = 0;
        if (rest[i] == '.' || rest[i] == ',') {
            size = 1;
            sign = rest[i];
        } else if (rest.substr(i).starts_with("٫")) {
            size = 2;
            sign = '.';
        } else if (rest.substr(i).starts_with("٬")) {
            size = 2;
            sign = ',';
        }
        const bool inside = size != 0 && !number.empty() && i + size < rest.size() &&
                            is_digit(rest[i + size]) && is_digit(number.back());
        if (!inside) break;
        number += sign;
        i += size;
    }
    rest.remove_prefix(i);
    return number;
}

/// " × " between sizes, "-" in a range; empty when something else follows.
std::string take_joint(std::string_view& rest) {
    const std::string_view after = skip_blanks(rest);
    const auto followed_by_digit = [](std::string_view text) {
        text = skip_blanks(text);
        return !text.empty() && is_digit(text.front());
    };
    for (const std::string_view times : {"×", "x", "*"}) {
        if (after.starts_with(times) && followed_by_digit(after.substr(times.size()))) {
            rest = skip_blanks(after.substr(times.size()));
            return " × ";
        }
    }
    // A key has a blank where the text had a hyphen, so "10 20 ml" can't be told from "10-20 ml".
    if (after.starts_with("–") && followed_by_digit(after.substr(3))) {
        rest = skip_blanks(after.substr(3));
        return "–";
    }
    return {};
}

std::string display(const char* region, const char* language) {
    std::array<UChar, 128> buffer{};
    UErrorCode status = U_ZERO_ERROR;
    const std::string locale = std::string("und_") + region;
    const std::int32_t size = uloc_getDisplayCountry(
        locale.c_str(), language, buffer.data(), static_cast<std::int32_t>(buffer.size()), &status);
    if (U_FAILURE(status) != 0 || status == U_USING_DEFAULT_WARNING) return {};
    std::string out;
    icu::UnicodeString(buffer.data(), size).toUTF8String(out);
    return out == region ? std::string() : out;
}

struct Alias {
    std::string_view region;
    std::string_view english;
    std::string_view arabic;
};
constexpr Alias kAliases[] = {
    {"AE", "UAE|Emirates", "الإمارات"},
    {"SA", "KSA", "السعودية"},
    {"US", "USA|America|United States of America", "أمريكا|الولايات المتحدة الأمريكية"},
    {"GB", "UK|Great Britain|England", "بريطانيا|إنجلترا"},
    {"TR", "Turkey", "تركيا"},
    {"CZ", "Czech Republic", "جمهورية التشيك"},
    {"KR", "Korea|Republic of Korea", "كوريا"},
    {"NL", "Holland", "هولندا"},
};

/// The names of all countries in one language, by what is read in the other.
Names country_names(Language target) {
    Names names;
    const char* from = target == Language::ar ? "en" : "ar";
    const char* to = target == Language::ar ? "ar" : "en";
    for (const char* const* region = uloc_getISOCountries(); *region != nullptr; ++region) {
        std::string name = display(*region, to);
        if (name.empty()) continue;
        if (std::string_view(*region) == "TR" && target == Language::en) name = "Turkey";
        names.emplace(attribute_key(display(*region, from)), name);
        for (const Alias& alias : kAliases) {
            if (alias.region != *region) continue;
            for (const std::string& spelling :
                 spellings_of(target == Language::ar ? alias.english : alias.arabic)) {
                names.emplace(attribute_key(spelling), name);
            }
        }
    }
    names.erase("");
    return names;
}

std::string currency_name(std::string_view code, const char* language) {
    UErrorCode status = U_ZERO_ERROR;
    std::int32_t size = 0;
    const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(std::string(code));
    icu::UnicodeString terminated = wide;
    const UChar* name = ucurr_getName(terminated.getTerminatedBuffer(), language, UCURR_LONG_NAME,
                                      nullptr, &size, &status);
    std::string out;
    if (U_SUCCESS(status) != 0) icu::UnicodeString(name, size).toUTF8String(out);
    return out == code ? std::string() : out;
}

Names currency_names(Language target) {
    Names names;
    for (const Currency& currency : currencies()) {
        const std::string english = currency_name(currency.code, "en");
        const std::string arabic = currency_name(currency.code, "ar");
        if (english.empty() || arabic.empty()) continue;
        if (target == Language::ar)
            names.emplace(attribute_key(english), arabic);
        else
            names.emplace(attribute_key(arabic), english);
    }
    return names;
}

std::optional<std::string> look_up(const Names& names, const std::string& key) {
    const auto found = names.find(key);
    if (found == names.end()) return std::nullopt;
    return found->second;
}

std::string one_of(const Counted& thing) {
    return fmt::format("{} {}", thing.one, thing.one.ends_with("ة") ? "واحدة" : "واحد");
}

std::string arabic_count(const Counted& thing, int count, bool genitive) {
    if (count == 1) return one_of(thing);
    if (count == 2) {
        const std::size_t bar = thing.two.find('|');
        return std::string(genitive ? thing.two.substr(bar + 1) : thing.two.substr(0, bar));
    }
    const int rest = count % 100;
    if (rest >= 3 && rest <= 10) return fmt::format("{} {}", count, first_spelling(thing.few));
    if (rest >= 11) return fmt::format("{} {}", count, thing.many);
    // 100, 200: the singular, as it stands in a genitive; 101 and 102 are read in several ways.
    return rest == 0 ? fmt::format("{} {}", count, thing.one) : std::string();
}

std::optional<std::string> english_count(const std::string& key) {
    static const auto ones = by_spelling(counted(), one_of);
    static const auto twos = by_spelling(counted(), [](const Counted& c) { return c.two; });
    static const auto words = by_spelling(
        counted(), [](const Counted& c) { return fmt::format("{}|{}|{}", c.one, c.few, c.many); });
    if (const auto one = ones.find(key); one != ones.end()) {
        return fmt::format("1 {}", first_spelling(one->second->english));
    }
    if (const auto two = twos.find(key); two != twos.end()) {
        return fmt::format("2 {}", first_spelling(two->second->english_plural));
    }
    const Count count = read_count(key);
    if (count.size == 0) return std::nullopt;
    const auto found =
        words.find(std::string(skip_blanks(std::string_view(key).substr(count.size))));
    if (found == words.end()) return std::nullopt;
    const Counted& thing = *found->second;
    return fmt::format("{} {}", count.value,
                       first_spelling(count.value == 1 ? thing.english : thing.english_plural));
}

struct Sign {
    std::string key;
    const Currency* currency;
};

/// What stands beside an amount in texts of that language.
std::vector<Sign> currency_signs(Language language) {
    std::vector<Sign> signs;
    for (const Currency& currency : currencies()) {
        const std::string spellings =
            language == Language::en
                ? fmt::format("{}|{}", currency.code, currency.english)
                : fmt::format("{}|{}", currency.arabic, currency_name(currency.code, "ar"));
        for (const std::string& spelling : spellings_of(spellings)) {
            const std::string key = attribute_key(spelling);
            if (!key.empty()) signs.push_back({key, &currency});
        }
    }
    return signs;
}

}  // namespace

Count read_count(std::string_view key) {
    Count count;
    while (count.size < key.size() && is_digit(key[count.size])) {
        if (count.size == 4) return {};
        count.value = count.value * 10 + (key[count.size] - '0');
        ++count.size;
    }
    const std::string_view rest = key.substr(count.size);
    const bool decimal = rest.starts_with('.') || rest.starts_with(',') || rest.starts_with("٫") ||
                         rest.starts_with("٬");
    return decimal ? Count{} : count;
}

std::optional<std::string> translate_count(const std::string& key, Language target, bool genitive) {
    if (target == Language::en) return english_count(key);
    const Count count = read_count(key);
    if (count.size == 0) return std::nullopt;
    static const auto words = by_spelling(counted(), [](const Counted& c) {
        return fmt::format("{}|{}", c.english, c.english_plural);
    });
    const auto found =
        words.find(std::string(skip_blanks(std::string_view(key).substr(count.size))));
    if (found == words.end()) return std::nullopt;
    std::string out = arabic_count(*found->second, count.value, genitive);
    if (out.empty()) return std::nullopt;
    return out;
}

std::optional<std::string> translate_amount(const std::string& key, Language target) {
    std::string_view rest = key;
    std::string out = take_number(rest);
    if (out.empty()) return std::nullopt;
    for (std::size_t n = 1; n < kMostNumbers; ++n) {
        const std::string joint = take_joint(rest);
        if (joint.empty()) break;
        const std::string number = take_number(rest);
        if (number.empty()) return std::nullopt;
        out += joint + number;
    }
    static const auto english = by_spelling(units(), [](const Unit& u) { return u.english; });
    static const auto arabic = by_spelling(units(), [](const Unit& u) { return u.arabic; });
    const auto& known = target == Language::ar ? english : arabic;
    const auto unit = known.find(std::string(skip_blanks(rest)));
    if (unit == known.end()) return std::nullopt;
    return fmt::format(
        "{} {}", out,
        first_spelling(target == Language::ar ? unit->second->arabic : unit->second->english));
}

std::optional<std::string> translate_money(const std::string& key, Language target) {
    static const std::vector<Sign> english = currency_signs(Language::en);
    static const std::vector<Sign> arabic = currency_signs(Language::ar);
    for (const Sign& sign : target == Language::ar ? english : arabic) {
        std::string_view rest = key;
        const bool before = rest.starts_with(sign.key);
        if (before) rest = skip_blanks(rest.substr(sign.key.size()));
        const std::string amount = take_number(rest);
        rest = skip_blanks(rest);
        if (amount.empty() || (before ? !rest.empty() : rest != sign.key)) continue;
        return target == Language::ar ? fmt::format("{} {}", amount, sign.currency->arabic)
                                      : fmt::format("{} {}", sign.currency->code, amount);
    }
    return std::nullopt;
}

bool is_size_code(std::string_view key) {
    static constexpr std::array<std::string_view, 14> kLetters = {
        "xs", "s", "m", "l", "xl", "xxl", "xxxl", "2xl", "3xl", "4xl", "5xl", "6xl", "xxs", "2xs"};
    if (std::ranges::find(kLetters, key) != kLetters.end()) return true;
    for (const std::string_view system : {"eu ", "uk ", "us ", "it ", "fr "}) {
        if (key.starts_with(system)) key.remove_prefix(system.size());
    }
    const std::string number = take_number(key);
    return !number.empty() && key.empty();
}

std::optional<std::string> translate_country(const std::string& key, Language target) {
    static const Names to_arabic = country_names(Language::ar);
    static const Names to_english = country_names(Language::en);
    return look_up(target == Language::ar ? to_arabic : to_english, key);
}

std::optional<std::string> translate_currency(const std::string& key, Language target) {
    static const Names to_arabic = currency_names(Language::ar);
    static const Names to_english = currency_names(Language::en);
    return look_up(target == Language::ar ? to_arabic : to_english, key);
}

}  // namespace barid::translate
