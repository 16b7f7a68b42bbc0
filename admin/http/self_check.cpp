#include "admin/http/self_check.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "base/timeout.hpp"

namespace barid::web {
namespace {

using asio::ip::tcp;

constexpr std::size_t kMaxBytes = 64U << 10U;

template <class Stream>
awaitable<std::string> talk(Stream& stream, std::string request) {
    co_await asio::async_write(stream, asio::buffer(request), use_tuple);
    std::string received;
    std::array<char, 4096> piece;
    while (received.size() < kMaxBytes) {
        const auto [problem, size] =
            co_await stream.async_read_some(asio::buffer(piece), use_tuple);
        received.append(piece.data(), size);
        if (problem) break;
    }
    co_return received;
}

awaitable<std::string> connect_and_talk(asio::io_context& io, tcp::endpoint endpoint, bool tls,
                                        std::string request) {
    tcp::socket socket(io);
    const auto [refused] = co_await socket.async_connect(endpoint, use_tuple);
    if (refused) co_return "";
    if (!tls) co_return co_await talk(socket, std::move(request));
    asio::ssl::context context(asio::ssl::context::tls_client);
    asio::ssl::stream<tcp::socket&> stream(socket, context);
    const auto [failed] =
        co_await stream.async_handshake(asio::ssl::stream_base::client, use_tuple);
    if (failed) co_return "";
    co_return co_await talk(stream, std::move(request));
}

std::optional<SelfCheck> read_answer(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    SelfCheck answer;
    if (!text.starts_with("HTTP/1.") || end == text.npos || text.size() < 12) return {};
    std::from_chars(text.data() + 9, text.data() + 12, answer.status);
    answer.body = text.substr(end + 4);
    return answer;
}

}  // namespace

awaitable<std::optional<SelfCheck>> ask_server(asio::io_context& io, std::string address,
                                               std::uint16_t port, bool tls, std::string path,
                                               std::chrono::milliseconds limit) {
    error_code problem;
    auto ip = asio::ip::make_address(address, problem);
    if (problem) co_return std::nullopt;
    if (ip.is_unspecified()) {
        ip = ip.is_v6() ? asio::ip::address(asio::ip::address_v6::loopback())
                        : asio::ip::address(asio::ip::address_v4::loopback());
    }
    auto request =
        fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    std::string received;
    try {
        received = co_await with_timeout(connect_and_talk(io, {ip, port}, tls, std::move(request)),
                                         limit, "asking the server");
    } catch (const TimeoutError&) {
        co_return std::nullopt;
    }
    co_return read_answer(received);
}

}  // namespace barid::web
