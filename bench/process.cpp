#include "bench/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace barid::bench {
namespace {

[[noreturn]] void become(const std::vector<std::string>& command, const Process::Options& options,
                         int input, int output) {
    if (!options.user.empty()) {
        const passwd* user = getpwnam(options.user.c_str());
        if (user == nullptr || initgroups(user->pw_name, user->pw_gid) != 0 ||
            setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
            _exit(126);
        }
    }
    prctl(PR_SET_PDEATHSIG, options.parent_death_signal);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    if (options.quiet) dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    std::vector<char*> argv;
    for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& command) : Process(command, Options{}) {}

Process::Process(const std::vector<std::string>& command, const Options& options)
    : name_(command.at(0)) {
    int to_child[2];
    int from_child[2];
    if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0) {
        throw std::runtime_error("no pipes for a child process");
    }
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("a child process can't be started");
    if (pid_ == 0) become(command, options, to_child[0], from_child[1]);
    close(to_child[0]);
    close(from_child[1]);
    input_ = to_child[1];
    output_ = from_child[0];
}

Process::~Process() {
    close_input();
    if (pid_ > 0) {
        signal(SIGKILL);
        wait();
    }
    close(output_);
}

std::string Process::read_line(std::chrono::seconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (true) {
        if (const auto end = buffer_.find('\n'); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) {
            throw std::runtime_error(name_ + " said nothing within the limit");
        }
        char chunk[65536];
        const ssize_t got = read(output_, chunk, sizeof chunk);
        if (got <= 0) throw std::runtime_error(name_ + " ended before it had finished");
        buffer_.append(chunk, static_cast<std::size_t>(got));
    }
}

void Process::close_input() {
    if (input_ >= 0) close(input_);
    input_ = -1;
}

int Process::wait() {
    int status = 0;
    if (pid_ <= 0 || waitpid(pid_, &status, 0) != pid_) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Process::signal(int number) const {
    if (pid_ > 0) kill(pid_, number);
}

double cpu_seconds(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    // The command's name may hold anything, so count fields from its closing parenthesis:
    // utime and stime are the 12th and 13th after it.
    std::size_t at = text.rfind(')');
    if (at == std::string::npos) return 0;
    for (int field = 0; field < 12; ++field) at = text.find(' ', at + 1);
    char* end = nullptr;
    const auto user = std::strtoull(text.c_str() + at, &end, 10);
    const auto system = std::strtoull(end, nullptr, 10);
    return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace barid::bench
