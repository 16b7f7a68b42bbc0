#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "translate/mask.hpp"
#include "translate/mask_token.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view kTokenHead = "k";
constexpr std::string_view kTokenTail = "@m.invalid";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_one_of(char c, std::string_view set) {
    return set.find(c) != npos;
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool starts_with_any_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

struct Token {
    std::size_t number = 0;
    std::size_t size = 0;
};

/// A number of at most four digits; `size` counts the digits.
Token read_number(std::string_view text) {
    Token read;
    while (read.size < text.size() && read.size < 5 && is_digit(text[read.size])) {
        read.number = read.number * 10 + static_cast<std::size_t>(text[read.size] - '0');
        ++read.size;
    }
    return read;
}

Token read_plain_token(std::string_view rest) {
    if (!starts_with_any_case(rest, kTokenHead)) return {};
    Token found = read_number(rest.substr(kTokenHead.size()));
    if (found.size == 0) return {};
    const std::size_t digits = kTokenHead.size() + found.size;
    if (!starts_with_any_case(rest.substr(digits), kTokenTail)) return {};
    found.size = digits + kTokenTail.size();
    return found;
}

Token read_xml_token(std::string_view rest) {
    constexpr std::string_view kOpen = "<m id=\"";
    if (!rest.starts_with(kOpen)) return {};
    Token found = read_number(rest.substr(kOpen.size()));
    if (found.size == 0) return {};
    const std::size_t digits = kOpen.size() + found.size;
    for (const std::string_view close : {"\"/>", "\" />", "\"></m>"}) {
        if (!rest.substr(digits).starts_with(close)) continue;
        found.size = digits + close.size();
        return found;
    }
    return {};
}

/// Attributes may come back in another order, with other quotes or without them.
Token read_span_token(std::string_view rest) {
    constexpr std::string_view kClose = "</span>";
    if (!starts_with_any_case(rest, "<span ")) return {};
    const std::string_view head =
        rest.substr(0, std::min(rest.substr(0, 256).find('>'), rest.size()));
    if (head.size() == rest.size()) return {};
    std::size_t id = head.find(" id=");
    if (id == npos) return {};
    id += 4;
    if (id < head.size() && is_one_of(head[id], "\"'")) ++id;
    if (id >= head.size() || lower(head[id]) != 'k') return {};
    Token found = read_number(head.substr(id + 1));
    if (found.size == 0) return {};
    // Nothing but text may stand inside: markup would be lost with it.
    const std::size_t inner = head.size() + 1;
    const std::size_t close = rest.find('<', inner);
    if (close == npos || !starts_with_any_case(rest.substr(close), kClose)) return {};
    found.size = close + kClose.size();
    return found;
}

/// One of XML's five entities or a numeric one at `i`; anything else stays as it is.
void append_unescaped(std::string& out, std::string_view text, std::size_t& i) {
    const std::size_t end = text.substr(i, 12).find(';');
    const std::string_view name = end == npos ? std::string_view() : text.substr(i + 1, end - 1);
    char32_t c = 0;
    if (name == "amp")
        c = U'&';
    else if (name == "lt")
        c = U'<';
    else if (name == "gt")
        c = U'>';
    else if (name == "quot")
        c = U'"';
    else if (name == "apos")
        c = U'\'';
    else if (name == "nbsp")
        c = 0xA0;
    else if (name.size() > 1 && name[0] == '#') {
        const bool hex = lower(name[1]) == 'x';
        std::uint32_t value = 0;
        const char* first = name.data() + (hex ? 2 : 1);
        const auto [rest, ec] =
            std::from_chars(first, name.data() + name.size(), value, hex ? 16 : 10);
        if (ec == std::errc() && rest == name.data() + name.size() && value < 0x110000) c = value;
    }
    if (c == 0) {
        out += text[i++];
        return;
    }
    append_utf8(out, c);
    i += end + 1;
}

bool is_markup(TokenStyle style) {
    return style != TokenStyle::plain;
}

std::string token(std::size_t number, std::string_view original, TokenStyle style) {
    if (style == TokenStyle::plain) return fmt::format("{}{}{}", kTokenHead, number, kTokenTail);
    if (style == TokenStyle::xml) return fmt::format("<m id=\"{}\"/>", number);
    return fmt::format("<span class=\"notranslate\" translate=\"no\" id=\"k{}\">{}</span>", number,
                       escape_markup(original));
}

Token read_token(std::string_view rest, TokenStyle style) {
    if (style == TokenStyle::plain) return read_plain_token(rest);
    return style == TokenStyle::xml ? read_xml_token(rest) : read_span_token(rest);
}

}  // namespace

std::size_t own_token_size(std::string_view rest) {
    return read_plain_token(rest).size;
}

Protected protect(std::string_view text, TokenStyle style) {
    return protect(text, style, find_masks(text));
}

Protected protect(std::string_view text, TokenStyle style, const std::vector<Mask>& masks) {
    Protected sent;
    const auto literal = [&](std::string_view piece) {
        sent.text += is_markup(style) ? escape_markup(piece) : std::string(piece);
    };
    std::size_t at = 0;
    for (const Mask& mask : masks) {
        const std::string_view original = text.substr(mask.begin, mask.end - mask.begin);
        literal(text.substr(at, mask.begin - at));
        sent.text += token(sent.originals.size(), original, style);
        sent.originals.emplace_back(original);
        at = mask.end;
    }
    literal(text.substr(at));
    return sent;
}

std::expected<std::string, std::string> restore(std::string_view answer, const Protected& sent,
                                                TokenStyle style) {
    std::vector<int> seen(sent.originals.size(), 0);
    std::string out;
    for (std::size_t i = 0; i < answer.size();) {
        const std::string_view rest = answer.substr(i);
        const Token found = read_token(rest, style);
        if (found.size != 0) {
            if (found.number >= seen.size()) return std::unexpected("an unknown token came back");
            ++seen[found.number];
            out += sent.originals[found.number];
            i += found.size;
        } else if (is_markup(style) && answer[i] == '<') {
            return std::unexpected("markup came back that was not sent");
        } else if (is_markup(style) && answer[i] == '&') {
            append_unescaped(out, answer, i);
        } else {
            out += answer[i++];
        }
    }
    for (std::size_t n = 0; n < seen.size(); ++n) {
        if (seen[n] == 1) continue;
        return std::unexpected(
            fmt::format("protected text {} of {} came back {} times", n + 1, seen.size(), seen[n]));
    }
    return out;
}

}  // namespace barid::translate
