#include "tests/support/gateway_stub.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace barid::support {
namespace {

/// A connection to a port of this machine that closes itself.
class Socket {
  public:
    explicit Socket(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        const timeval limit{20, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd_);
            throw std::runtime_error("the gateway's stand-in takes no connection");
        }
    }
    ~Socket() { ::close(fd_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    void send(std::string_view data) const {
        while (!data.empty()) {
            const auto sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
            if (sent <= 0) throw std::runtime_error("the gateway's stand-in went away");
            data.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    [[nodiscard]] std::string read_to_end() const {
        std::string out;
        std::array<char, 16384> buffer;
        for (;;) {
            const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
            if (got < 0) throw std::runtime_error("the gateway's stand-in doesn't answer");
            if (got == 0) return out;
            out.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }

  private:
    int fd_;
};

std::int64_t number_at(const json::object& table, const std::string& key) {
    const json::value* value = table.if_contains(key);
    return value == nullptr ? 0 : value->to_number<std::int64_t>();
}

std::int64_t most(const json::object& table) {
    std::int64_t out = 0;
    for (const auto& [key, value] : table) out = std::max(out, value.to_number<std::int64_t>());
    return out;
}

}  // namespace

GatewayStub::GatewayStub()
    : process_(node_script("myfatoorah_stub.mjs", {kApiKey, kWebhookSecret})),
      port_(process_.wait_ready()) {}

json::object GatewayStub::control(const std::string& command, const json::object& body) const {
    const std::string text = json::serialize(body);
    const Socket socket(port_);
    // HTTP/1.0: the answer is what comes before the connection's end.
    socket.send("POST /control/" + command +
                " HTTP/1.0\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
    const std::string answer = socket.read_to_end();
    const auto head = answer.find("\r\n\r\n");
    if (head == answer.npos || !answer.substr(0, 16).contains(" 200 ")) {
        throw std::runtime_error("the gateway's stand-in refuses " + command + ": " + answer);
    }
    const json::value value = parse_json(answer.substr(head + 4));
    return value.is_object() ? value.as_object() : json::object{};
}

void GatewayStub::invoice(const std::string& id, const std::string& reference,
                          const std::string& amount, const std::string& currency) const {
    control("invoice",
            {{"id", id}, {"reference", reference}, {"amount", amount}, {"currency", currency}});
}

std::int64_t GatewayStub::executes(const std::string& reference) const {
    return number_at(state().at("executes").as_object(), reference);
}
std::int64_t GatewayStub::refund_calls(const std::string& reference) const {
    return number_at(state().at("refund_calls").as_object(), reference);
}
std::int64_t GatewayStub::most_executes() const {
    return most(state().at("executes").as_object());
}
std::int64_t GatewayStub::most_refund_calls() const {
    return most(state().at("refund_calls").as_object());
}

std::int64_t GatewayStub::calls(const std::string& path) const {
    const json::object all = state();
    const json::value* table = all.at("calls").as_object().if_contains(path);
    std::int64_t sum = 0;
    if (table == nullptr) return sum;
    for (const auto& [key, count] : table->as_object()) sum += count.to_number<std::int64_t>();
    return sum;
}

}  // namespace barid::support
