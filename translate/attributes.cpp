#include "translate/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "translate/attribute_amounts.hpp"
#include "translate/attribute_phrases.hpp"
#include "translate/attribute_words.hpp"
#include "translate/document.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

using Answer = std::optional<std::string>;

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t kLongestText = 300;  // bytes
constexpr std::size_t kMostParts = 12;

// Names of countries that a shop also sells, wears or eats.
constexpr std::array<std::string_view, 9> kNotAloneACountry = {
    "turkey", "china", "jersey", "jordan", "chad", "georgia", "guinea", "cuba", "guernsey"};

struct Context {
    Language target = Language::ar;
    bool colour_expected = false;
    bool country_expected = false;
};

bool arabic(const Context& context) {
    return context.target == Language::ar;
}

/// "20%", "20 %", "٪20": the number, when nothing else is there.
std::string percent_of(std::string_view key) {
    std::string number;
    bool sign = false;
    for (std::size_t i = 0; i < key.size();) {
        const char32_t c = next_code_point(key, i);
        if (c == U'%' || c == 0x066A) {
            if (sign) return {};
            sign = true;
        } else if (c < 0x80 && (digit_value(c) >= 0 || c == U'.')) {
            append_utf8(number, c);
        } else if (c != U' ') {
            return {};
        }
    }
    return sign && !number.empty() && number.front() != '.' && number.back() != '.' ? number
                                                                                    : std::string();
}

/// "100% cotton", "قطن 100%".
Answer translate_share(const std::string& key, const Context& context) {
    const std::size_t sign = std::min(key.find('%'), key.find("٪"));
    if (sign == npos) return std::nullopt;
    const std::size_t sign_size = key[sign] == '%' ? 1 : 2;
    std::size_t first = sign;
    while (first > 0 && key[first - 1] == ' ') --first;
    while (first > 0 && (digit_value(static_cast<unsigned char>(key[first - 1])) >= 0 ||
                         key[first - 1] == '.')) {
        --first;
    }
    std::string number = percent_of(key.substr(first, sign + sign_size - first));
    if (number.empty()) return std::nullopt;
    const std::string before(trim(std::string_view(key).substr(0, first)));
    const std::string after(trim(std::string_view(key).substr(sign + sign_size)));
    if (before.empty() == after.empty()) return std::nullopt;
    const Answer material =
        translate_phrase(before.empty() ? after : before, context.target, false);
    if (!material) return std::nullopt;
    return arabic(context) ? fmt::format("{} {}%", *material, number)
                           : fmt::format("{}% {}", number, *material);
}

struct Frame {
    std::string_view english_before;
    std::string_view english_after;
    std::string_view arabic_before;
    std::string_view arabic_after;
    enum class Inner { percent, count_of_pieces, size, country, warranty } inner;
};

constexpr Frame kFrames[] = {
    {"up to ", " off", "خصم يصل إلى ", "", Frame::Inner::percent},
    {"", " off", "خصم ", "", Frame::Inner::percent},
    {"", " discount", "خصم ", "", Frame::Inner::percent},
    {"save ", "", "وفّر ", "", Frame::Inner::percent},
    {"pack of ", "", "عبوة من ", "", Frame::Inner::count_of_pieces},
    {"set of ", "", "طقم من ", "", Frame::Inner::count_of_pieces},
    {"size ", "", "مقاس ", "", Frame::Inner::size},
    {"made in ", "", "صنع في ", "", Frame::Inner::country},
    {"", " warranty", "ضمان ", "", Frame::Inner::warranty},
};

struct Fixed {
    std::string_view english;
    std::string_view arabic;
};
constexpr Fixed kFixed[] = {
    {"one size", "مقاس واحد"},
    {"one size fits all", "مقاس واحد يناسب الجميع"},
    {"free size", "مقاس حر"},
    {"unisex", "للجنسين"},
    {"in stock", "متوفر"},
    {"out of stock", "غير متوفر"},
    {"sold out", "نفدت الكمية"},
    {"free shipping", "شحن مجاني"},
    {"free delivery", "توصيل مجاني"},
    {"best seller", "الأكثر مبيعًا"},
    {"new arrivals", "وصل حديثًا"},
    {"add to cart", "أضف إلى السلة"},
};

