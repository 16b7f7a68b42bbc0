#include "worker/dev_guardian.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/error.hpp"

namespace barid::worker {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kOldestMajor = 15;
constexpr auto kInitLimit = 120s;
constexpr auto kStartLimit = 60s;
/// What a child of ours exits with when it can't even begin.
constexpr int kNoWayIn = 120;
constexpr int kNoProgram = 121;

[[noreturn]] void fail(const std::string& message) {
    throw Error(Error::Retry::permanent, message);
}

/// The last lines of a log, for an error message.
std::string tail(const fs::path& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
        if (lines.size() > 8) lines.erase(lines.begin());
    }
    std::string text;
    for (const std::string& line : lines) text += "\n  " + line.substr(0, 300);
    return text;
}

bool has_programs(const fs::path& directory) {
    return access((directory / "initdb").c_str(), X_OK) == 0 &&
           access((directory / "postgres").c_str(), X_OK) == 0;
}

std::optional<int> major_of(const std::string& text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) return {};
    return text.size() > 4 ? std::optional<int>() : std::stoi(text);
}

std::string first_line(const fs::path& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

/// The eighth line of postmaster.pid says how far the server is.
bool is_ready(const fs::path& pid_file, pid_t server) {
    std::ifstream in(pid_file);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (number == 1 && line != std::to_string(server)) return false;
        if (number == 8) return line.starts_with("ready");
    }
    return false;
}

/// In the child, before exec: the other user, no descriptors or signals of ours, death with us.
bool prepare_child(const ServerUser& user, const char* directory, int log, int death_signal,
                   pid_t parent) {
    if (user.change && (initgroups(user.name.c_str(), user.gid) != 0 || setgid(user.gid) != 0 ||
                        setuid(user.uid) != 0)) {
        return false;
    }
    // After the change of user, which clears it.
    prctl(PR_SET_PDEATHSIG, death_signal);
    if (getppid() != parent || chdir(directory) != 0) return false;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    return true;
}

}  // namespace

DevGuardian::DevGuardian(const DevDirectory& directory, ServerUser user, int control, int status)
    : directory_(directory), user_(std::move(user)), control_(control), status_(status) {}

void DevGuardian::run(std::uint16_t preferred_port) {
    // Ctrl-C goes to the owner, which decides when the server ends.
    setsid();
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_IGN);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, standard);
    int code = 0;
    bool ours = false;
    try {
        lock();
        ours = true;
        find_programs();
        initialise();
        clear_stale_pid_file();
        {
            const ReservedPort port(preferred_port);
            start(port.port());
        }
        watch();
    } catch (const std::exception& e) {
        std::string text = e.what();
        std::ranges::replace(text, '\n', '\x1F');
        say("error " + text);
        code = 1;
    }
    stop();
    if (ours) clean_up();
    _exit(code);
}

void DevGuardian::lock() {
    const fs::path path = directory_.root / "lock";
    lock_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) fail("can't write in " + directory_.root.string());
    // A predecessor that was killed may still be stopping its server.
    const auto until = Clock::now() + 5s;
    while (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        if (Clock::now() > until) {
            fail(directory_.root.string() + " is in use by another barid dev");
        }
        if (owner_gone(100)) fail("stopped");
    }
}

void DevGuardian::find_programs() {
    std::optional<int> wanted;
    if (fs::exists(directory_.cluster() / "PG_VERSION")) {
        wanted = major_of(first_line(directory_.cluster() / "PG_VERSION"));
    }
    int best = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        const int major = major_of(entry.path().filename().string()).value_or(0);
        if (major < kOldestMajor || (wanted && major != *wanted)) continue;
        if (major > best && has_programs(entry.path() / "bin")) {
            best = major;
            programs_ = entry.path() / "bin";
        }
    }
    if (best > 0) return;
    const char* path = std::getenv("PATH");
    std::istringstream places(path != nullptr ? path : "");
    for (std::string place; std::getline(places, place, ':');) {
        if (place.empty() || !has_programs(place)) continue;
        programs_ = fs::canonical(place);
        return;
    }
    fail(wanted ? fmt::format("the data in {} needs PostgreSQL {}, which is not installed",
                              directory_.root.string(), *wanted)
                : std::string("there is no PostgreSQL 15 or newer on this machine: install the "
                              "package postgresql (its server need not run)"));
}

void DevGuardian::initialise() {
    if (fs::exists(directory_.cluster() / "PG_VERSION")) return;
    // Made beside its place and moved there when it is whole.
    const fs::path draft = directory_.root / "postgres.new";
    fs::remove_all(draft);
    fs::create_directory(draft);
    fs::permissions(draft, fs::perms(0700));
    if (user_.change && chown(draft.c_str(), user_.uid, user_.gid) != 0) {
        fail("can't give " + draft.string() + " to the user " + user_.name);
    }
    const fs::path log = directory_.log("initdb");
    const pid_t child =
        launch((programs_ / "initdb").string(),
               {"--pgdata=" + draft.string(), "--username=barid", "--auth=scram-sha-256",
                "--pwfile=" + directory_.password_file().string(), "--encoding=UTF8",
                "--locale=C.UTF-8", directory_.temporary ? "--no-sync" : "--data-checksums"},
               log, SIGKILL);
    const int status = wait_for(child, kInitLimit, "initdb");
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoWayIn) {
        fail(
            fmt::format("the user {}, who runs PostgreSQL, can't enter {}: open the directories "
                        "above it (chmod o+x) or choose another place",
                        user_.name, directory_.root.string()));
    }
    if (status != 0) fail("initdb failed:" + tail(log));
    fs::rename(draft, directory_.cluster());
}

