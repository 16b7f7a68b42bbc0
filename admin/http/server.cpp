#include "admin/http/server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <utility>

#include "admin/http/connections.hpp"
#include "admin/http/exchange.hpp"
#include "admin/http/response_head.hpp"
#include "admin/http/site.hpp"
#include "admin/http/tls_layer.hpp"
#include "base/timeout.hpp"

namespace barid::web {
namespace {

using asio::ip::tcp;

/// Half of the descriptors that the process may have: the rest is for everything else.
std::size_t connections_within_limits(std::size_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
    return std::max<std::size_t>(1, std::min<std::size_t>(wanted, limit.rlim_cur / 2));
}

}  // namespace

/// Shared with the coroutines of the connections, so that none is left with a dangling server.
class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(asio::io_context& io, ThreadPool& blocking, ServerOptions options, log::Logger logger)
        : site{.io = io,
               .blocking = blocking,
               .options = std::move(options),
               .log = std::move(logger)},
          connections_(std::make_shared<Connections>(io, site.options)),
          acceptor_(io) {}

    void start();
    [[nodiscard]] std::uint16_t port() const { return port_; }
    void close();
    awaitable<void> stop();

    Site site;

  private:
    void bind();
    void prepare();
    awaitable<void> accept_loop();
    void admit(tcp::socket socket);
    static awaitable<void> serve(std::shared_ptr<Impl> self, tcp::socket socket, bool counted);

    std::shared_ptr<Connections> connections_;
    std::shared_ptr<TlsContext> tls_;
    tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    bool accepting_ = false;
};

void HttpServer::Impl::bind() {
    error_code problem;
    const auto& options = site.options;
    const auto require = [&](std::string_view action) {
        if (!problem) return;
        throw Error(Error::Retry::permanent,
                    fmt::format("HTTP server: can't {} {} port {}: {}", action, options.address,
                                options.port, problem.message()));
    };
    const auto address = asio::ip::make_address(options.address, problem);
    require("read the address");
    const tcp::endpoint endpoint(address, options.port);
    acceptor_.open(endpoint.protocol(), problem);
    require("open a socket for");
    acceptor_.set_option(tcp::acceptor::reuse_address(true), problem);
    acceptor_.bind(endpoint, problem);
    require("bind to");
    acceptor_.listen(tcp::acceptor::max_listen_connections, problem);
    require("listen on");
    port_ = acceptor_.local_endpoint().port();
    if (!address.is_loopback() && !tls_ && site.proxies.empty() && !site.mounts.empty()) {
        site.log.warn(
            "the admin's API is served without TLS: set http.tls_certificate_file, or "
            "http.trusted_proxies to the proxy that has it",
            {{"address", options.address}});
    }
}

void HttpServer::Impl::prepare() {
    const auto& options = site.options;
    site.proxies = TrustedProxies::parse(options.trusted_proxies, options.forwarded_by);
    if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
        throw Error(Error::Retry::permanent,
                    "HTTP server: TLS needs both http.tls_certificate_file and http.tls_key_file");
    }
    if (!options.tls_certificate_file.empty()) {
        tls_ = std::make_shared<TlsContext>(options.tls_certificate_file, options.tls_key_file,
                                            site.log);
    }
    const auto most = connections_within_limits(options.max_connections);
    if (most < options.max_connections) {
        site.log.info("the limit on open files allows fewer HTTP connections",
                      {{"connections", most}, {"wanted", options.max_connections}});
    }
    connections_->set_max(most);
}

void HttpServer::Impl::start() {
    prepare();
    bind();
    accepting_ = true;
    asio::co_spawn(
        site.io, [self = shared_from_this()] { return self->accept_loop(); },
        [self = shared_from_this()](std::exception_ptr) {
            self->accepting_ = false;
            self->connections_->wake();
        });
}

void HttpServer::Impl::close() {
    error_code ignored;
    acceptor_.close(ignored);
    connections_->close_all();
}

awaitable<void> HttpServer::Impl::stop() {
    const auto self = shared_from_this();
    error_code ignored;
    acceptor_.close(ignored);
    connections_->stop();
    const auto until = Clock::now() + site.options.drain_timeout;
    while ((accepting_ || !connections_->empty()) && Clock::now() < until) {
        co_await connections_->wait(until);
    }
    connections_->close_all();
    while (accepting_ || !connections_->empty()) co_await connections_->wait(kNever);
}

