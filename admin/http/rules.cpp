#include "admin/http/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace barid::web {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c);
}

bool is_hex(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

bool contains(std::string_view set, char c) {
    return set.find(c) != std::string_view::npos;
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || contains("!#$%&'*+-.^_`|~", c);
    });
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

bool is_host(std::string_view text) {
    if (text.size() > 255) return false;
    std::string_view host = text;
    std::string_view after;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return false;
        host = text.substr(1, end - 1);
        after = text.substr(end + 1);
        if (!contains(host, ':') ||
            !std::ranges::all_of(host, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) {
            return false;
        }
    } else {
        host = text.substr(0, text.find(':'));
        after = text.substr(host.size());
        if (host.empty() || !std::ranges::all_of(host, [](char c) {
                return is_alphanumeric(c) || contains(".-_", c);
            })) {
            return false;
        }
    }
    if (after.empty()) return true;
    const auto port = after.substr(1);
    return after.front() == ':' && !port.empty() && port.size() <= 5 &&
           std::ranges::all_of(port, is_digit);
}

bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || contains("._-", c);
    });
}

std::size_t RequestHead::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        headers, [&](const auto& header) { return same_name(header.first, name); }));
}

std::string_view RequestHead::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) return value;
    }
    return {};
}

std::string_view query_of(std::string_view target) {
    const std::size_t mark = target.find('?');
    return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

std::string_view path_of(std::string_view target) {
    return target.substr(0, target.find('?'));
}

bool wants_keep_alive(const RequestHead& head) {
    if (head.version != 11) return false;
    for (const auto& [name, value] : head.headers) {
        if (!same_name(name, "Connection")) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            if (same_name(trimmed(rest.substr(0, comma)), "close")) return false;
            rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
        }
    }
    return true;
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
    if (trimmed(if_none_match) == "*") return true;
    while (!if_none_match.empty()) {
        const auto comma = if_none_match.find(',');
        auto candidate = trimmed(if_none_match.substr(0, comma));
        if (candidate.starts_with("W/")) candidate.remove_prefix(2);
        if (candidate == etag) return true;
        if (comma == std::string_view::npos) return false;
        if_none_match.remove_prefix(comma + 1);
    }
    return false;
}

std::string file_etag(std::uint64_t bytes, std::chrono::sys_seconds modified) {
    return fmt::format("\"{:x}-{:x}\"", modified.time_since_epoch().count(), bytes);
}

std::string_view content_type_of(std::string_view key) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kTypes = {{
        {".webp", "image/webp"},
        {".avif", "image/avif"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".png", "image/png"},
        {".gif", "image/gif"},
        {".json", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
    }};
    for (const auto& [extension, type] : kTypes) {
        if (key.ends_with(extension)) return type;
    }
    return "application/octet-stream";
}

std::string http_date(std::chrono::sys_seconds time) {
    static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        kDays.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
        kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
        clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string_view reason_phrase(int status) {
    static constexpr std::array<std::pair<int, std::string_view>, 35> kPhrases = {{
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    }};
    const auto found = std::ranges::find(kPhrases, status, [](const auto& p) { return p.first; });
    return found != kPhrases.end() ? found->second : "Unknown";
}

}  // namespace barid::web
