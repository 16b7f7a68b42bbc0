#include "bench/server.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "bench/client.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Debian keeps each version in a directory of its own; the newest wins.
fs::path server_binaries() {
    int best = 0;
    fs::path found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version > best && fs::exists(entry.path() / "bin/postgres")) {
            best = version;
            found = entry.path() / "bin";
        }
    }
    if (found.empty()) {
        throw std::runtime_error(
            "no PostgreSQL server below /usr/lib/postgresql: install "
            "postgresql, or set BARID_BENCH_DATABASE_URL");
    }
    return found;
}

int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound = bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
    close(fd);
    if (!bound) throw std::runtime_error("no free port for the private server");
    return ntohs(address.sin_port);
}

std::string unprivileged_user() {
    if (geteuid() != 0) return {};
    return getpwnam("postgres") != nullptr ? "postgres" : "nobody";
}

}  // namespace

Server::Server() {
    if (const char* given = std::getenv("BARID_BENCH_DATABASE_URL")) {
        url_ = given;
        return;
    }
    std::string pattern = (fs::temp_directory_path() / "barid-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
    try {
        start();
    } catch (...) {
        postmaster_.reset();
        fs::remove_all(directory_);
        throw;
    }
}

void Server::start() {
    const std::string user = unprivileged_user();
    if (!user.empty()) {
        const passwd* entry = getpwnam(user.c_str());
        if (chown(directory_.c_str(), entry->pw_uid, entry->pw_gid) != 0) {
            throw std::runtime_error("the server's directory can't be given to " + user);
        }
    }
    const fs::path bin = server_binaries();
    const std::string data = (directory_ / "data").string();
    Process initdb({bin / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
                    "--locale=C.UTF-8"},
                   {.user = user, .quiet = true});
    if (initdb.wait() != 0) throw std::runtime_error("initdb failed in " + data);
    const int port = free_port();
    const std::string sockets = "unix_socket_directories=" + directory_.string();
    // SIGINT is PostgreSQL's fast shutdown: no server outlives us, whatever ends us.
    postmaster_ = std::make_unique<Process>(
        std::vector<std::string>{bin / "postgres",
                                 "-D",
                                 data,
                                 "-p",
                                 std::to_string(port),
                                 "-c",
                                 sockets,
                                 "-c",
                                 "listen_addresses=127.0.0.1",
                                 "-c",
                                 "fsync=on",
                                 "-c",
                                 "synchronous_commit=on",
                                 "-c",
                                 "full_page_writes=on",
                                 "-c",
                                 "shared_buffers=256MB",
                                 "-c",
                                 "max_wal_size=4GB",
                                 "-c",
                                 "checkpoint_timeout=30min",
                                 "-c",
                                 "max_connections=100"},
        Process::Options{.user = user, .parent_death_signal = SIGINT, .quiet = true});
    url_ = fmt::format("postgresql://postgres@127.0.0.1:{}/postgres", port);
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (true) {
        try {
            Client(url_).value("SELECT 1");
            return;
        } catch (const std::runtime_error&) {
            if (std::chrono::steady_clock::now() > until) throw;
            std::this_thread::sleep_for(20ms);  // style(sleep): a server starts without telling
        }
    }
}

Server::~Server() {
    if (!postmaster_) return;
    postmaster_->signal(SIGINT);
    postmaster_->wait();
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

std::string describe_server(const std::string& url) {
    Client client(url);
    std::string text = "PostgreSQL " + client.value("SHOW server_version");
    for (const char* name : {"fsync", "synchronous_commit", "full_page_writes", "shared_buffers",
                             "max_wal_size", "wal_level", "autovacuum", "jit"}) {
        text += fmt::format(", {}={}", name, client.value(fmt::format("SHOW {}", name)));
    }
    return text + fmt::format(", cores={}", std::thread::hardware_concurrency());
}

}  // namespace barid::bench
