// HTTP as a seam: what Barid needs of a client, and what a client must promise.
//
// `CurlHttpClient` (http_curl.hpp) is the real one: libcurl multi driven by the io thread.
// `send` returns for every HTTP status; it throws http::Error when no trustworthy answer came.
// A request body is sent at most once: a POST is never repeated behind the caller's back.
// Not thread-safe: use a client on its io thread only. Cancelling the awaiting coroutine aborts
// the transfer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/asio.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace barid::http {

/// Header names are compared without case; values never contain CR, LF or NUL.
struct Header {
    std::string name;
    std::string value;
};

enum class Addresses {
    any,          ///< configured endpoints that an operator chose (providers, stores)
    public_only,  ///< URLs from payloads: loopback, private, link-local, … are refused (SSRF)
};

struct Request {
    std::string method = "GET";
    std::string url = {};
    std::vector<Header> headers = {};
    /// Sent as one header `Authorization: …`, never logged, never followed to another host.
    Secret authorization = {};
    std::string body = {};
    /// Streams the body instead: returns the next piece, empty at the end. Needs `body_size`.
    std::function<std::string(std::size_t max_bytes)> body_source = {};
    std::optional<std::uint64_t> body_size = {};
    /// Streams a 2xx answer out instead of collecting it; return false to stop (an Error
    /// follows). Of any other answer `body` keeps the beginning, so that errors can be told.
    std::function<bool(std::string_view piece)> on_body = {};

    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds total_timeout{30'000};
    /// Slower than `low_speed_bytes` a second for this long is a failure; 0 turns it off.
    std::chrono::seconds low_speed_time{15};
    long low_speed_bytes = 100;
    std::size_t max_response_bytes = 1U << 20U;
    /// For callers who go by the status: of an answer whose head arrived, but whose body is too
    /// large, too slow or broken off, the beginning is returned (`Response::cut`), and no Error.
    bool keep_beginning = false;
    bool require_http2 = false;  ///< fail (not sent) rather than speak HTTP/1.1
    /// Goes after the others where requests wait for a free stream (http2_client.hpp).
    bool background = false;
    int max_redirects = 0;       ///< each hop's scheme, port and address are checked again
    Addresses addresses = Addresses::any;
    /// Hosts ("cdn.shop.example", "10.0.0.7") that may be private even under `public_only`.
    std::vector<std::string> allowed_hosts = {};
};

struct Response {
    int status = 0;
    int http_version = 0;  ///< 10, 11, 20
    std::vector<Header> headers;
    std::string body;
    bool cut = false;  ///< the body went on (`Request::keep_beginning`)
    std::string effective_url;
    std::chrono::milliseconds elapsed{0};

    /// First header of that name (any case), or nothing.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// What is known about the request when no answer came.
enum class Sent {
    no,       ///< certainly not processed: connect, TLS, DNS, refused stream, address denied
    unknown,  ///< may have been processed: timeout or reset after the first byte was sent
    yes,      ///< the status arrived, but the answer did not arrive whole
};

class Error : public barid::Error {
  public:
    Error(Retry retry, Sent sent, std::string code, const std::string& message)
        : barid::Error(retry, message), sent_(sent), code_(std::move(code)) {}

    [[nodiscard]] Sent sent() const noexcept { return sent_; }
    /// A stable word: connect_failed, tls_failed, timeout, too_large, address_denied, bad_url,
    /// bad_request, http2_required, too_many_redirects, stopped, protocol_error, cancelled, busy.
    [[nodiscard]] const std::string& code() const noexcept { return code_; }

  private:
    Sent sent_;
    std::string code_;
};

class HttpClient {
  public:
    virtual ~HttpClient() = default;
    virtual awaitable<Response> send(Request request) = 0;
};

/// Retry-After (RFC 9110 §10.2.3): seconds or an HTTP date, relative to `now`; nothing when
/// absent or unreadable. Not clamped.
std::optional<std::chrono::seconds> retry_after(const Response& response,
                                                std::chrono::sys_seconds now);

/// The answer's Date; nothing when absent or unreadable. `now` only settles two-digit years.
std::optional<std::chrono::sys_seconds> server_time(const Response& response,
                                                    std::chrono::sys_seconds now);

}  // namespace barid::http
