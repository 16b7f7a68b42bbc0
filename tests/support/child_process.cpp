#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

extern char** environ;

namespace barid::support {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what);
}

std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& extra) {
    std::vector<std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::string_view name = text.substr(0, text.find('='));
        const auto replaced = [&](const auto& pair) { return pair.first == name; };
        if (!std::any_of(extra.begin(), extra.end(), replaced)) merged.emplace_back(text);
    }
    for (const auto& [name, value] : extra) merged.push_back(name + "=" + value);
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

milliseconds left_until(SteadyClock::time_point deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
    return std::max(left, milliseconds(0));
}

/// Runs in the child between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char** argv, char** environment, const char* directory, int out,
                         int problem, pid_t parent) {
    const auto give_up = [problem] {
        const int error = errno;
        [[maybe_unused]] const auto written = ::write(problem, &error, sizeof error);
        ::_exit(127);
    };
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // The test died before the line above.
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (*directory != '\0' && ::chdir(directory) != 0) give_up();
    if (::dup2(out, 1) < 0) give_up();
    environ = environment;
    ::execvp(argv[0], argv);
    give_up();
    ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> argv, const Options& options) {
    if (argv.empty()) fail("child process: no command");
    int out[2];
    int problem[2];
    if (::pipe2(out, O_CLOEXEC) != 0) fail("child process: no pipe");
    if (::pipe2(problem, O_CLOEXEC) != 0) fail("child process: no pipe");
    auto environment = merged_environment(options.environment);
    auto environment_pointers = pointers(environment);
    auto argument_pointers = pointers(argv);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        become(argument_pointers.data(), environment_pointers.data(), options.directory.c_str(),
               out[1], problem[1], parent);
    }
    ::close(out[1]);
    ::close(problem[1]);
    out_ = out[0];
    int error = pid_ < 0 ? errno : 0;
    // The pipe closes at a successful exec, so this read never blocks for long.
    if (pid_ > 0 && ::read(problem[0], &error, sizeof error) <= 0) error = 0;
    ::close(problem[0]);
    if (error != 0) {
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        ::close(out_);
        fail("child process: can't start " + argv[0] + ": " + std::strerror(error));
    }
    ::setpgid(pid_, pid_);
}

ChildProcess::~ChildProcess() {
    ::kill(-pid_, SIGKILL);
    if (!reaped_) ::waitpid(pid_, nullptr, 0);
    ::close(out_);
}

bool ChildProcess::read_more(milliseconds limit) {
    pollfd entry{.fd = out_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(limit.count()));
    if (ready <= 0) return true;
    char buffer[4096];
    const auto size = ::read(out_, buffer, sizeof buffer);
    if (size < 0) return errno == EINTR || errno == EAGAIN;
    output_.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
}

std::string ChildProcess::wait_for_line(std::string_view prefix, milliseconds limit) {
    const auto deadline = SteadyClock::now() + limit;
    for (bool open = true;;) {
        for (auto end = output_.find('\n', line_start_); end != std::string::npos;
             end = output_.find('\n', line_start_)) {
            const auto line = std::string_view(output_).substr(line_start_, end - line_start_);
            line_start_ = end + 1;
            if (!line.starts_with(prefix)) continue;
            const auto rest = line.substr(prefix.size());
            return std::string(rest.substr(std::min(rest.find_first_not_of(' '), rest.size())));
        }
        if (!open) fail("child process ended without the line '" + std::string(prefix) + "'");
        const auto left = left_until(deadline);
        if (left.count() == 0) fail("child process: no line '" + std::string(prefix) + "' in time");
        open = read_more(left);
    }
}

int ChildProcess::wait_ready(milliseconds limit) {
    return std::stoi(wait_for_line("READY", limit));
}

void ChildProcess::signal(int number) {
    if (!reaped_) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(milliseconds limit) {
    const auto deadline = SteadyClock::now() + limit;
    bool open = true;
    while (!reaped_) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            reaped_ = true;
            exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
            break;
        }
        const auto left = left_until(deadline);
        if (left.count() == 0) return std::nullopt;
        // The end of the output usually comes with the end of the process, so waiting for output
        // in short slices is prompt and needs no signal handler.
        const auto slice = std::min(left, milliseconds(10));
        if (open) {
            open = read_more(slice);
        } else {
            ::poll(nullptr, 0, static_cast<int>(slice.count()));
        }
    }
    while (open) {
        const auto before = output_.size();
        open = read_more(milliseconds(0)) && output_.size() != before;
    }
    return exit_code_;
}

std::vector<std::string> node_script(const std::string& script,
                                     const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"node", std::string(BARID_TEST_SUPPORT_DIR "/") + script};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
}

}  // namespace barid::support
