// The worker's own HTTP port: health, and the local store's files under /media/.
//
// GET and HEAD only, HTTP/1.0 and 1.1, small limits on everything (http_rules.hpp says what is
// refused). It runs on the io thread; files are read on the blocking pool. Use it on the io
// thread only; the io_context and the pool must outlive it. Await `stop()` before destroying it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/asio.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"
#include "base/secret.hpp"
#include "media/stores/local_directory.hpp"

namespace barid::web {

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< an IPv4 or IPv6 address, not a name
    std::uint16_t port = 8080;          ///< 0: any free one, see `port()`
    std::size_t max_connections = 256;  ///< further ones get 503 and are closed
    std::size_t max_header_bytes = 8192;
    int max_requests = 1000;  ///< on one connection
    /// For a request's head to arrive whole, for a kept connection to stay idle, and for each
    /// piece of an answer to be taken.
    std::chrono::milliseconds timeout{10'000};
    std::string version = {};  ///< shown at /
};

struct Answer {
    int status = 200;
    std::string body = {};
    std::string content_type = "text/plain; charset=utf-8";
};

struct Readiness {
    bool ready = true;
    std::string reason = {};  ///< for people, without secrets: "no database connection"
};

class HttpServer {
  public:
    HttpServer(asio::io_context& io, ThreadPool& blocking, ServerOptions options,
               log::Logger logger);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Arrange before `start`.

    /// Asked at each /readyz, which answers 200 or 503 with the reason; without it always 200.
    void on_ready(std::function<Readiness()> callback);
    /// Serves the directory's files under /media/, cacheable for ever: their names are content.
    /// With a secret only to signed addresses (media/stores/signed_url.hpp), 403 to others.
    void serve_media(std::shared_ptr<const media::LocalDirectory> directory, Secret secret = {});
    /// Serves `handler`'s answer at exactly `path`; it runs on the io thread and must be quick.
    void route(std::string path, std::function<Answer()> handler);
    /// The same for an answer that takes a while; `handler` bounds how long, and doesn't throw.
    void route_async(std::string path, std::function<awaitable<Answer>()> handler);

    /// Binds and begins to accept; throws a permanent Error that names address and cause.
    void start();
    /// The port that is bound, also when 0 was asked for.
    [[nodiscard]] std::uint16_t port() const;

    /// Stops listening, closes every connection, and completes when none is being served.
    awaitable<void> stop();

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace barid::web
