#include "admin/http/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <list>
#include <map>
#include <utility>

#include "admin/http/rules.hpp"
#include "base/text.hpp"
#include "base/timeout.hpp"
#include "media/error.hpp"
#include "media/store.hpp"
#include "media/stores/signed_url.hpp"

namespace barid::web {
namespace {

namespace beast = boost::beast;
using asio::ip::tcp;

constexpr std::string_view kMediaPath = "/media/";
constexpr std::string_view kForever = "Cache-Control: public, max-age=31536000, immutable\r\n";
/// A shared cache would give a signed file to those who have no signature.
constexpr std::string_view kPrivately = "Cache-Control: private, max-age=31536000, immutable\r\n";
constexpr std::size_t kPieceBytes = 64U << 10U;
constexpr std::size_t kMaxDrainedBytes = 64U << 10U;

RequestHead head_of(const beast::http::request<beast::http::empty_body>& request) {
    RequestHead head;
    head.method = request.method_string();
    head.target = request.target();
    head.version = static_cast<int>(request.version());
    for (const auto& field : request) head.headers.emplace_back(field.name_string(), field.value());
    return head;
}

std::string status_lines(int status, std::string_view content_type, std::uint64_t length,
                         std::string_view more, bool keep_alive) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return fmt::format(
        "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
        "X-Content-Type-Options: nosniff\r\n{}{}\r\n",
        status, reason_phrase(status), http_date(now), content_type, length, more,
        keep_alive ? "" : "Connection: close\r\n");
}

}  // namespace

/// Shared with the coroutines of the connections, so that none is left with a dangling server.
class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(asio::io_context& io, ThreadPool& blocking, ServerOptions options, log::Logger logger)
        : io_(io),
          blocking_(blocking),
          options_(std::move(options)),
          log_(std::move(logger)),
          acceptor_(io),
          ended_(io, asio::steady_timer::time_point::max()) {}

    void start();
    [[nodiscard]] std::uint16_t port() const { return port_; }
    void close();
    awaitable<void> stop();

    std::function<Readiness()> ready;
    std::shared_ptr<const media::LocalDirectory> media;
    Secret media_secret;  ///< empty: the files are public
    std::map<std::string, std::function<awaitable<Answer>()>, std::less<>> routes;

  private:
    /// A connection, known to the server while its coroutine runs.
    struct Connection {
        Connection(std::shared_ptr<Impl> owner, tcp::socket socket)
            : server(std::move(owner)), stream(std::move(socket)) {
            place = server->connections_.insert(server->connections_.end(), &stream);
        }
        ~Connection() {
            server->connections_.erase(place);
            server->ended_.cancel();
        }
        Connection(const Connection&) = delete;

        std::shared_ptr<Impl> server;
        beast::tcp_stream stream;
        std::list<beast::tcp_stream*>::iterator place;
    };

    awaitable<void> accept_loop();
    void admit(tcp::socket socket);
    static awaitable<void> serve(std::unique_ptr<Connection> connection);
    awaitable<bool> serve_one(Connection& connection, beast::flat_buffer& buffer, bool last);
    awaitable<bool> answer(Connection& connection, const RequestHead& head, bool keep_alive);
    awaitable<bool> answer_file(Connection& connection, const RequestHead& head, std::string key,
                                bool keep_alive);
    awaitable<bool> send(Connection& connection, const Answer& answer, bool with_body,
                         bool keep_alive, std::string_view more = {});
    awaitable<bool> write(Connection& connection, const std::string& bytes);
    awaitable<void> say_goodbye(Connection& connection);
    [[nodiscard]] Answer readiness() const;
    [[nodiscard]] Answer info() const;

    asio::io_context& io_;
    ThreadPool& blocking_;
    ServerOptions options_;
    log::Logger log_;
    tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::list<beast::tcp_stream*> connections_;
    bool accepting_ = false;
    asio::steady_timer ended_;  ///< cancelled whenever a connection or the accept loop ends
};

void HttpServer::Impl::start() {
    error_code problem;
    const auto require = [&](std::string_view action) {
        if (!problem) return;
        throw Error(Error::Retry::permanent,
                    fmt::format("HTTP server: can't {} {} port {}: {}", action, options_.address,
                                options_.port, problem.message()));
    };
    const auto address = asio::ip::make_address(options_.address, problem);
    require("read the address");
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), problem);
    require("open a socket for");
    acceptor_.set_option(tcp::acceptor::reuse_address(true), problem);
    acceptor_.bind(endpoint, problem);
    require("bind to");
    acceptor_.listen(tcp::acceptor::max_listen_connections, problem);
    require("listen on");
    port_ = acceptor_.local_endpoint().port();
    accepting_ = true;
    asio::co_spawn(
        io_, [self = shared_from_this()] { return self->accept_loop(); },
        [self = shared_from_this()](std::exception_ptr) {
            self->accepting_ = false;
            self->ended_.cancel();
        });
}

