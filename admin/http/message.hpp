// One HTTP request and its answer, as values: what the server hands over and takes back.
//
// Values only; the server (server.hpp) owns the sockets. Io thread only where a function says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/http/rules.hpp"
#include "base/asio.hpp"

namespace barid::web {

struct Request {
    RequestHead head;
    /// The target without its query, percent-decoded once; never has "//", "/./" or "/../".
    std::string path;
    std::string body;  ///< empty in `Application::admit`, which decides before it is read
    /// Who asks: the peer, or what a trusted proxy says (RFC 7239 and X-Forwarded-For).
    std::string client_address;
    /// Over TLS: here, or at a trusted proxy (X-Forwarded-Proto).
    bool secure = false;
    /// 1 to 64 of A-Z a-z 0-9 . _ -: the client's `X-Request-Id` when it is one, or a new UUID. The
    /// server returns it with every answer.
    std::string id;
};

/// Where a handler writes server-sent events (WHATWG HTML §9.2). Io thread only.
class EventSink {
  public:
    virtual ~EventSink() = default;
    /// False once the client is gone or too slow; end then. `data` may have several lines.
    virtual awaitable<bool> send(std::string_view event, std::string_view data,
                                 std::string_view id = {}) = 0;
    /// Waits, sending a heartbeat when nothing else was sent for 15 s; false when the client is
    /// gone or the server stops.
    virtual awaitable<bool> wait(std::chrono::milliseconds time) = 0;
};

struct Response {
    int status = 200;
    std::string body = {};
    std::string content_type = "application/json";
    /// More headers. Values with control characters are refused by the server (500), so that no
    /// text from outside can make another header.
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// Instead of a body: called once the head is sent, until it returns.
    std::function<awaitable<void>(EventSink&)> stream = {};
};

/// What `Application::admit` says of a request whose body isn't read yet.
struct Admission {
    std::size_t max_body_bytes = 0;           ///< a longer one is 413
    std::optional<Response> refusal = {};     ///< sent at once; a body that follows is never read
    std::shared_ptr<void> context = nullptr;  ///< handed on to `answer`
};

/// A part of the server with requests of its own, under a prefix. Neither function throws.
struct Application {
    std::function<awaitable<Admission>(const Request&)> admit;
    std::function<awaitable<Response>(Request, std::shared_ptr<void>)> answer;
};

}  // namespace barid::web
