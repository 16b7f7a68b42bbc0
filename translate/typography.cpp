#include "translate/typography.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include "translate/attribute_phrases.hpp"
#include "translate/attribute_words.hpp"
#include "translate/mask.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t kLongestNumber = 24;
constexpr char32_t kTatweel = 0x0640;
constexpr char32_t kFsi = 0x2068;

bool is_blank(char32_t c) {
    return c == U' ' || c == U'\t' || c == 0xA0 || c == 0x202F;
}

/// Most texts need none of these steps, and parting a text into its masks is what costs.
bool holds_any(std::string_view text, std::initializer_list<std::string_view> signs) {
    return std::ranges::any_of(
        signs, [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
}

struct Point {
    char32_t c = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool masked = false;
};

/// A percentage or a size in inches is no name: its digits and signs are the language's.
bool is_fixed(std::string_view text, const Mask& mask) {
    return mask.kind != MaskKind::measure ||
           has_letters(text.substr(mask.begin, mask.end - mask.begin));
}

std::vector<Point> points_of(std::string_view text) {
    std::vector<Point> points;
    points.reserve(text.size());
    const std::vector<Mask> masks = find_masks(text);
    auto mask = masks.begin();
    for (std::size_t i = 0; i < text.size();) {
        Point point{.begin = i};
        while (mask != masks.end() && (mask->end <= i || !is_fixed(text, *mask))) ++mask;
        point.masked = mask != masks.end() && mask->begin <= i;
        point.c = next_code_point(text, i);
        point.end = i;
        points.push_back(point);
    }
    return points;
}

bool is_digit(const Point& point) {
    return !point.masked && digit_value(point.c) >= 0;
}

bool is_separator(char32_t c) {
    return c == U'.' || c == U',' || c == 0x066B || c == 0x066C;
}

/// Behind the number that begins at `i`, or `i`.
std::size_t number_end(const std::vector<Point>& points, std::size_t i) {
    std::size_t end = i;
    while (end < points.size() && end - i < kLongestNumber) {
        const bool inside = end > i && is_separator(points[end].c) && !points[end].masked &&
                            end + 1 < points.size() && is_digit(points[end + 1]);
        if (!is_digit(points[end]) && !inside) break;
        ++end;
    }
    return end;
}

/// What must not touch a number from outside when a sign is moved across it.
bool joins_number(const std::vector<Point>& points, std::size_t i) {
    if (i >= points.size()) return false;
    const char32_t c = points[i].c;
    return digit_value(c) >= 0 || is_letter(c) || points[i].masked || c == U'-' || c == 0x2013 ||
           c == U'/' || c == U'+' || is_separator(c);
}

using Sign = std::u32string;

const std::vector<Sign>& percent_signs() {
    static const std::vector<Sign> signs = {U"%", U"٪"};
    return signs;
}

const std::vector<Sign>& money_signs() {
    static const std::vector<Sign> signs = [] {
        std::vector<Sign> out = {U"$", U"€", U"£"};
        for (const Currency& currency : currencies()) {
            for (const std::string_view text : {currency.code, first_spelling(currency.arabic)}) {
                Sign sign;
                for (std::size_t i = 0; i < text.size();) sign += next_code_point(text, i);
                out.push_back(std::move(sign));
            }
        }
        return out;
    }();
    return signs;
}

/// The sign that stands at `i` as a word of its own.
std::size_t sign_size(const std::vector<Point>& points, std::size_t i,
                      const std::vector<Sign>& signs) {
    for (const Sign& sign : signs) {
        if (i + sign.size() > points.size()) continue;
        bool equal = true;
        for (std::size_t k = 0; equal && k < sign.size(); ++k) {
            equal = points[i + k].c == sign[k] && !points[i + k].masked;
        }
        if (!equal) continue;
        const std::size_t end = i + sign.size();
        const bool letters = is_letter(sign.front());
        const bool clings = letters && ((i > 0 && is_letter(points[i - 1].c)) ||
                                        (end < points.size() && is_letter(points[end].c)));
        if (!clings) return sign.size();
    }
    return 0;
}

struct Amount {
    std::size_t sign_begin = 0, sign_end = 0;
    std::size_t number_begin = 0, number_end = 0;
    [[nodiscard]] std::size_t end() const { return std::max(sign_end, number_end); }
};

/// A sign and a number side by side at `i`, in the order that `place` does not want.
std::optional<Amount> misplaced(const std::vector<Point>& points, std::size_t i,
                                const std::vector<Sign>& signs, SignPlace place) {
    const auto behind_blanks = [&](std::size_t k) {
        while (k < points.size() && is_blank(points[k].c) && !points[k].masked) ++k;
        return k;
    };
    if (i > 0 && joins_number(points, i - 1)) return std::nullopt;
    Amount amount;
    if (place == SignPlace::after) {
        const std::size_t size = sign_size(points, i, signs);
        if (size == 0) return std::nullopt;
        amount = {i, i + size, behind_blanks(i + size), 0};
        amount.number_end = number_end(points, amount.number_begin);
        if (amount.number_end == amount.number_begin) return std::nullopt;
        // "USD 5 EGP": nobody knows whose number it is.
        if (sign_size(points, behind_blanks(amount.number_end), signs) != 0) return std::nullopt;
    } else {
        const std::size_t end = number_end(points, i);
        if (end == i) return std::nullopt;
        const std::size_t sign = behind_blanks(end);
        const std::size_t size = sign_size(points, sign, signs);
        if (size == 0) return std::nullopt;
        amount = {sign, sign + size, i, end};
        if (number_end(points, behind_blanks(sign + size)) != behind_blanks(sign + size)) {
            return std::nullopt;
        }
    }
    const std::size_t end = amount.end();
    const bool ends_sentence = end < points.size() && is_separator(points[end].c) &&
                               (end + 1 == points.size() || !is_digit(points[end + 1]));
    if (joins_number(points, end) && !ends_sentence) return std::nullopt;
    return amount;
}

std::string place_signs(std::string_view text, const std::vector<Sign>& signs, SignPlace place,
                        std::string_view between) {
    const bool percent_only = &signs == &percent_signs();
    if (place == SignPlace::keep || (percent_only && !holds_any(text, {"%", "٪"}))) {
        return std::string(text);
    }
    const std::vector<Point> points = points_of(text);
    const auto bytes = [&](std::size_t first, std::size_t last) {
        if (first == last) return std::string_view();
        return text.substr(points[first].begin, points[last - 1].end - points[first].begin);
    };
    std::string out;
    for (std::size_t i = 0; i < points.size();) {
        const auto amount = points[i].masked ? std::nullopt : misplaced(points, i, signs, place);
        if (!amount) {
            out += bytes(i, i + 1);
            ++i;
            continue;
        }
        const std::string_view sign = bytes(amount->sign_begin, amount->sign_end);
        const std::string_view number = bytes(amount->number_begin, amount->number_end);
        out += place == SignPlace::after ? number : sign;
        out += between;
        out += place == SignPlace::after ? sign : number;
        i = amount->end();
    }
    return out;
}

bool is_arabic_mark(char32_t c) {
    return c == 0x060C || c == 0x061B || c == 0x061F;
}
bool is_latin_mark(char32_t c) {
    return c == U',' || c == U';' || c == U'?' || c == U'!';
}

/// A mark that no blank may stand before; a Latin one only where a word ends: ".NET", "!important".
bool is_mark_of_sentence(const std::vector<Point>& points, std::size_t i) {
    if (i >= points.size() || points[i].masked) return false;
    if (is_arabic_mark(points[i].c)) return true;
    return is_latin_mark(points[i].c) && (i + 1 == points.size() || is_blank(points[i + 1].c));
}

/// A comma or semicolon that a word clings to; in a number it parts thousands.
bool parts_words(const std::vector<Point>& points, std::size_t i) {
    const Point& mark = points[i];
    if (mark.masked || (mark.c != 0x060C && mark.c != 0x061B) || i + 1 == points.size()) {
        return false;
    }
    const Point& next = points[i + 1];
    const bool digit = digit_value(next.c) >= 0;
    if (digit && i > 0 && is_digit(points[i - 1])) return false;
    return digit || is_letter(next.c) || next.masked || next.c == kFsi;
}

}  // namespace

std::string without_invisible(std::string_view text) {
    if (!holds_any(text, {"\u200B", "\uFEFF", "\u00AD", "\u2060"})) return std::string(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t at = i;
        const char32_t c = next_code_point(text, i);
        if (c != 0x200B && c != 0xFEFF && c != 0xAD && c != 0x2060) out += text.substr(at, i - at);
    }
    return out;
}

std::string without_tatweel(std::string_view text) {
    if (!holds_any(text, {"ـ"})) return std::string(text);
    const std::vector<Point> points = points_of(text);
    std::string out;
    out.reserve(text.size());
    bool in_word = false;
    for (std::size_t i = 0; i < points.size();) {
        const Point& point = points[i];
        std::size_t next = i + 1;
        if (point.c == kTatweel && !point.masked && in_word) {
            while (next < points.size() && points[next].c == kTatweel) ++next;
            // At a word's end one is enough.
            const bool inside = next < points.size() && is_arabic_letter(points[next].c);
            if (!inside) out += text.substr(point.begin, point.end - point.begin);
            i = next;
            continue;
        }
        in_word = is_arabic_letter(point.c) || point.c == kTatweel ||
                  (in_word && point.c >= 0x064B && point.c <= 0x0652);
        out += text.substr(point.begin, point.end - point.begin);
        i = next;
    }
    return out;
}

std::string with_quotes(std::string_view text, Language target, Quotes quotes) {
    const bool wanted = target == Language::ar
                            ? quotes == Quotes::guillemets && holds_any(text, {"\"", "“", "”", "„"})
                            : holds_any(text, {"«"});
    if (!wanted) return std::string(text);
    const std::vector<Point> points = points_of(text);
    const std::string_view opening = target == Language::ar ? "«" : "“";
    const std::string_view closing = target == Language::ar ? "»" : "”";
    // What is replaced at which point.
    std::vector<std::string_view> instead(points.size());
    std::optional<std::size_t> open;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const char32_t c = points[i].c;
        if (c == U'\n') open.reset();
        if (points[i].masked) continue;
        const bool straight = c == U'"' && target == Language::ar;
        const bool opens = target == Language::ar ? c == 0x201C || c == 0x201E : c == 0xAB;
        const bool closes = target == Language::ar ? c == 0x201D || c == 0x201C : c == 0xBB;
        // 5.5" is an inch.
        if (straight && !open && i > 0 && digit_value(points[i - 1].c) >= 0) continue;
        if (!open && (straight || opens)) {
            open = i;
        } else if (open &&
                   (straight ? points[*open].c == U'"' : closes && points[*open].c != U'"')) {
            instead[*open] = opening;
            instead[i] = closing;
            open.reset();
        }
    }
    std::string out;
    for (std::size_t i = 0; i < points.size(); ++i) {
        out += instead[i].empty() ? text.substr(points[i].begin, points[i].end - points[i].begin)
                                  : instead[i];
    }
    return out;
}

std::string with_signs_placed(std::string_view text, Language target,
                              const Typography& typography) {
    const bool arabic = target == Language::ar;
    const SignPlace percent = arabic ? typography.percent : SignPlace::after;
    const SignPlace currency = arabic ? typography.currency : SignPlace::keep;
    return place_signs(place_signs(text, percent_signs(), percent, ""), money_signs(), currency,
                       " ");
}

std::string with_mark_spacing(std::string_view text) {
    if (!holds_any(text, {",", ";", "?", "!", "،", "؛", "؟"})) return std::string(text);
    const std::vector<Point> points = points_of(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < points.size();) {
        const Point& point = points[i];
        std::size_t next = i + 1;
        if (is_blank(point.c) && !point.masked) {
            while (next < points.size() && is_blank(points[next].c)) ++next;
            if (i == 0 || points[i - 1].c == U'\n' || !is_mark_of_sentence(points, next)) {
                out += text.substr(point.begin, points[next - 1].end - point.begin);
            }
            i = next;
            continue;
        }
        out += text.substr(point.begin, point.end - point.begin);
        if (parts_words(points, i)) out += ' ';
        i = next;
    }
    return out;
}

}  // namespace barid::translate
