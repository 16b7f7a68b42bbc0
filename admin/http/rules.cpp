#include "admin/http/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace barid::web {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
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

bool is_host(std::string_view host) {
    return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view(".-_:[]").find(c) != std::string_view::npos;
    });
}

std::optional<Refusal> framing_refusal(const RequestHead& head) {
    if (head.version != 10 && head.version != 11) return Refusal{505, "use HTTP/1.1"};
    if (head.count("Transfer-Encoding") != 0) {
        return Refusal{400, "Transfer-Encoding isn't accepted: requests here have no body"};
    }
    if (head.count("Content-Length") > 1) return Refusal{400, "more than one Content-Length"};
    if (head.count("Host") > 1) return Refusal{400, "more than one Host"};
    if (head.version == 11 && head.count("Host") == 0) return Refusal{400, "Host is missing"};
    if (head.count("Host") == 1 && !is_host(head.header("Host"))) {
        return Refusal{400, "Host isn't a host name"};
    }
    const auto length = head.header("Content-Length");
    if (head.count("Content-Length") == 1 && length != "0") {
        const bool number = !length.empty() && std::ranges::all_of(length, [](char c) {
            return c >= '0' && c <= '9';
        });
        if (!number) return Refusal{400, "Content-Length isn't a number"};
        return Refusal{413, "requests here have no body"};
    }
    if (head.count("Upgrade") != 0) return Refusal{400, "there is nothing to upgrade to"};
    if (head.count("Expect") != 0) return Refusal{400, "requests here have no body"};
    return {};
}

}  // namespace

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

std::optional<Refusal> refusal_of(const RequestHead& head) {
    if (auto refusal = framing_refusal(head)) return refusal;
    if (head.method != "GET" && head.method != "HEAD") {
        return Refusal{405, "only GET and HEAD are served here"};
    }
    const auto plain = [](char c) { return c > ' ' && c < '\x7f' && c != '#' && c != '\\'; };
    if (!head.target.starts_with('/') || head.target.starts_with("//") ||
        !std::ranges::all_of(head.target, plain)) {
        return Refusal{400, "the target must be a path"};
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
    switch (status) {
        case 200:
            return "OK";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 413:
            return "Content Too Large";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Unknown";
    }
}

}  // namespace barid::web
