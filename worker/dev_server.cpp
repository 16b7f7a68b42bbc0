#include "worker/dev_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/error.hpp"
#include "worker/dev_guardian.hpp"

namespace barid::worker {
namespace {

/// Longer than everything that the guardian waits for together.
constexpr int kReadyLimitMs = 240'000;

struct Pipe {
    int read = -1;
    int write = -1;
};

Pipe open_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Error(Error::Retry::transient, "can't open a pipe");
    }
    return {ends[0], ends[1]};
}

/// One line of at most 8 KiB; empty at the end of the stream or at the deadline.
std::string read_line(int fd, int limit_ms) {
    std::string line;
    while (line.size() < 8192) {
        pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
        const int ready = poll(&entry, 1, limit_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return {};
        char c = 0;
        if (read(fd, &c, 1) != 1) return {};
        if (c == '\n') return line;
        line += c;
    }
    return line;
}

}  // namespace

DevServer::DevServer(const DevDirectory& directory) {
    const ServerUser user = server_user();
    password_ = dev_password(directory, user);
    const std::uint16_t preferred = read_ports(directory).database;
    const Pipe control = open_pipe();
    const Pipe status = open_pipe();
    guardian_ = fork();
    if (guardian_ == 0) {
        close(control.write);
        close(status.read);
        DevGuardian(directory, user, control.read, status.write).run(preferred);
    }
    close(control.read);
    close(status.write);
    control_ = control.write;
    status_ = status.read;
    if (guardian_ < 0) throw Error(Error::Retry::transient, "can't start a process");
    await_ready();
}

DevServer::~DevServer() {
    stop();
}

void DevServer::await_ready() {
    const std::string line = read_line(status_, kReadyLimitMs);
    if (line.starts_with("ready ")) {
        port_ = static_cast<std::uint16_t>(std::strtoul(line.c_str() + 6, nullptr, 10));
        return;
    }
    std::string reason = line.starts_with("error ") ? line.substr(6) : "PostgreSQL did not start";
    std::ranges::replace(reason, '\x1F', '\n');
    stop();
    throw Error(Error::Retry::permanent, reason);
}

Secret DevServer::url(const std::string& database) const {
    return Secret(
        fmt::format("postgresql://barid:{}@127.0.0.1:{}/{}", password_.reveal(), port_, database));
}

bool DevServer::alive() const {
    pollfd entry{.fd = status_, .events = POLLIN, .revents = 0};
    return guardian_ > 0 && poll(&entry, 1, 0) == 0;
}

void DevServer::stop() {
    if (control_ >= 0) close(control_);
    control_ = -1;
    if (guardian_ > 0) {
        while (waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) continue;
    }
    guardian_ = -1;
    if (status_ >= 0) close(status_);
    status_ = -1;
}

}  // namespace barid::worker