awaitable<void> HttpServer::Impl::accept_loop() {
    bool told = false;
    while (acceptor_.is_open()) {
        auto [problem, socket] = co_await acceptor_.async_accept(use_tuple);
        if (!problem) {
            told = false;
            admit(std::move(socket));
        } else if (problem == asio::error::operation_aborted) {
            co_return;
        } else {
            // Out of descriptors, most likely: waiting lets other connections end.
            if (!std::exchange(told, true)) {
                site.log.warn("can't accept HTTP connections", {{"error", problem.message()}});
            }
            if (!co_await sleep_for(std::chrono::milliseconds(100))) co_return;
        }
    }
}

void HttpServer::Impl::admit(tcp::socket socket) {
    error_code ignored;
    const auto peer = socket.remote_endpoint(ignored).address();
    const bool counted = !site.proxies.trusts(peer);
    if (!connections_->make_room(peer, counted)) {
        // A TLS client couldn't read it; it sees the connection end.
        if (!tls_) {
            const auto busy = plain_text(503, "too many connections\n");
            const auto head = response_head(
                busy, {.request_id = {}, .length = busy.body.size(), .keep_alive = false});
            socket.non_blocking(true, ignored);
            socket.write_some(asio::buffer(head.value() + busy.body), ignored);
            // What has come already, unread, would reset the connection and take the 503 with it.
            socket.shutdown(tcp::socket::shutdown_send, ignored);
            std::array<char, 4096> waste;
            socket.read_some(asio::buffer(waste), ignored);
        }
        return;
    }
    asio::co_spawn(site.io, serve(shared_from_this(), std::move(socket), counted),
                   [logger = site.log](std::exception_ptr error) {
                       if (!error) return;
                       try {
                           std::rethrow_exception(error);
                       } catch (const std::exception& problem) {
                           logger.error("an HTTP connection failed", {{"error", problem.what()}});
                       }
                   });
}

awaitable<void> HttpServer::Impl::serve(std::shared_ptr<Impl> self, tcp::socket socket,
                                        bool counted) {
    const auto& options = self->site.options;
    Connection connection(std::move(socket), self->tls_);
    Connections::Place place(*self->connections_, connection, counted);
    place.set_idle(true);
    if (!co_await connection.shake_hands(Clock::now() + options.handshake_timeout)) co_return;
    for (int served = 1; served <= options.max_requests; ++served) {
        Exchange exchange(self->site, connection, place);
        if (!co_await exchange.run(served == options.max_requests)) break;
        if (place.stopping()) break;
    }
    co_await connection.say_goodbye(options.write_timeout);
}

HttpServer::HttpServer(asio::io_context& io, ThreadPool& blocking, ServerOptions options,
                       log::Logger logger)
    : impl_(std::make_shared<Impl>(io, blocking, std::move(options), std::move(logger))) {}

HttpServer::~HttpServer() {
    impl_->close();
}

void HttpServer::on_ready(std::function<Readiness()> callback) {
    impl_->site.ready = std::move(callback);
}

void HttpServer::serve_media(std::shared_ptr<const media::LocalDirectory> directory,
                             Secret secret) {
    impl_->site.media = std::move(directory);
    impl_->site.media_secret = std::move(secret);
}

void HttpServer::route(std::string path, std::function<Answer()> handler) {
    route_async(std::move(path),
                [handler = std::move(handler)]() -> awaitable<Answer> { co_return handler(); });
}

void HttpServer::route_async(std::string path, std::function<awaitable<Answer>()> handler) {
    impl_->site.routes.insert_or_assign(std::move(path), std::move(handler));
}

void HttpServer::mount(std::string prefix, Application application) {
    while (prefix.ends_with('/')) prefix.pop_back();
    impl_->site.mounts.insert_or_assign(std::move(prefix), std::move(application));
}

void HttpServer::serve_assets(std::string prefix, std::span<const Asset> assets,
                              std::string content_security_policy) {
    impl_->site.assets.emplace(std::move(prefix), assets, std::move(content_security_policy));
}

void HttpServer::start() {
    impl_->start();
}

std::uint16_t HttpServer::port() const {
    return impl_->port();
}

awaitable<void> HttpServer::stop() {
    return impl_->stop();
}

}  // namespace barid::web
