#include "media/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/timeout.hpp"
#include "media/decode_child.hpp"
#include "media/error.hpp"
#include "media/wire.hpp"

namespace barid::media {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
    throw Error(Error::Retry::transient, "sandbox_unavailable",
                "a decode child can't be started: " + what + ": " + std::strerror(error));
}

struct SpawnPlan {
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};

    SpawnPlan() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
};

/// The worker's environment holds its secrets; a decoder gets none of it.
std::vector<std::string> child_environment() {
    std::vector<std::string> environment{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"};
    for (const char* name : {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",
                             "LSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
        if (const char* value = std::getenv(name)) {
            environment.push_back(std::string(name) + "=" + value);
        }
    }
    return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

void throw_if_aborted(const error_code& ec) {
    if (ec == asio::error::operation_aborted) throw boost::system::system_error(ec);
}

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments, int child_end) {
    SpawnPlan plan;
    posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&plan.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&plan.actions, child_end, kDecodeChildFd);
    posix_spawn_file_actions_addclosefrom_np(&plan.actions, kDecodeChildFd + 1);
    // The worker may block signals for its own handling; the child starts with the defaults, in a
    // process group of its own so that Ctrl-C reaches the worker alone.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&plan.attributes, &none);
    posix_spawnattr_setsigdefault(&plan.attributes, &all);
    posix_spawnattr_setpgroup(&plan.attributes, 0);
    posix_spawnattr_setflags(
        &plan.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> argument_texts{"barid"};
    argument_texts.insert(argument_texts.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment_texts = child_environment();
    pid_t pid = -1;
    const int error =
        posix_spawn(&pid, program.c_str(), &plan.actions, &plan.attributes,
                    pointers(argument_texts).data(), pointers(environment_texts).data());
    if (error != 0) fail(program, error);
    return pid;
}

}  // namespace

ChildProcess::ChildProcess(asio::io_context& io, const std::string& program,
                           const std::vector<std::string>& arguments)
    : io_(io), socket_(io) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        fail("socketpair", errno);
    }
    socket_.assign(asio::local::stream_protocol(), ends[0]);
    // dup2 onto itself would keep close-on-exec: move the child's end out of the way first.
    const int child_end = fcntl(ends[1], F_DUPFD_CLOEXEC, kDecodeChildFd + 1);
    const int dup_error = errno;
    ::close(ends[1]);
    if (child_end < 0) fail("fcntl", dup_error);
    try {
        pid_ = spawn(program, arguments, child_end);
    } catch (...) {
        ::close(child_end);
        throw;
    }
    ::close(child_end);
}

ChildProcess::~ChildProcess() {
    kill();
    reap(true);
}

awaitable<bool> ChildProcess::send_frame(const std::string& body) {
    const std::string prefix = wire::length_prefix(body.size());
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(prefix), asio::buffer(body)};
    const auto [ec, n] = co_await asio::async_write(socket_, buffers, use_tuple);
    throw_if_aborted(ec);
    co_return !ec;
}

awaitable<std::optional<std::string>> ChildProcess::receive_frame(std::size_t max) {
    std::string prefix(wire::kLengthBytes, '\0');
    const auto [prefix_ec, a] = co_await asio::async_read(socket_, asio::buffer(prefix), use_tuple);
    throw_if_aborted(prefix_ec);
    if (prefix_ec) co_return std::nullopt;
    std::string body(wire::parse_length(prefix, max), '\0');
    if (!co_await receive_bytes(body)) co_return std::nullopt;
    co_return body;
}

awaitable<bool> ChildProcess::receive_bytes(std::string& into) {
    const auto [ec, n] = co_await asio::async_read(socket_, asio::buffer(into), use_tuple);
    throw_if_aborted(ec);
    co_return !ec;
}

void ChildProcess::kill() noexcept {
    // Not reaped yet, so the number still belongs to our child.
    if (!reaped_ && pid_ > 0) ::kill(pid_, SIGKILL);
}

bool ChildProcess::reap(bool block) noexcept {
    while (!reaped_ && pid_ > 0) {
        const pid_t got = waitpid(pid_, &status_, block ? 0 : WNOHANG);
        if (got == 0) return false;
        if (got < 0 && errno == EINTR) continue;
        reaped_ = true;  // ECHILD: somebody else reaped it; there is nothing left to wait for
    }
    return true;
}

awaitable<int> ChildProcess::wait() {
    if (reap(false)) co_return status_;
    // By number: glibc 2.36 declares pidfd_open without C linkage.
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    if (fd >= 0) {
        asio::posix::stream_descriptor descriptor(io_, fd);
        co_await descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                       asio::use_awaitable);
        reap(true);
    } else {
        // Old kernels and strict containers have no pidfd: look again every few milliseconds.
        while (!reap(false)) co_await sleep_for(std::chrono::milliseconds(5));
    }
    co_return status_;
}

std::string describe_wait_status(int status) {
    if (WIFSIGNALED(status)) {
        return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
               strsignal(WTERMSIG(status)) + ")";
    }
    return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace barid::media
