#include "tests/support/private_postgres.hpp"

#include <libpq-fe.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

#include "queue/migrate.hpp"
#include "tests/support/database.hpp"
#include "tests/support/unprivileged.hpp"

namespace barid::support {
namespace {

using namespace std::chrono_literals;

struct Finish {
    void operator()(PGconn* c) const { PQfinish(c); }
    void operator()(PGresult* r) const { PQclear(r); }
};

constexpr auto kBin = "/usr/lib/postgresql/15/bin/";

}  // namespace

PrivatePostgres::PrivatePostgres(std::vector<std::string> settings)
    : settings_(std::move(settings)) {
    directory_ = unprivileged_directory("barid-pg");
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

PrivatePostgres::PrivatePostgres(StandbyOf of) {
    directory_ = unprivileged_directory("barid-pg");
    ChildProcess copy(unprivileged({std::string(kBin) + "pg_basebackup", "-D", directory_ / "data",
                                    "-d", of.primary.url(), "-R", "-X", "stream", "-c", "fast"}),
                      {.environment = {}, .directory = directory_});
    if (copy.wait(60s) != 0) throw std::runtime_error("pg_basebackup failed:\n" + copy.output());
    port_ = free_port();
    start();
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