Answer translate_inner(const Frame& frame, const std::string& inner, const Context& context) {
    switch (frame.inner) {
        case Frame::Inner::percent: {
            const std::string number = percent_of(inner);
            return number.empty() ? Answer() : Answer(number + "%");
        }
        case Frame::Inner::count_of_pieces: {
            const Count count = read_count(inner);
            if (arabic(context)) {
                if (count.size == 0 || count.size != inner.size() || count.value < 2) return {};
                return translate_count(inner + " pieces", context.target, true);
            }
            const Answer pieces = translate_count(inner, context.target, true);
            if (!pieces || !pieces->ends_with(" pieces")) return std::nullopt;
            return pieces->substr(0, pieces->find(' '));
        }
        case Frame::Inner::size: {
            if (!is_size_code(inner)) return std::nullopt;
            std::string code = inner;
            std::ranges::transform(code, code.begin(), [](char c) {
                return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            });
            return code;
        }
        case Frame::Inner::country:
            return translate_country(inner, context.target);
        case Frame::Inner::warranty:
            return translate_count(inner, context.target, true);
    }
    return std::nullopt;
}

Answer translate_framed(const std::string& key, const Context& context) {
    // A key ends without the blank that parts the frame from what it holds.
    static const std::vector<std::string> arabic_before = [] {
        std::vector<std::string> keys;
        for (const Frame& frame : kFrames) keys.push_back(attribute_key(frame.arabic_before) + " ");
        return keys;
    }();
    for (const Frame& frame : kFrames) {
        const bool from_english = arabic(context);
        const std::string before = from_english
                                       ? std::string(frame.english_before)
                                       : arabic_before[static_cast<std::size_t>(&frame - kFrames)];
        const std::string after(from_english ? frame.english_after : frame.arabic_after);
        if (!key.starts_with(before) || !key.ends_with(after) ||
            key.size() <= before.size() + after.size()) {
            continue;
        }
        const std::string inner =
            key.substr(before.size(), key.size() - before.size() - after.size());
        const Answer answer = translate_inner(frame, inner, context);
        if (!answer) continue;
        if (from_english) return fmt::format("{}{}", frame.arabic_before, *answer);
        // "a 2 years warranty" has a singular in English.
        std::string middle = *answer;
        if (frame.inner == Frame::Inner::warranty && middle.ends_with('s')) middle.pop_back();
        if (frame.inner == Frame::Inner::warranty) std::ranges::replace(middle, ' ', '-');
        return fmt::format("{}{}{}", frame.english_before, middle, frame.english_after);
    }
    return std::nullopt;
}

Answer translate_fixed(const std::string& key, const Context& context) {
    static const auto english =
        by_spelling(std::span<const Fixed>(kFixed), [](const Fixed& f) { return f.english; });
    static const auto in_arabic =
        by_spelling(std::span<const Fixed>(kFixed), [](const Fixed& f) { return f.arabic; });
    const auto& known = arabic(context) ? english : in_arabic;
    const auto found = known.find(key);
    if (found == known.end()) return std::nullopt;
    return std::string(arabic(context) ? found->second->arabic : found->second->english);
}

Answer translate_number_of_things(const std::string& key, const Context& context) {
    Count count = read_count(key);
    if (key.starts_with("two ")) count = {2, 3};
    if (count.size == 0 || count.size >= key.size() || key[count.size] != ' ') return std::nullopt;
    return translate_counted_phrase(count.value, key.substr(count.size + 1), context.target);
}

/// One value without separators.
Answer translate_value(std::string_view text, const Context& context) {
    const std::string key = attribute_key(text);
    if (key.empty()) return std::nullopt;
    if (is_size_code(key)) return std::string(trim(text));
    for (const auto translate : {translate_amount, translate_money}) {
        if (Answer answer = translate(key, context.target)) return answer;
    }
    if (Answer answer = translate_count(key, context.target)) return answer;
    for (const auto translate :
         {translate_share, translate_framed, translate_fixed, translate_number_of_things}) {
        if (Answer answer = translate(key, context)) return answer;
    }
    if (Answer answer = translate_phrase(key, context.target, context.colour_expected)) {
        return answer;
    }
    if (context.colour_expected) return std::nullopt;
    const bool doubtful = std::ranges::find(kNotAloneACountry, key) != kNotAloneACountry.end();
    if (context.country_expected || !doubtful) {
        if (Answer answer = translate_country(key, context.target)) return answer;
    }
    return translate_currency(key, context.target);
}

