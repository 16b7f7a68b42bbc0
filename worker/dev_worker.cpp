#include "worker/dev_worker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "base/error.hpp"
#include "worker/commands.hpp"
#include "worker/demo_kinds.hpp"

namespace barid::worker {
namespace {

std::vector<std::string> worker_environment(const config::Settings& settings,
                                            const std::string& name, const std::string& queue) {
    std::vector<std::string> environment = {
        "PATH=/usr/bin:/bin",
        "BARID_DATABASE_URL=" + settings.database.url.reveal(),
        "BARID_DATABASE_POOL_SIZE=4",
        "BARID_WORKER_NAME=" + name,
        "BARID_WORKER_QUEUES=" + queue,
        fmt::format("BARID_WORKER_LEASE_TTL={}ms", settings.worker.lease_ttl.count()),
        "BARID_HTTP_BIND=off",
        "BARID_LOG_FORMAT=json",
        "BARID_MEDIA_LOCAL_DIRECTORY=" + settings.media.local.directory,
        "BARID_MEDIA_LOCAL_BASE_URL=" + settings.media.local.base_url,
    };
    for (const char* variable : {"TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
        if (const char* value = std::getenv(variable)) {
            environment.push_back(fmt::format("{}={}", variable, value));
        }
    }
    return environment;
}

}  // namespace

WorkerProcess::WorkerProcess(const config::Settings& settings, const std::string& name,
                             const std::string& queue, const std::filesystem::path& log) {
    std::vector<std::string> variables = worker_environment(settings, name, queue);
    std::vector<char*> environment;
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    std::string program = "barid";
    std::string command = "dev-worker";
    std::array<char*, 3> argv = {program.data(), command.data(), nullptr};
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const pid_t parent = getpid();
    pid_ = out < 0 || null < 0 ? -1 : fork();
    if (pid_ == 0) {
        // Only async-signal-safe calls: other threads of ours may hold locks.
        setpgid(0, 0);  // Ctrl-C is for the parent
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        execve("/proc/self/exe", argv.data(), environment.data());
        _exit(127);
    }
    if (out >= 0) close(out);
    if (null >= 0) close(null);
    if (pid_ < 0) throw Error(Error::Retry::transient, "can't start a worker process");
}

WorkerProcess::~WorkerProcess() {
    kill();
}

bool WorkerProcess::running() {
    if (!reaped_ && waitpid(pid_, nullptr, WNOHANG) == pid_) reaped_ = true;
    return !reaped_;
}

bool WorkerProcess::kill() {
    if (reaped_) return false;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    reaped_ = true;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int run_dev_worker(const config::Settings& settings) {
    return run_work(settings, register_demo_kinds);
}

}  // namespace barid::worker
