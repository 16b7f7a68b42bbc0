#include "admin/http/guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "admin/http/target.hpp"

namespace barid::web {
namespace {

constexpr std::size_t kMaxMethodBytes = 32;
/// Fits every integer type on the way, and is far above any limit.
constexpr std::size_t kMaxLengthDigits = 18;

/// Headers that decide something and of which only the first would be looked at. Cookie is one
/// of them: RFC 6265 §5.4 lets a client send it once. Lists (Accept, X-Forwarded-For, Via, …) may
/// come in several lines.
constexpr std::array<std::string_view, 20> kSingle = {
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Cookie",
    "Expect",
    "Idempotency-Key",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Event-ID",
    "Max-Forwards",
    "Origin",
    "Range",
    "Referer",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "User-Agent",
    "X-Request-Id",
};

using Failure = std::optional<Refusal>;

Refusal bad(std::string reason) {
    return {.status = 400, .reason = std::move(reason), .code = "bad_request"};
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

Failure read_request_line(std::string_view line, RequestHead& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == line.npos || first == last) {
        return bad("the first line must be a method, a path and a version");
    }
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!is_token(method) || method.size() > kMaxMethodBytes) return bad("that isn't a method");
    head.method = method;
    head.target = target;
    if (version == "HTTP/1.1") {
        head.version = 11;
    } else if (version == "HTTP/1.0") {
        head.version = 10;
    } else if (version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.') {
        return Refusal{.status = 505, .reason = "use HTTP/1.1", .code = "http_version"};
    } else {
        return bad("the first line must end with HTTP/1.1");
    }
    return {};
}

Failure read_field(std::string_view line, RequestHead& head) {
    if (line.front() == ' ' || line.front() == '\t') {
        return bad("a header must not continue on another line");
    }
    const auto colon = line.find(':');
    if (colon == line.npos) return bad("a header has no colon");
    const auto name = line.substr(0, colon);
    if (!is_token(name)) return bad("a header's name is empty or has a character it can't have");
    head.headers.emplace_back(name, trimmed(line.substr(colon + 1)));
    return {};
}

Failure check_host(const RequestHead& head) {
    const auto hosts = head.count("Host");
    if (hosts > 1) return bad("more than one Host");
    if (hosts == 0) return head.version == 11 ? Failure(bad("Host is missing")) : Failure();
    if (!is_host(head.header("Host"))) return bad("Host isn't a host name");
    return {};
}

Failure read_length(std::string_view text, Framing& framing) {
    const bool digits = !text.empty() && text.size() <= kMaxLengthDigits &&
                        std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return bad("Content-Length isn't a number");
    std::from_chars(text.data(), text.data() + text.size(), framing.length);
    if (framing.length != 0) framing.kind = Framing::Kind::sized;
    return {};
}

Failure read_framing(const RequestHead& head, Framing& framing) {
    const auto codings = head.count("Transfer-Encoding");
    const auto lengths = head.count("Content-Length");
    if (codings != 0 && head.version != 11) return bad("Transfer-Encoding needs HTTP/1.1");
    if (codings != 0 && lengths != 0) return bad("both Transfer-Encoding and Content-Length");
    if (codings > 1 || (codings == 1 && !same_name(head.header("Transfer-Encoding"), "chunked"))) {
        return bad("the only Transfer-Encoding here is chunked");
    }
    if (lengths > 1) return bad("more than one Content-Length");
    if (codings == 1) framing.kind = Framing::Kind::chunked;
    if (lengths == 1) {
        if (auto failure = read_length(head.header("Content-Length"), framing)) return failure;
    }
    if (head.count("Trailer") != 0) return bad("trailers aren't accepted");
    if (head.count("Upgrade") != 0) return bad("there is nothing to upgrade to");
    return {};
}

Failure read_expectation(const RequestHead& head, Framing& framing) {
    if (head.count("Expect") == 0) return {};
    if (!same_name(head.header("Expect"), "100-continue")) {
        return Refusal{.status = 417,
                       .reason = "the only Expect here is 100-continue",
                       .code = "bad_expectation"};
    }
    framing.expects_continue = head.version == 11 && framing.kind != Framing::Kind::none;
    return {};
}

Failure check_singles(const RequestHead& head) {
    for (const auto name : kSingle) {
        if (head.count(name) > 1) return bad(fmt::format("more than one {}", name));
    }
    return {};
}

}  // namespace

HeadScanner::State HeadScanner::refuse(int status, std::string code, std::string reason) {
    refusal_ = {.status = status, .reason = std::move(reason), .code = std::move(code)};
    return State::refused;
}

HeadScanner::State HeadScanner::scan(std::string_view bytes) {
    for (; at_ < bytes.size(); ++at_) {
        if (at_ == max_bytes_) {
            return refuse(431, "header_too_large",
                          fmt::format("the head is longer than {} bytes", max_bytes_));
        }
        const char c = bytes[at_];
        const bool after_cr = at_ > 0 && bytes[at_ - 1] == '\r';
        if (after_cr != (c == '\n')) {
            return refuse(400, "bad_request", "lines must end with CR LF, and with nothing else");
        }
        if (c == '\n') {
            const bool blank = at_ - line_start_ == 1;
            if (blank && line_start_ == 0) {
                return refuse(400, "bad_request", "a request begins with its method");
            }
            line_start_ = at_ + 1;
            if (blank) {
                ++at_;
                return State::complete;
            }
        } else if (c != '\r' && c != '\t' && is_control(c)) {
            return refuse(400, "bad_request", "the head has a control character");
        }
    }
    return State::more;
}

std::expected<GuardedHead, Refusal> parse_head(std::string_view bytes, std::size_t max_headers) {
    GuardedHead result;
    bool first = true;
    for (auto end = bytes.find("\r\n"); end != bytes.npos && end != 0; end = bytes.find("\r\n")) {
        const auto line = bytes.substr(0, end);
        if (!first && result.head.headers.size() == max_headers) {
            return std::unexpected(
                Refusal{.status = 431,
                        .reason = fmt::format("there are more than {} headers", max_headers),
                        .code = "header_too_large"});
        }
        const auto failure =
            first ? read_request_line(line, result.head) : read_field(line, result.head);
        if (failure) return std::unexpected(*failure);
        first = false;
        bytes.remove_prefix(end + 2);
    }
    if (first) return std::unexpected(bad("a request begins with its method"));
    if (auto failure = check_host(result.head)) return std::unexpected(*failure);
    if (auto failure = read_framing(result.head, result.framing)) return std::unexpected(*failure);
    if (auto failure = check_singles(result.head)) return std::unexpected(*failure);
    if (auto failure = read_expectation(result.head, result.framing)) {
        return std::unexpected(*failure);
    }
    auto path = clean_path(result.head.target);
    if (!path) return std::unexpected(bad(path.error()));
    result.path = *std::move(path);
    return result;
}

std::string_view guessed_target(std::string_view bytes) {
    const auto line = bytes.substr(0, bytes.find_first_of("\r\n"));
    const auto space = line.find(' ');
    if (space == line.npos) return {};
    return line.substr(space + 1, line.find(' ', space + 1) - space - 1);
}

}  // namespace barid::web
