// What the HTTP server accepts and how it names things: decisions without I/O.
//
// The server is small on purpose: GET and HEAD without bodies. Anything that another HTTP parser
// on the way (a proxy) could read differently is refused rather than interpreted. Pure,
// thread-safe.
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
    std::string reason;  ///< for the client, in plain text
};

/// Why the request isn't served, or nothing. 400 for what is ambiguous or malformed, 405 for
/// other methods, 413 for a body, 505 for other versions.
std::optional<Refusal> refusal_of(const RequestHead& head);

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
