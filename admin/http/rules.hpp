// What the HTTP server accepts and how it names things: decisions without I/O.
//
// guard.hpp reads heads; these are the rules about what has been read. Pure, thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace barid::web {

/// A request's head as it was parsed: nothing is decoded or merged.
struct RequestHead {
    std::string method;
    std::string target;
    int version = 11;  ///< 10 or 11
    std::vector<std::pair<std::string, std::string>> headers;

    /// How many headers have that name (any case).
    [[nodiscard]] std::size_t count(std::string_view name) const;
    /// The first header of that name (any case), or "".
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct Refusal {
    int status;
    std::string reason;                ///< for the client, in plain text
    std::string code = "bad_request";  ///< stable, for programs
};

/// RFC 9110 §5.6.2: what methods and names of headers are made of.
bool is_token(std::string_view text);

/// Compares names of headers and other words without regard to case.
bool same_name(std::string_view a, std::string_view b);

/// Without spaces and tabs around it.
std::string_view trimmed(std::string_view text);

/// A host name or an address, with a port or without: "shop.example", "[::1]:8080".
bool is_host(std::string_view text);

/// What a client may choose as the name of its request: 1 to 64 of A-Z a-z 0-9 . _ -
bool is_request_id(std::string_view text);

/// The target without its query: "/media/a.webp".
std::string_view path_of(std::string_view target);

/// What follows the target's '?': "" without one.
std::string_view query_of(std::string_view target);

/// True when the client wants another request on the same connection.
bool wants_keep_alive(const RequestHead& head);

/// True when `If-None-Match` names `etag` (weak comparison) or is "*".
bool matches_etag(std::string_view if_none_match, std::string_view etag);

/// A strong validator from size and time of change, with its quotes.
std::string file_etag(std::uint64_t bytes, std::chrono::sys_seconds modified);

/// By the key's extension; unknown ones are application/octet-stream, so nothing is ever run.
std::string_view content_type_of(std::string_view key);

/// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::chrono::sys_seconds time);

/// "Not Found" for 404.
std::string_view reason_phrase(int status);

}  // namespace barid::web