void HttpServer::Impl::close() {
    error_code ignored;
    acceptor_.close(ignored);
    for (auto* stream : connections_) stream->close();
}

awaitable<void> HttpServer::Impl::stop() {
    close();
    while (accepting_ || !connections_.empty()) co_await ended_.async_wait(use_tuple);
}

awaitable<void> HttpServer::Impl::accept_loop() {
    while (acceptor_.is_open()) {
        auto [problem, socket] = co_await acceptor_.async_accept(use_tuple);
        if (!problem) {
            admit(std::move(socket));
        } else if (problem == asio::error::operation_aborted) {
            co_return;
        } else {
            // Out of descriptors, most likely: waiting lets other connections end.
            log_.warn("can't accept an HTTP connection", {{"error", problem.message()}});
            if (!co_await sleep_for(std::chrono::milliseconds(100))) co_return;
        }
    }
}

void HttpServer::Impl::admit(tcp::socket socket) {
    error_code ignored;
    if (connections_.size() >= options_.max_connections) {
        const Answer busy{.status = 503, .body = "too many connections\n"};
        const auto text =
            status_lines(503, busy.content_type, busy.body.size(), "", false) + busy.body;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(text), ignored);
        socket.close(ignored);
        return;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    auto connection = std::make_unique<Connection>(shared_from_this(), std::move(socket));
    asio::co_spawn(
        io_, [held = std::move(connection)]() mutable { return serve(std::move(held)); },
        [logger = log_](std::exception_ptr error) {
            if (!error) return;
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& problem) {
                logger.error("an HTTP connection failed", {{"error", problem.what()}});
            }
        });
}

awaitable<void> HttpServer::Impl::serve(std::unique_ptr<Connection> connection) {
    auto& server = *connection->server;
    beast::flat_buffer buffer(server.options_.max_header_bytes * 2);
    for (int served = 1; served <= server.options_.max_requests; ++served) {
        const bool last = served == server.options_.max_requests;
        if (!co_await server.serve_one(*connection, buffer, last)) break;
    }
    co_await server.say_goodbye(*connection);
}

/// False when the connection is to be closed.
awaitable<bool> HttpServer::Impl::serve_one(Connection& connection, beast::flat_buffer& buffer,
                                            bool last) {
    beast::http::request_parser<beast::http::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
    connection.stream.expires_after(options_.timeout);
    const auto [problem, size] =
        co_await beast::http::async_read_header(connection.stream, buffer, parser, use_tuple);
    if (problem == beast::http::error::header_limit ||
        problem == beast::http::error::buffer_overflow) {
        co_return co_await send(connection, {.status = 431, .body = "the head is too long\n"}, true,
                                false);
    }
    if (problem.category() == make_error_code(beast::http::error::bad_method).category() &&
        problem != beast::http::error::end_of_stream &&
        problem != beast::http::error::partial_message) {
        co_return co_await send(connection, {.status = 400, .body = "this isn't HTTP\n"}, true,
                                false);
    }
    if (problem) co_return false;
    const auto head = head_of(parser.get());
    if (const auto refusal = refusal_of(head)) {
        const std::string_view more = refusal->status == 405 ? "Allow: GET, HEAD\r\n" : "";
        co_return co_await send(connection,
                                {.status = refusal->status, .body = refusal->reason + "\n"},
                                head.method != "HEAD", false, more);
    }
    co_return co_await answer(connection, head, wants_keep_alive(head) && !last);
}

awaitable<bool> HttpServer::Impl::answer(Connection& connection, const RequestHead& head,
                                         bool keep_alive) {
    const bool with_body = head.method == "GET";
    Answer reply{.status = 404, .body = "not found\n"};
    const auto path = path_of(head.target);
    if (path.starts_with(kMediaPath) && media) {
        // Keys need no percent-encoding, so nothing is decoded: what isn't a key isn't there.
        const auto key = path.substr(kMediaPath.size());
        const bool known = !media::key_problem(key);
        if (known && media::may_read(media_secret, key, query_of(head.target))) {
            co_return co_await answer_file(connection, head, std::string(key), keep_alive);
        }
        if (known) reply = {.status = 403, .body = "not signed, or too late\n"};
    } else if (const auto route = routes.find(path); route != routes.end()) {
        reply = co_await route->second();
    } else if (path == "/livez") {
        reply = {.status = 200, .body = "ok\n"};
    } else if (path == "/readyz") {
        reply = readiness();
    } else if (path == "/") {
        reply = info();
    }
    co_return co_await send(connection, reply, with_body, keep_alive,
                            "Cache-Control: no-store\r\n");
}

