#include "tests/integration/admin_http/raw_client.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace barid::web {

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The socket interface takes every kind of address through this one type.
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd_);
        throw std::runtime_error("can't connect");
    }
}

RawClient::~RawClient() {
    ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawClient::finish() {
    ::shutdown(fd_, SHUT_WR);
}

bool RawClient::readable(std::chrono::milliseconds time) {
    pollfd asked{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&asked, 1, static_cast<int>(time.count())) > 0;
}

void RawClient::shrink_window() {
    const int smallest = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
}

bool RawClient::read_some() {
    char piece[16384];
    const auto size = ::recv(fd_, piece, sizeof piece, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        throw std::runtime_error("the server neither answered nor closed in time");
    }
    if (size <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(size));
    return true;
}

std::string RawClient::read_to_end() {
    while (read_some()) {
    }
    return std::exchange(buffer_, {});
}

std::string RawClient::read_answer(bool with_body) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!read_some()) return std::exchange(buffer_, {});
    }
    end += 4;
    if (with_body) {
        end += static_cast<std::size_t>(
            std::atol(header_of(buffer_.substr(0, end), "Content-Length").c_str()));
    }
    while (buffer_.size() < end && read_some()) {
    }
    auto answer = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return answer;
}

std::string talk(std::uint16_t port, std::string_view bytes) {
    RawClient client(port);
    client.send(bytes);
    client.finish();
    return client.read_to_end();
}

int status_of(std::string_view answer) {
    if (!answer.starts_with("HTTP/1.1 ")) return 0;
    return std::atoi(std::string(answer.substr(9, 3)).c_str());
}

std::string header_of(std::string_view answer, std::string_view name) {
    const auto head = answer.substr(0, answer.find("\r\n\r\n") + 2);
    const auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string_view::npos) return "(absent)";
    const auto start = at + 2 + name.size() + 2;
    return std::string(head.substr(start, head.find("\r\n", start) - start));
}

}  // namespace barid::web
