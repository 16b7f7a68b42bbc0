// HTTP/2 to one server, many requests at once: the client for an API that takes one message per
// request, where libcurl's cost per request would be the limit (docs/decisions/0010).
//
// A request goes out only when a stream is free, so that its time limit never includes waiting
// for one; `Request::background` requests wait behind the others. A request is sent again only
// when the server said that it has not looked at it. Connections are opened when those there are
// full, retired before servers drop them, and never pinged.
// Not thread-safe; destroy it on the io thread, before the io_context.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/http_client.hpp"

namespace barid::http {

struct Http2Options {
    std::string origin;        ///< "https://fcm.googleapis.com", an optional port, no path
    std::string ca_file = {};  ///< PEM; empty: the system's authorities
    std::string user_agent = "barid";
    std::size_t connections = 4;
    std::size_t streams = 100;  ///< on each connection at once; fewer when the server says so
    /// Beyond them requests fail at once (busy). Callers have bounds of their own, which come
    /// first.
    std::size_t max_waiting = 100'000;
    std::chrono::milliseconds max_wait{300'000};  ///< for a stream
    std::chrono::milliseconds connect_timeout{10'000};
    /// Servers drop connections after about 4 minutes without use and an hour of age.
    std::chrono::seconds max_idle{210};
    std::chrono::seconds max_lifetime{3300};
};

struct Http2Figures {
    std::size_t connections = 0;
    std::size_t in_flight = 0;
    std::size_t waiting = 0;
    std::uint64_t opened = 0;  ///< connections, since the start
};

class Http2Pool;

class Http2Client final : public HttpClient {
  public:
    /// Throws a permanent barid::Error when `ca_file` or `origin` can't be used.
    Http2Client(asio::io_context& io, Http2Options options);
    ~Http2Client() override;
    Http2Client(const Http2Client&) = delete;
    Http2Client& operator=(const Http2Client&) = delete;

    /// For requests to `origin` alone. There are no redirects and no streamed bodies: such a
    /// request is refused (bad_request). `total_timeout` runs from the moment a stream was free.
    awaitable<Response> send(Request request) override;

    [[nodiscard]] Http2Figures figures() const;

  private:
    std::shared_ptr<Http2Pool> pool_;  ///< shared with the requests that are still under way
};

}  // namespace barid::http