awaitable<bool> HttpServer::Impl::answer_file(Connection& connection, const RequestHead& head,
                                              std::string key, bool keep_alive) {
    const bool with_body = head.method == "GET";
    std::optional<media::OpenFile> file;
    std::string failure;
    try {
        file =
            co_await run_on(blocking_, [directory = media, key] { return directory->open(key); });
    } catch (const media::Error& error) {
        // A link or a file where a directory belongs isn't ours to show.
        if (error.code() != "store_rejected") failure = error.what();
    }
    if (!failure.empty()) {
        log_.error("a media file can't be read", {{"error", failure}});
        co_return co_await send(connection, {.status = 500, .body = "can't read the file\n"},
                                with_body, false, "Cache-Control: no-store\r\n");
    }
    if (!file) {
        co_return co_await send(connection, {.status = 404, .body = "not found\n"}, with_body,
                                keep_alive, "Cache-Control: no-store\r\n");
    }
    const auto etag = file_etag(file->bytes, file->modified);
    const auto more =
        fmt::format("{}ETag: {}\r\n", media_secret.empty() ? kForever : kPrivately, etag);
    if (head.count("If-None-Match") == 1 && matches_etag(head.header("If-None-Match"), etag)) {
        // RFC 9110 §15.4.5: a 304 has no body, and its Content-Length would be the file's.
        co_return co_await write(
            connection, status_lines(304, content_type_of(key), file->bytes, more, keep_alive)) &&
            keep_alive;
    }
    if (!co_await write(connection,
                        status_lines(200, content_type_of(key), file->bytes, more, keep_alive))) {
        co_return false;
    }
    const auto shared = std::make_shared<media::OpenFile>(std::move(*file));
    for (std::uint64_t offset = 0; with_body && offset < shared->bytes;) {
        const auto size = std::min<std::uint64_t>(kPieceBytes, shared->bytes - offset);
        const auto piece = co_await run_on(
            blocking_, [shared, offset, size] { return media::read_piece(*shared, offset, size); });
        // A file that became shorter can't be announced any more; the connection has to break.
        if (piece.empty() || !co_await write(connection, piece)) co_return false;
        offset += piece.size();
    }
    co_return keep_alive;
}

awaitable<bool> HttpServer::Impl::send(Connection& connection, const Answer& answer, bool with_body,
                                       bool keep_alive, std::string_view more) {
    auto text =
        status_lines(answer.status, answer.content_type, answer.body.size(), more, keep_alive);
    if (with_body) text += answer.body;
    co_return co_await write(connection, text) && keep_alive;
}

awaitable<bool> HttpServer::Impl::write(Connection& connection, const std::string& bytes) {
    connection.stream.expires_after(options_.timeout);
    const auto [problem, size] =
        co_await asio::async_write(connection.stream, asio::buffer(bytes), use_tuple);
    co_return !problem;
}

/// Closing while unread bytes wait would reset the connection and could take the answer with it,
/// so the rest of what the client sends is read for a moment.
awaitable<void> HttpServer::Impl::say_goodbye(Connection& connection) {
    error_code ignored;
    connection.stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    connection.stream.expires_after(std::min(options_.timeout, std::chrono::milliseconds(1000)));
    std::array<char, 4096> waste;
    for (std::size_t drained = 0; drained < kMaxDrainedBytes;) {
        const auto [problem, size] =
            co_await connection.stream.async_read_some(asio::buffer(waste), use_tuple);
        if (problem) co_return;
        drained += size;
    }
}

Answer HttpServer::Impl::readiness() const {
    const auto state = ready ? ready() : Readiness{};
    if (state.ready) return {.status = 200, .body = "ok\n"};
    return {.status = 503, .body = scrub_utf8(state.reason) + "\n"};
}

Answer HttpServer::Impl::info() const {
    std::string paths = R"("/livez","/readyz")";
    if (media) paths += R"(,"/media/")";
    for (const auto& [path, handler] : routes) paths += "," + json_quote(path);
    return {.status = 200,
            .body = fmt::format("{{\"name\":\"barid\",\"version\":{},\"paths\":[{}]}}\n",
                                json_quote(options_.version), paths),
            .content_type = "application/json"};
}

HttpServer::HttpServer(asio::io_context& io, ThreadPool& blocking, ServerOptions options,
                       log::Logger logger)
    : impl_(std::make_shared<Impl>(io, blocking, std::move(options), std::move(logger))) {}

HttpServer::~HttpServer() {
    impl_->close();
}

void HttpServer::on_ready(std::function<Readiness()> callback) {
    impl_->ready = std::move(callback);
}

void HttpServer::serve_media(std::shared_ptr<const media::LocalDirectory> directory,
                             Secret secret) {
    impl_->media = std::move(directory);
    impl_->media_secret = std::move(secret);
}

void HttpServer::route(std::string path, std::function<Answer()> handler) {
    route_async(std::move(path),
                [handler = std::move(handler)]() -> awaitable<Answer> { co_return handler(); });
}

void HttpServer::route_async(std::string path, std::function<awaitable<Answer>()> handler) {
    impl_->routes.insert_or_assign(std::move(path), std::move(handler));
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
