// Barid's HTTP port: health, metrics, the local store's files, the admin's API and its dashboard.
//
// HTTP/1.0 and 1.1, with TLS or without. Whatever could be read in two ways is refused (guard.hpp),
// every wait has a deadline and every number a limit (options.hpp). It runs on the io thread; files
// are read on the blocking pool. Use it on the io thread only; the io_context and the pool must
// outlive it. Await `stop()` before destroying it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "admin/http/asset.hpp"
#include "admin/http/message.hpp"
#include "admin/http/options.hpp"
#include "base/asio.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"
#include "base/secret.hpp"
#include "media/stores/local_directory.hpp"

namespace barid::web {

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
    /// Gives all requests at `prefix` ("/api/v1") and below it to `application`: GET, HEAD, POST,
    /// PUT, PATCH and DELETE. What the server itself refuses there is problem+json.
    void mount(std::string prefix, Application application);
    /// Serves the files below `prefix` ("/admin/"), and index.html to browsers that open another
    /// path there; browsers that open / are sent there. The assets must outlive the server.
    void serve_assets(std::string prefix, std::span<const Asset> assets,
                      std::string content_security_policy);

    /// Binds and begins to accept; throws a permanent Error that names address and cause.
    void start();
    /// The port that is bound, also when 0 was asked for.
    [[nodiscard]] std::uint16_t port() const;

    /// Stops listening, closes idle connections, ends event streams, lets requests that are being
    /// answered end for a while, and completes when none is left.
    awaitable<void> stop();

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace barid::web