void capitalise(std::string& text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
}

struct Joint {
    std::string_view read;
    std::string_view written;
    bool capital;  ///< what follows begins with a capital letter in English
};
// Longer ones first.
constexpr Joint kFromEnglish[] = {
    {" / ", " / ", true}, {" | ", " | ", true}, {" and ", " و", false}, {" & ", " و", false},
    {", ", "، ", false},  {"/", "/", true},     {" + ", " + ", true},   {",", "، ", false}};
constexpr Joint kFromArabic[] = {{" / ", " / ", true},   {" | ", " | ", true}, {" + ", " + ", true},
                                 {"، ", ", ", false},    {", ", ", ", false},  {"/", "/", true},
                                 {" و", " and ", false}, {"،", ", ", false}};

/// The first joint at or behind `from`; the longer one where two begin.
std::pair<std::size_t, const Joint*> next_joint(std::string_view text, std::size_t from,
                                                std::span<const Joint> joints) {
    std::pair<std::size_t, const Joint*> next{npos, nullptr};
    for (const Joint& joint : joints) {
        const std::size_t at = text.find(joint.read, from);
        if (at < next.first) next = {at, &joint};
    }
    return next;
}

/// Values in a row: "Red / Blue", "80% cotton, 20% polyester", "أحمر وأزرق". Values hold commas
/// and slashes too, so the first part ends at the first joint that leaves something understood.
Answer translate_list(std::string_view text, const Context& context, std::size_t parts) {
    if (Answer whole = translate_value(text, context)) return whole;
    if (parts == 0) return std::nullopt;
    const auto joints = arabic(context) ? std::span<const Joint>(kFromEnglish)
                                        : std::span<const Joint>(kFromArabic);
    std::size_t tried = 0;
    for (auto [at, joint] = next_joint(text, 1, joints); joint != nullptr && tried < kMostParts;
         std::tie(at, joint) = next_joint(text, at + joint->read.size(), joints), ++tried) {
        const Answer first = translate_value(text.substr(0, at), context);
        if (!first) continue;
        Answer rest = translate_list(text.substr(at + joint->read.size()), context, parts - 1);
        if (!rest) return std::nullopt;
        if (!arabic(context) && joint->capital) capitalise(*rest);
        return *first + std::string(joint->written) + *rest;
    }
    return std::nullopt;
}

const Label* find_label(const std::string& key, Language language) {
    static const auto english = by_spelling(labels(), [](const Label& l) { return l.english; });
    static const auto in_arabic = by_spelling(labels(), [](const Label& l) { return l.arabic; });
    const auto& known = language == Language::ar ? in_arabic : english;
    const auto found = known.find(key);
    return found == known.end() ? nullptr : found->second;
}

/// "Color: Red", "Net weight: 500 g", "SKU: AB-12".
Answer translate_labelled(std::string_view text, Language source, Language target) {
    const std::size_t colon = text.find(':');
    const Label* label = find_label(attribute_key(text.substr(0, colon)), source);
    if (label == nullptr) return std::nullopt;
    std::string name(first_spelling(target == Language::ar ? label->arabic : label->english));
    if (target == Language::en) capitalise(name);
    if (colon == npos) return label->clear ? Answer(name) : std::nullopt;
    const std::string_view value = trim(text.substr(colon + 1));
    if (value.empty()) return name + ":";
    const bool country = label->english.starts_with("country");
    Answer answer =
        translate_list(value, {target, label->expects == Expects::colour, country}, kMostParts);
    // A code or a number stays as it is behind its label.
    if (!answer && !has_words(value)) answer = std::string(value);
    if (!answer) return std::nullopt;
    if (target == Language::en) capitalise(*answer);
    return name + ": " + *answer;
}

}  // namespace

std::string attributes_version() {
    return std::string(kAttributeData);
}

std::optional<std::string> translate_attribute(std::string_view text, Language source,
                                               Language target) {
    if (text.size() > 2 * kLongestText) return std::nullopt;
    const std::string clean = normal_form(text);
    if (clean.empty() || clean.size() > kLongestText || source == target) return std::nullopt;
    if (Answer labelled = translate_labelled(clean, source, target)) return labelled;
    Answer answer = translate_list(clean, {.target = target}, kMostParts);
    if (answer && target == Language::en) capitalise(*answer);
    return answer;
}

}  // namespace barid::translate
