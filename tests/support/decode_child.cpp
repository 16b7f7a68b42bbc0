// The decode child as tests start it: the real one, or one that misbehaves in a chosen way.
//
//     barid_test_decode_child real | hang | hang-at-start | exit-at-start | segfault | abort
//         | lie | shout | burn-cpu | try:socket | try:exec | try:fork | try:kill | try:open
//         | try:memory
//     barid_test_decode_child pool      a worker: keeps two real children, prints `READY <pids>`
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "media/decode_child.hpp"
#include "media/sandbox_policy.hpp"
#include "media/sandbox_pool.hpp"
#include "media/wire.hpp"

namespace {

using namespace barid::media;

void read_exactly(std::string& into) {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t n = ::read(kDecodeChildFd, into.data() + done, into.size() - done);
        if (n <= 0) _exit(0);
        done += static_cast<std::size_t>(n);
    }
}

std::string read_frame() {
    std::string prefix(wire::kLengthBytes, '\0');
    read_exactly(prefix);
    std::string body(wire::parse_length(prefix, 1U << 30U), '\0');
    read_exactly(body);
    return body;
}

void write_frame(std::string_view body) {
    const std::string frame = wire::length_prefix(body.size()) + std::string(body);
    if (::write(kDecodeChildFd, frame.data(), frame.size()) < 0) _exit(9);
}

[[noreturn]] void burn_cpu() {
    for (volatile unsigned long spin = 0;; spin = spin + 1) {
    }
}

/// What a decoder that was taken over would try. A call that the walls let through shows as an
/// answer with the code "got_through" (or "refused", with what errno said).
void try_to_get_out(std::string_view what) {
    long result = -1;
    if (what == "socket") result = ::socket(AF_INET, SOCK_STREAM, 0);
    if (what == "exec") result = ::execl("/bin/true", "true", nullptr);
    if (what == "fork") result = ::fork();
    if (what == "kill") result = ::kill(::getppid(), 0);
    if (what == "open") result = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    if (what == "memory") {
        void* block =
            ::mmap(nullptr, 2UL << 30U, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        result = block == MAP_FAILED ? -1 : 1;
    }
    const int error = errno;
    write_frame(wire::encode(wire::Answer(wire::Failure{
        .code = result >= 0 ? "got_through" : "refused", .message = std::to_string(error)})));
}

void misbehave(std::string_view how) {
    if (how == "hang") ::pause();
    if (how == "segfault") std::raise(SIGSEGV);
    if (how == "abort") std::abort();
    if (how == "lie") write_frame("this is no answer");
    if (how == "shout") {
        const std::string prefix = wire::length_prefix(1ULL << 60U);
        if (::write(kDecodeChildFd, prefix.data(), prefix.size()) < 0) _exit(9);
        ::pause();
    }
    if (how == "burn-cpu") {
        limit_cpu(0);
        burn_cpu();
    }
    if (how.starts_with("try:")) try_to_get_out(how.substr(4));
}

int keep_a_pool() {
    barid::asio::io_context io{1};
    SandboxOptions options;
    options.arguments = {"real"};
    options.children = 2;
    SandboxPool pool(io, options, {});
    const auto start = [&]() -> barid::awaitable<void> {
        co_await pool.prefork();
        std::printf("READY");
        for (const int pid : pool.pids()) std::printf(" %d", pid);
        std::printf("\n");
        std::fflush(stdout);
    };
    const auto forever = barid::asio::make_work_guard(io);
    barid::asio::co_spawn(io, start(), barid::asio::detached);
    io.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view how = argc > 1 ? argv[1] : "real";
    if (how == "real") return decode_child_main();
    if (how == "pool") return keep_a_pool();
    // Sanitizers catch SIGSEGV and SIGABRT for their reports; the test wants the plain signal.
    std::signal(SIGSEGV, SIG_DFL);
    std::signal(SIGABRT, SIG_DFL);
    if (how == "exit-at-start") return 3;
    const wire::Setup setup = wire::decode_setup(read_frame());
    if (how == "hang-at-start") ::pause();
    if (how.starts_with("try:") || how == "burn-cpu") {
        build_walls({.memory_bytes = setup.memory_bytes, .cpu_seconds = 1000});
    }
    write_frame(wire::encode_hello());
    for (;;) {
        (void)read_frame();
        (void)read_frame();
        write_frame(wire::kStarted);
        misbehave(how);
    }
}
