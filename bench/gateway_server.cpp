#include "bench/gateway_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace barid::bench {
namespace {

std::atomic<long> g_requests = 0;

constexpr std::string_view kPaid =
    R"({{"IsSuccess":true,"Message":"","ValidationErrors":null,"Data":{{"InvoiceId":{0},)"
    R"("InvoiceStatus":"Paid","InvoiceReference":"{0}","CustomerReference":"B-{0}",)"
    R"("CreatedDate":"2026-01-01T10:00:00","ExpiryDate":"January 2, 2026","ExpiryTime":"10:00:00",)"
    R"("InvoiceValue":1.5,"InvoiceDisplayValue":"1.500 KWD","InvoiceItems":[],)"
    R"("InvoiceTransactions":[{{"TransactionDate":"2026-01-01T10:01:00","PaymentGateway":"KNET",)"
    R"("ReferenceId":"{0}","TransactionId":"{0}","PaymentId":"P{0}","AuthorizationId":"{0}",)"
    R"("TransactionStatus":"Succss","TransationValue":"1.500","DueValue":"1.500",)"
    R"("PaidCurrency":"KWD","PaidCurrencyValue":"1.500","Currency":"KWD","Error":null}}],)"
    R"("Suppliers":[]}}}})";

constexpr std::string_view kPending =
    R"({{"IsSuccess":true,"Message":"","ValidationErrors":null,"Data":{{"InvoiceId":{0},)"
    R"("InvoiceStatus":"Pending","InvoiceReference":"{0}","CustomerReference":"B-{0}",)"
    R"("CreatedDate":"2026-01-01T10:00:00","ExpiryDate":"January 2, 2026","ExpiryTime":"10:00:00",)"
    R"("InvoiceValue":1.5,"InvoiceDisplayValue":"1.500 KWD","InvoiceItems":[],)"
    R"("InvoiceTransactions":[],"Suppliers":[]}}}})";

/// What comes after `name` in the head of a request, as a number; its lines are ASCII.
std::optional<std::size_t> content_length(std::string_view head) {
    std::string lower(head);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    constexpr std::string_view kName = "content-length:";
    const auto at = lower.find(kName);
    if (at == lower.npos) return 0;
    const auto from = lower.find_first_not_of(' ', at + kName.size());
    std::size_t size = 0;
    const auto read = std::from_chars(lower.data() + from, lower.data() + lower.size(), size);
    if (read.ec != std::errc()) return {};
    return size;
}

/// The digits of the body's "Key".
std::string_view invoice_of(std::string_view body) {
    auto at = body.find("\"Key\"");
    if (at == body.npos) return "0";
    at = body.find_first_of("0123456789", at + 5);
    if (at == body.npos) return "0";
    const auto end = body.find_first_not_of("0123456789", at);
    return body.substr(at, end == body.npos ? body.npos : end - at);
}

bool send_all(int fd, std::string_view data) {
    while (!data.empty()) {
        const auto sent = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void serve(int fd, bool paid) {
    std::string in;
    std::array<char, 8192> buffer;
    while (true) {
        const auto end = in.find("\r\n\r\n");
        const auto size = end == in.npos ? std::optional<std::size_t>(0)
                                         : content_length(std::string_view(in).substr(0, end));
        if (!size) break;
        if (end == in.npos || in.size() < end + 4 + *size) {
            const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
            if (got <= 0) break;
            in.append(buffer.data(), static_cast<std::size_t>(got));
            continue;
        }
        const std::string_view key = invoice_of(std::string_view(in).substr(end + 4, *size));
        const std::string body = fmt::format(fmt::runtime(paid ? kPaid : kPending), key);
        in.erase(0, end + 4 + *size);
        ++g_requests;
        if (!send_all(fd, fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                      "Content-Length: {}\r\n\r\n{}",
                                      body.size(), body))) {
            break;
        }
    }
    ::close(fd);
}

int listen_somewhere(std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(fd, 128) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("the gateway's stand-in can't listen");
    }
    port = ntohs(address.sin_port);
    return fd;
}

}  // namespace

int run_gateway(const std::string& status) {
    std::uint16_t port = 0;
    const int listener = listen_somewhere(port);
    fmt::print("READY {}\n", port);
    std::fflush(stdout);
    while (true) {
        std::array<pollfd, 2> fds{pollfd{listener, POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), -1) < 0) continue;
        char byte = 0;
        if (fds[1].revents != 0 && ::read(STDIN_FILENO, &byte, 1) <= 0) break;
        if ((fds[0].revents & POLLIN) == 0) continue;
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::thread(serve, fd, status == "paid").detach();
    }
    fmt::print("REQUESTS {}\n", g_requests.load());
    std::fflush(stdout);
    ::_exit(0);  // threads may still serve
}

}  // namespace barid::bench
