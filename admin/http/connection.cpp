#include "admin/http/connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>

#include "admin/http/tls_layer.hpp"

namespace barid::web {
namespace {

using asio::ip::tcp;

constexpr std::size_t kReadBytes = 8U << 10U;
constexpr std::size_t kPieceBytes = 64U << 10U;
constexpr std::size_t kMaxDrainedBytes = 64U << 10U;

}  // namespace

Connection::Connection(tcp::socket socket, std::shared_ptr<TlsContext> tls)
    : socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    peer_ = socket_.remote_endpoint(ignored).address();
    if (tls) tls_ = std::make_unique<TlsLayer>(tls->current(), socket_);
}

Connection::~Connection() = default;

void Connection::close() {
    error_code ignored;
    socket_.close(ignored);
}

void Connection::cancel_read() {
    error_code ignored;
    socket_.cancel(ignored);
}

void Connection::check(Clock::time_point now) {
    if (now >= write_by_) {
        close();
    } else if (now >= read_by_) {
        // Only the read: an answer that says so can still be sent.
        late_ = true;
        cancel_read();
    }
}

awaitable<bool> Connection::shake_hands(Clock::time_point by) {
    if (!tls_) co_return true;
    write_by_ = by;
    const auto [problem] =
        co_await tls_->stream.async_handshake(asio::ssl::stream_base::server, use_tuple);
    write_by_ = kNever;
    co_return !problem;
}

awaitable<error_code> Connection::read_into(char* buffer, std::size_t room, std::size_t& size) {
    if (tls_) {
        const auto [problem, got] =
            co_await tls_->stream.async_read_some(asio::buffer(buffer, room), use_tuple);
        size = got;
        co_return problem;
    }
    const auto [problem, got] =
        co_await socket_.async_read_some(asio::buffer(buffer, room), use_tuple);
    size = got;
    co_return problem;
}

awaitable<Connection::Read> Connection::fill(Clock::time_point by) {
    read_by_ = by;
    late_ = false;
    error_code problem;
    std::size_t size = 0;
    if (in.empty()) {
        // Most connections are idle most of the time: they get a buffer when there is something
        // to read.
        std::string().swap(in);
        if (!tls_) {
            std::tie(problem) = co_await socket_.async_wait(tcp::socket::wait_read, use_tuple);
        }
    }
    if (!problem) {
        const std::size_t had = in.size();
        in.resize(had + kReadBytes);
        problem = co_await read_into(in.data() + had, kReadBytes, size);
        in.resize(had + size);
    }
    read_by_ = kNever;
    if (size != 0) co_return Read::some;
    co_return late_ ? Read::late : Read::ended;
}

awaitable<bool> Connection::write(std::string_view bytes, std::chrono::milliseconds each) {
    while (!bytes.empty()) {
        const auto piece = asio::buffer(bytes.substr(0, kPieceBytes));
        write_by_ = Clock::now() + each;
        error_code problem;
        std::size_t size = 0;
        if (tls_) {
            std::tie(problem, size) = co_await asio::async_write(tls_->stream, piece, use_tuple);
        } else {
            std::tie(problem, size) = co_await asio::async_write(socket_, piece, use_tuple);
        }
        write_by_ = kNever;
        if (problem) co_return false;
        bytes.remove_prefix(size);
    }
    co_return true;
}

awaitable<void> Connection::shut_tls(Clock::time_point by) {
    // It waits for the client's own farewell, which some never send.
    write_by_ = by;
    co_await tls_->stream.async_shutdown(use_tuple);
    write_by_ = kNever;
}

awaitable<void> Connection::say_goodbye(std::chrono::milliseconds at_most) {
    if (!socket_.is_open()) co_return;
    const auto by = Clock::now() + std::min(at_most, std::chrono::milliseconds(1000));
    if (tls_) co_await shut_tls(by);
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    read_by_ = by;
    std::array<char, 4096> waste;
    for (std::size_t drained = 0; drained < kMaxDrainedBytes && Clock::now() < by;) {
        const auto [problem, size] =
            co_await socket_.async_read_some(asio::buffer(waste), use_tuple);
        if (problem) co_return;
        drained += size;
    }
}

}  // namespace barid::web
