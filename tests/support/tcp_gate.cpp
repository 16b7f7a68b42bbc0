#include "tests/support/tcp_gate.hpp"

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <set>
#include <thread>

#include "base/asio.hpp"

namespace barid::support {
namespace {

using tcp = asio::ip::tcp;

struct Pair {
    explicit Pair(asio::io_context& io) : client(io), server(io) {}
    tcp::socket client;
    tcp::socket server;
    bool frozen = false;
    void close() {
        error_code ignored;
        client.close(ignored);
        server.close(ignored);
    }
};

}  // namespace

struct TcpGate::Impl {
    Impl(std::string host, std::uint16_t target)
        : acceptor(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
          upstream(asio::ip::make_address(host), target) {
        asio::co_spawn(io, accept(), asio::detached);
        thread = std::thread([this] { io.run(); });
    }
    ~Impl() {
        io.stop();
        thread.join();
    }

    awaitable<void> accept() {
        while (true) {
            auto pair = std::make_shared<Pair>(io);
            const auto [ec] = co_await acceptor.async_accept(pair->client, use_tuple);
            if (ec) co_return;
            if (mode == Mode::refuse) continue;
            pairs.insert(pair);
            asio::co_spawn(io, serve(pair), asio::detached);
        }
    }

    awaitable<void> serve(std::shared_ptr<Pair> pair) {
        if (mode == Mode::swallow) co_return co_await pump(pair, true);  // accepted, never answered
        const auto [ec] = co_await pair->server.async_connect(upstream, use_tuple);
        if (ec) {
            pair->close();
        } else {
            asio::co_spawn(io, pump(pair, false), asio::detached);
            co_await pump(pair, true);
        }
    }

    awaitable<void> pump(std::shared_ptr<Pair> pair, bool upward) {
        tcp::socket& from = upward ? pair->client : pair->server;
        tcp::socket& to = upward ? pair->server : pair->client;
        std::array<char, 16384> buffer{};
        while (true) {
            const auto [ec, n] = co_await from.async_read_some(asio::buffer(buffer), use_tuple);
            if (ec) break;
            if (pair->frozen) continue;
            if (mode == Mode::swallow || (!upward && answers_swallowed)) continue;
            const auto [ec2, m] =
                co_await asio::async_write(to, asio::buffer(buffer.data(), n), use_tuple);
            if (ec2) break;
        }
        // A swallowed connection stays half-open: that is the point.
        if (mode == Mode::pass && !pair->frozen) pair->close();
        pairs.erase(pair);
    }

    asio::io_context io{1};
    tcp::acceptor acceptor;
    tcp::endpoint upstream;
    std::set<std::shared_ptr<Pair>> pairs;
    std::atomic<Mode> mode{Mode::pass};
    std::atomic<bool> answers_swallowed{false};
    std::thread thread;
};

TcpGate::TcpGate(std::string host, std::uint16_t port)
    : impl_(std::make_unique<Impl>(std::move(host), port)) {}
TcpGate::~TcpGate() = default;

std::uint16_t TcpGate::port() const { return impl_->acceptor.local_endpoint().port(); }
void TcpGate::set_mode(Mode mode) { impl_->mode = mode; }
void TcpGate::swallow_answers(bool on) { impl_->answers_swallowed = on; }
void TcpGate::cut() {
    asio::post(impl_->io, [impl = impl_.get()] {
        for (const auto& pair : impl->pairs) pair->close();
    });
}
void TcpGate::freeze() {
    std::promise<void> done;
    asio::post(impl_->io, [&] {
        for (const auto& pair : impl_->pairs) pair->frozen = true;
        done.set_value();
    });
    done.get_future().wait();
}

}  // namespace barid::support