void DevGuardian::clear_stale_pid_file() const {
    const fs::path path = directory_.cluster() / "postmaster.pid";
    const auto until = Clock::now() + 20s;
    while (fs::exists(path)) {
        // The lock is ours, so its writer is an orphan that still stops, or long gone: then the
        // number may be somebody else's by now, and PostgreSQL would refuse to start.
        const std::string pid = first_line(path);
        std::error_code gone;
        const fs::path works_in = fs::read_symlink("/proc/" + pid + "/cwd", gone);
        if (pid.empty() || gone || works_in != directory_.cluster()) {
            fs::remove(path);
            return;
        }
        if (Clock::now() > until) {
            fail(fmt::format("an old PostgreSQL (process {}) still uses {}", pid,
                             directory_.root.string()));
        }
        ::kill(static_cast<pid_t>(std::strtol(pid.c_str(), nullptr, 10)), SIGINT);
        if (owner_gone(100)) fail("stopped");
    }
}

void DevGuardian::start(std::uint16_t port) {
    const fs::path log = directory_.log("postgres");
    std::vector<std::string> arguments = {"-D", directory_.cluster().string(), "-p",
                                          std::to_string(port)};
    std::vector<std::string> settings = {"listen_addresses=127.0.0.1",
                                         "unix_socket_directories=", "max_connections=100",
                                         "shared_buffers=64MB", "logging_collector=off"};
    // A temporary cluster never sees a restart.
    if (directory_.temporary) {
        settings.insert(settings.end(), {"fsync=off", "full_page_writes=off"});
    }
    for (std::string& setting : settings) {
        arguments.emplace_back("-c");
        arguments.push_back(std::move(setting));
    }
    server_ = launch((programs_ / "postgres").string(), std::move(arguments), log, SIGINT);
    const auto until = Clock::now() + kStartLimit;
    while (!is_ready(directory_.cluster() / "postmaster.pid", server_)) {
        int status = 0;
        if (waitpid(server_, &status, WNOHANG) == server_) {
            server_ = -1;
            fail("PostgreSQL did not start:" + tail(log));
        }
        if (Clock::now() > until) fail("PostgreSQL did not start in time:" + tail(log));
        if (owner_gone(20)) fail("stopped");
    }
    say("ready " + std::to_string(port));
}

void DevGuardian::watch() {
    int status = 0;
    while (!owner_gone(250)) {
        if (waitpid(server_, &status, WNOHANG) == server_) {
            server_ = -1;
            fail("PostgreSQL ended by itself:" + tail(directory_.log("postgres")));
        }
    }
}

void DevGuardian::stop() {
    // Fast, then immediate shutdown, then force.
    for (const auto& [number, limit] :
         {std::pair{SIGINT, 15s}, std::pair{SIGQUIT, 5s}, std::pair{SIGKILL, 5s}}) {
        if (server_ < 0) return;
        ::kill(server_, number);
        const auto until = Clock::now() + limit;
        while (server_ >= 0 && Clock::now() < until) {
            if (waitpid(server_, nullptr, WNOHANG) == server_) server_ = -1;
            poll(nullptr, 0, 10);
        }
    }
}

void DevGuardian::clean_up() {
    std::error_code ignored;
    fs::remove_all(directory_.root / "postgres.new", ignored);
    if (!directory_.temporary) return;
    // The owner's other children may take a moment to die and still write here.
    for (int tries = 0; tries < 20; ++tries) {
        fs::remove_all(directory_.root, ignored);
        if (!fs::exists(directory_.root, ignored)) return;
        poll(nullptr, 0, 50);
    }
}

pid_t DevGuardian::launch(const std::string& program, std::vector<std::string> arguments,
                          const fs::path& log, int death_signal) {
    std::vector<char*> argv;
    std::string name = program;
    argv.push_back(name.data());
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string path = "PATH=/usr/bin:/bin";
    std::string locale = "LC_ALL=C.UTF-8";
    std::vector<char*> environment = {path.data(), locale.data(), nullptr};
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out < 0) fail("can't write " + log.string());
    const std::string home =
        fs::exists(directory_.cluster()) ? directory_.cluster().string() : directory_.root.string();
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
        if (!prepare_child(user_, home.c_str(), out, death_signal, parent)) _exit(kNoWayIn);
        execve(program.c_str(), argv.data(), environment.data());
        _exit(kNoProgram);
    }
    close(out);
    if (child < 0) fail("can't start " + program);
    return child;
}

int DevGuardian::wait_for(pid_t child, std::chrono::seconds limit, const std::string& what) {
    const auto until = Clock::now() + limit;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) != child) {
        const bool gone = owner_gone(20);
        if (!gone && Clock::now() < until) continue;
        ::kill(child, SIGKILL);
        waitpid(child, &status, 0);
        fail(gone ? "stopped" : what + " did not end in time");
    }
    return status;
}

bool DevGuardian::owner_gone(int wait_ms) const {
    pollfd entry{.fd = control_, .events = POLLIN, .revents = 0};
    return poll(&entry, 1, wait_ms) > 0 && (entry.revents & (POLLHUP | POLLIN)) != 0;
}

void DevGuardian::say(const std::string& line) const {
    const std::string text = line + "\n";
    [[maybe_unused]] const auto written = write(status_, text.data(), text.size());
}

}  // namespace barid::worker
