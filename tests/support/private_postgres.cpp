#include "tests/support/private_postgres.hpp"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

#include "base/crypto.hpp"
#include "queue/migrate.hpp"
#include "tests/support/database.hpp"

namespace barid::support {
namespace {

using namespace std::chrono_literals;

struct Finish {
    void operator()(PGconn* c) const { PQfinish(c); }
    void operator()(PGresult* r) const { PQclear(r); }
};

constexpr auto kBin = "/usr/lib/postgresql/15/bin/";

std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    void* raw = &address;
    const bool bound = ::bind(fd, static_cast<sockaddr*>(raw), size) == 0 &&
                       ::getsockname(fd, static_cast<sockaddr*>(raw), &size) == 0;
    ::close(fd);
    if (!bound) throw std::runtime_error("no free port");
    return ::ntohs(address.sin_port);
}

/// Becomes another user without a process in between, so that the server dies with the test.
std::vector<std::string> unprivileged(std::vector<std::string> command) {
    if (::geteuid() != 0) return command;
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    std::vector<std::string> whole{"setpriv", "--reuid=" + std::to_string(user->pw_uid),
                                   "--regid=" + std::to_string(user->pw_gid), "--clear-groups",
                                   "--pdeathsig=KILL"};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

void hand_over(const std::filesystem::path& directory) {
    if (::geteuid() != 0) return;
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    if (::chown(directory.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error("cannot hand the test directory to another user");
    }
}

}  // namespace

PrivatePostgres::PrivatePostgres(std::vector<std::string> settings)
    : settings_(std::move(settings)) {
    directory_ = std::filesystem::temp_directory_path() /
                 ("barid-pg-" + sha256_hex(random_uuid()).substr(0, 12));
    std::filesystem::create_directories(directory_);
    hand_over(directory_);
    ChildProcess init(
        unprivileged({std::string(kBin) + "initdb", "-D", directory_ / "data", "-A", "trust", "-U",
                      "postgres", "-N", "-E", "UTF8", "--locale=C.UTF-8"}),
        {.environment = {}, .directory = directory_});
    if (init.wait(60s) != 0) throw std::runtime_error("initdb failed:\n" + init.output());
    port_ = free_port();
    start();
    IoFixture io;
    pg::ConnectOptions options;
    options.conninfo = Secret(url());
    pg::Pool pool(io.io, io.blocking, options, 1, {});
    io.run(queue::migrate(pool, {}), 60s);
}

PrivatePostgres::~PrivatePostgres() {
    crash();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string PrivatePostgres::url(std::uint16_t port) const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port != 0 ? port : port_) +
           "/postgres";
}

void PrivatePostgres::crash() {
    if (!server_) return;
    server_->signal(SIGQUIT);
    server_->wait(20s);
    server_.reset();
}

void PrivatePostgres::kill_postmaster() {
    if (!server_) return;
    server_->signal(SIGKILL);
    server_->wait(20s);
    server_.reset();
}

void PrivatePostgres::kill_everything() {
    if (!server_) return;
    const std::string pid = std::to_string(server_->pid());
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
    kill_postmaster();
}

void PrivatePostgres::start() {
    const std::vector<std::string> command = [&] {
        std::vector<std::string> words{std::string(kBin) + "postgres", "-D", directory_ / "data",
                                       "-p", std::to_string(port_)};
        for (const std::string& setting :
             {std::string("listen_addresses=127.0.0.1"),
              "unix_socket_directories=" + directory_.string(), std::string("fsync=off"),
              std::string("max_connections=150"), std::string("log_min_messages=panic")}) {
            words.insert(words.end(), {"-c", setting});
        }
        for (const std::string& setting : settings_) words.insert(words.end(), {"-c", setting});
        return unprivileged(words);
    }();
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    const ChildProcess::Options options{.environment = {}, .directory = directory_};
    while (true) {
        if (!server_) server_ = std::make_unique<ChildProcess>(command, options);
        try {
            query(url(), "SELECT 1");
            return;
        } catch (const SqlError& e) {
            if (std::chrono::steady_clock::now() >= deadline) throw;
            // A killed postmaster's children still hold the shared memory for a moment.
            if (server_->wait(20ms)) server_.reset();
        }
    }
}

std::string query(const std::string& url, const std::string& sql) {
    const std::unique_ptr<PGconn, Finish> conn(PQconnectdb(url.c_str()));
    if (PQstatus(conn.get()) != CONNECTION_OK) throw SqlError("", PQerrorMessage(conn.get()));
    PQsetNoticeReceiver(conn.get(), [](void*, const PGresult*) {}, nullptr);
    const std::unique_ptr<PGresult, Finish> result(PQexec(conn.get(), sql.c_str()));
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        throw SqlError(state != nullptr ? state : "", PQerrorMessage(conn.get()));
    }
    if (PQntuples(result.get()) == 0 || PQnfields(result.get()) == 0) return {};
    return PQgetvalue(result.get(), 0, 0);
}

}  // namespace barid::support
