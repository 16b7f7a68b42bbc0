#include "base/email_address.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace barid {
namespace {

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_atom(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_alnum(c) || std::string_view("!#$%&'*+/=?^_`{|}~-").contains(c);
    });
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '-'; });
}

/// True when every piece between the dots is one.
bool all_pieces(std::string_view text, bool (*is_one)(std::string_view)) {
    while (true) {
        const std::size_t dot = text.find('.');
        if (!is_one(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

}  // namespace

bool is_email_address(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || text.size() > 254) return false;
    const std::string_view mailbox = text.substr(0, at);
    const std::string_view host = text.substr(at + 1);
    if (mailbox.size() > 64 || !all_pieces(mailbox, is_atom)) return false;
    const std::size_t dot = host.rfind('.');
    if (dot == std::string_view::npos || !all_pieces(host, is_label)) return false;
    const std::string_view top = host.substr(dot + 1);
    return top.size() >= 2 && !(top.front() >= '0' && top.front() <= '9');
}

std::optional<Mailbox> parse_mailbox(std::string_view text) {
    const auto trim = [](std::string_view s) {
        const std::size_t begin = s.find_first_not_of(' ');
        if (begin == std::string_view::npos) return std::string_view();
        return s.substr(begin, s.find_last_not_of(' ') - begin + 1);
    };
    text = trim(text);
    Mailbox out{.address = std::string(text)};
    if (text.ends_with('>')) {
        const std::size_t open = text.rfind('<');
        if (open == std::string_view::npos) return std::nullopt;
        out.address = text.substr(open + 1, text.size() - open - 2);
        std::string_view name = trim(text.substr(0, open));
        if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
            name = name.substr(1, name.size() - 2);
        }
        out.name = name;
    }
    const bool good = is_email_address(out.address) && is_valid_utf8(out.name) &&
                      out.name.size() <= 200 && std::ranges::none_of(out.name, is_control);
    if (!good) return std::nullopt;
    return out;
}

}  // namespace barid
