#include "translate/mask.hpp"

#include <algorithm>
#include <array>

#include "translate/mask_token.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t npos = std::string_view::npos;
// Every matcher looks at a bounded stretch, so that a hostile text costs linear time.
constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxPlaceholder = 128;
constexpr std::size_t kMaxNumber = 24;
constexpr std::size_t kMaxSku = 64;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_alnum(char c) {
    return is_digit(c) || is_upper(c) || is_lower(c);
}
bool is_one_of(char c, std::string_view set) {
    return set.find(c) != npos;
}
char lower(char c) {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_any_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

/// Each matcher returns the length of its thing at the beginning of `rest`, or 0.
std::size_t match_url(std::string_view rest) {
    std::size_t head = 0;
    for (const std::string_view scheme :
         {"https://", "http://", "ftp://", "mailto:", "tel:", "www."}) {
        if (starts_with_any_case(rest, scheme)) head = scheme.size();
        if (head != 0) break;
    }
    if (head == 0) return 0;
    std::size_t end = head;
    while (end < rest.size() &&
           (is_alnum(rest[end]) || is_one_of(rest[end], "-._~:/?#[]@!$&'()*+,;=%"))) {
        if (++end >= kMaxUrl) break;
    }
    // Punctuation that ends the sentence does not belong to the address.
    while (end > head && is_one_of(rest[end - 1], ".,;:!?)]'")) --end;
    return end > head ? end : 0;
}

std::size_t match_email(std::string_view rest) {
    std::size_t at = 0;
    while (at < rest.size() && at < 65 && (is_alnum(rest[at]) || is_one_of(rest[at], "._%+-")))
        ++at;
    if (at == 0 || at >= rest.size() || rest[at] != '@') return 0;
    std::size_t end = at + 1;
    while (end < rest.size() && end < 320 && (is_alnum(rest[end]) || is_one_of(rest[end], ".-"))) {
        ++end;
    }
    while (end > at + 1 && !is_alnum(rest[end - 1])) --end;
    return rest.substr(at + 1, end - at - 1).find('.') == npos ? 0 : end;
}

std::size_t match_braces(std::string_view rest) {
    const std::size_t dollar = !rest.empty() && is_one_of(rest[0], "$#") ? 1 : 0;
    const std::string_view body = rest.substr(dollar);
    if (!body.starts_with('{')) return 0;
    const std::string_view closing = body.starts_with("{{") ? "}}" : "}";
    const std::size_t end = body.substr(0, kMaxPlaceholder).find(closing);
    if (end == npos || body.substr(0, end).find('\n') != npos) return 0;
    return dollar + end + closing.size();
}

/// printf's conversions; a space is no flag here, or "50% dry" would hold one.
std::size_t match_printf(std::string_view rest) {
    if (!rest.starts_with('%')) return 0;
    std::size_t i = 1;
    if (i < rest.size() && rest[i] == '%') return 2;
    if (i < rest.size() && rest[i] == '(') {
        const std::size_t close = rest.substr(0, kMaxPlaceholder).find(')');
        if (close == npos) return 0;
        i = close + 1;
    }
    while (i < rest.size() && i < 16 && (is_digit(rest[i]) || is_one_of(rest[i], "$.-+#*'"))) ++i;
    while (i < rest.size() && i < 18 && is_one_of(rest[i], "hlzjt")) ++i;
    if (i >= rest.size() || !is_one_of(rest[i], "diouxXeEfgGcs@")) return 0;
    return i + 1 < rest.size() && is_alnum(rest[i + 1]) ? 0 : i + 1;
}

std::size_t match_tag(std::string_view rest) {
    if (rest.size() < 3 || rest[0] != '<') return 0;
    const char first = rest[1];
    if (!is_alnum(first) && first != '/' && first != '!') return 0;
    const std::size_t end = rest.substr(0, 512).find('>');
    return end == npos ? 0 : end + 1;
}

std::size_t match_entity(std::string_view rest) {
    if (rest.size() < 3 || rest[0] != '&') return 0;
    std::size_t i = rest[1] == '#' ? 2 : 1;
    while (i < rest.size() && i < 34 && is_alnum(rest[i])) ++i;
    return i > 2 && i < rest.size() && rest[i] == ';' ? i + 1 : 0;
}

constexpr std::array<std::string_view, 46> kUnits = {
    "mm", "cm",  "m",   "km",  "in",  "ft",  "yd",  "ml", "cl", "l",  "fl oz", "oz",
    "mg", "g",   "kg",  "lb",  "lbs", "w",   "kw",  "v",  "mv", "kv", "a",     "mah",
    "ah", "wh",  "kwh", "hz",  "khz", "mhz", "ghz", "kb", "mb", "gb", "tb",    "mp",
    "px", "dpi", "bar", "psi", "rpm", "°c",  "°f",  "%",  "\"", "k"};

std::size_t match_number(std::string_view rest) {
    std::size_t i = 0;
    while (i < rest.size() &&
           (is_digit(rest[i]) ||
            (is_one_of(rest[i], ".,/") && i > 0 && i + 1 < rest.size() && is_digit(rest[i + 1])))) {
        if (++i > kMaxNumber) return 0;
    }
    return i;
}

/// "750 ml", "1.5kg", "10 x 20 cm", "5%", "220-240V".
std::size_t match_measure(std::string_view rest) {
    std::size_t i = match_number(rest);
    if (i == 0) return 0;
    for (int dimensions = 0; dimensions < 3; ++dimensions) {
        std::size_t j = i;
        while (j < rest.size() && rest[j] == ' ') ++j;
        std::size_t times = 0;
        if (j < rest.size() && is_one_of(rest[j], "xX*-"))
            times = 1;
        else if (rest.substr(j).starts_with("×"))
            times = 2;
        else if (rest.substr(j).starts_with("–"))
            times = 3;
        j += times;
        while (times != 0 && j < rest.size() && rest[j] == ' ') ++j;
        const std::size_t number = times == 0 ? 0 : match_number(rest.substr(j));
        if (number == 0) break;
        i = j + number;
    }
    std::size_t unit_at = i;
    if (unit_at < rest.size() && rest[unit_at] == ' ') ++unit_at;
    if (rest.substr(unit_at).starts_with("\xC2\xA0")) unit_at += 2;
    std::size_t best = 0;
    for (const std::string_view unit : kUnits) {
        const std::string_view tail = rest.substr(unit_at);
        if (unit.size() <= best || !starts_with_any_case(tail, unit)) continue;
        const bool word = is_alnum(unit.back());
        std::size_t next = unit.size();
        // A letter behind it makes it a word: "5 man", "3 large", "2 inches".
        if (word && next < tail.size() && is_letter(next_code_point(tail, next))) continue;
        if (word && unit.size() < tail.size() && is_digit(tail[unit.size()])) continue;
        // "2 V-neck shirts"
        if (word && unit.size() + 1 < tail.size() && tail[unit.size()] == '-' &&
            is_alnum(tail[unit.size() + 1]) && !is_digit(tail[unit.size() + 1])) {
            continue;
        }
        best = unit.size();
    }
    // "for 2 in the morning": a spaced preposition is no unit.
    if (best != 0 && unit_at > i &&
        (starts_with_any_case(rest.substr(unit_at, best), "in") ||
         starts_with_any_case(rest.substr(unit_at, best), "a"))) {
        return 0;
    }
    return best == 0 ? 0 : unit_at + best;
}

/// AB-1234, SM-G991B, X200, A4: capitals and digits mixed, at least one of each.
std::size_t match_sku(std::string_view rest) {
    std::size_t end = 0;
    bool digit = false;
    bool upper = false;
    bool lower_seen = false;
    while (end < rest.size() && (is_alnum(rest[end]) || is_one_of(rest[end], "-_/."))) {
        digit = digit || is_digit(rest[end]);
        upper = upper || is_upper(rest[end]);
        lower_seen = lower_seen || is_lower(rest[end]);
        if (++end > kMaxSku) return 0;
    }
    while (end > 0 && !is_alnum(rest[end - 1])) --end;
    if (end < 2 || !digit || !upper) return 0;
    // Lower case inside is usual in models (iPhone15Pro), but "Size-10" is words.
    const bool joined = rest.substr(0, end).find_first_of("-_/.") != npos;
    return lower_seen && joined ? 0 : end;
}

struct Matcher {
    MaskKind kind;
    std::size_t (*match)(std::string_view);
    bool at_word_start;
};

constexpr std::array<Matcher, 9> kMatchers = {{
    {MaskKind::url, match_url, true},
    {MaskKind::email, match_email, true},
    {MaskKind::email, own_token_size, false},
    {MaskKind::placeholder, match_braces, false},
    {MaskKind::placeholder, match_printf, false},
    {MaskKind::tag, match_tag, false},
    {MaskKind::entity, match_entity, false},
    {MaskKind::measure, match_measure, true},
    {MaskKind::sku, match_sku, true},
}};

}  // namespace

std::vector<Mask> find_masks(std::string_view text) {
    std::vector<Mask> masks;
    bool word_start = true;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t size = 0;
        for (const Matcher& matcher : kMatchers) {
            if (matcher.at_word_start && !word_start) continue;
            size = matcher.match(text.substr(i));
            if (size == 0) continue;
            masks.push_back({i, i + size, matcher.kind});
            break;
        }
        if (size == 0) {
            word_start = !is_alnum(text[i]);
            ++i;
        } else {
            i += size;
            word_start = !is_alnum(text[i - 1]);
        }
    }
    return masks;
}

}  // namespace barid::translate
