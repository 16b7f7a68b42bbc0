#include "tests/support/database.hpp"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "base/crypto.hpp"
#include "queue/migrations.hpp"
#include "queue/pg/connection.hpp"

namespace barid::support {
namespace {

struct Finish {
    void operator()(PGconn* c) const { PQfinish(c); }
    void operator()(PGresult* r) const { PQclear(r); }
};
using Conn = std::unique_ptr<PGconn, Finish>;

Conn connect(const std::string& url) {
    Conn conn(PQconnectdb(url.c_str()));
    if (PQstatus(conn.get()) != CONNECTION_OK) {
        throw std::runtime_error(std::string("test database: ") + PQerrorMessage(conn.get()));
    }
    PQsetNoticeReceiver(conn.get(), [](void*, const PGresult*) {}, nullptr);
    return conn;
}

std::string run(PGconn* conn, const std::string& sql) {
    const std::unique_ptr<PGresult, Finish> result(PQexec(conn, sql.c_str()));
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(PQerrorMessage(conn));
    }
    if (PQntuples(result.get()) == 0 || PQnfields(result.get()) == 0) return {};
    return PQgetvalue(result.get(), 0, 0);
}

/// Replaces the database name at the end of a URI's path, keeping its query.
std::string with_database(const std::string& url, const std::string& database) {
    const auto query = url.find('?');
    const std::string base = url.substr(0, query);
    const std::string tail = query == std::string::npos ? "" : url.substr(query);
    const auto slash = base.find('/', base.find("://") + 3);
    return base.substr(0, slash) + "/" + database + tail;
}

/// A server of this process's own, started on first use.
class PrivateServer {
  public:
    PrivateServer() {
        directory_ = std::filesystem::temp_directory_path() / ("barid-test-" + random_uuid());
        std::filesystem::create_directories(directory_);
        std::string prefix;
        if (geteuid() == 0) {
            const passwd* user = getpwnam("postgres");
            if (user == nullptr) user = getpwnam("nobody");
            if (chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) {
                throw std::runtime_error("cannot hand the test directory to another user");
            }
            prefix = std::string("runuser -u ") + user->pw_name + " -- ";
        }
        const std::string bin = prefix + "/usr/lib/postgresql/15/bin/";
        const std::string data = (directory_ / "data").string();
        shell(bin + "initdb -D " + data + " -A trust -U postgres -N -E UTF8 --locale=C.UTF-8");
        shell(bin + "pg_ctl -D " + data + " -w -l " + (directory_ / "log").string() +
              " -o \"-c listen_addresses='' -c unix_socket_directories=" + directory_.string() +
              " -c fsync=off -c max_connections=200\" start");
        stop_ = bin + "pg_ctl -D " + data + " -m immediate stop";
    }
    ~PrivateServer() {
        [[maybe_unused]] const int status = std::system((stop_ + " >/dev/null 2>&1").c_str());
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    [[nodiscard]] std::string url() const {
        return "postgresql://postgres@/postgres?host=" + directory_.string();
    }

  private:
    static void shell(const std::string& command) {
        if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) {
            throw std::runtime_error("failed: " + command);
        }
    }
    std::filesystem::path directory_;
    std::string stop_;
};

const std::string& server_url() {
    static const std::string url = [] {
        if (const char* given = std::getenv("BARID_TEST_DATABASE_URL")) return std::string(given);
        static PrivateServer server;
        return server.url();
    }();
    return url;
}

std::string template_name() {
    std::string all;
    for (const auto& migration : queue::embedded_migrations()) all += migration.sql;
    return "barid_template_" + sha256_hex(all).substr(0, 12);
}

/// Makes the template once for all processes: whoever gets the lock first builds it.
void ensure_template(const std::string& name) {
    const Conn admin = connect(server_url());
    run(admin.get(), "SELECT pg_advisory_lock(hashtext('barid_test_template'))");
    const std::string exists =
        run(admin.get(), "SELECT 1 FROM pg_database WHERE datname = '" + name + "'");
    if (exists.empty()) {
        const std::string draft = name + "_draft";
        run(admin.get(), "DROP DATABASE IF EXISTS " + draft);
        run(admin.get(), "CREATE DATABASE " + draft + " TEMPLATE template0");
        {
            const Conn conn = connect(with_database(server_url(), draft));
            for (const auto& migration : queue::embedded_migrations()) {
                run(conn.get(), migration.sql);
                run(conn.get(), "INSERT INTO barid.migration (version, name) VALUES (" +
                                    std::to_string(migration.version) + ", '" + migration.name +
                                    "')");
            }
            run(conn.get(), "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA barid FROM PUBLIC");
        }
        run(admin.get(), "ALTER DATABASE " + draft + " RENAME TO " + name);
    }
}

}  // namespace

TestDatabase::TestDatabase(Schema schema) {
    name_ = "barid_t_" + sha256_hex(random_uuid()).substr(0, 16);
    std::string source = "template0";
    if (schema == Schema::migrated) {
        source = template_name();
        ensure_template(source);
    }
    const Conn admin = connect(server_url());
    run(admin.get(), "CREATE DATABASE " + name_ + " TEMPLATE " + source);
    url_ = with_database(server_url(), name_);
}

TestDatabase::~TestDatabase() {
    try {
        const Conn admin = connect(server_url());
        run(admin.get(), "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception& e) {
        std::fprintf(stderr, "could not drop %s: %s\n", name_.c_str(), e.what());
    }
}

pg::ConnectOptions TestDatabase::options() const {
    pg::ConnectOptions options;
    options.conninfo = Secret(url_);
    return options;
}

std::string TestDatabase::sql(const std::string& text) const {
    const Conn conn = connect(url_);
    return run(conn.get(), text);
}

IoFixture::IoFixture() = default;

IoFixture::~IoFixture() {
    blocking.stop();
    blocking.join();
}

}  // namespace barid::support
