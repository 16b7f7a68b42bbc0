#include "tests/support/database.hpp"

#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "base/crypto.hpp"
#include "queue/migrations.hpp"
#include "queue/pg/connection.hpp"
#include "tests/support/private_postgres.hpp"

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

const std::string& server_url() {
    static const std::string url = [] {
        if (const char* given = std::getenv("BARID_TEST_DATABASE_URL")) return std::string(given);
        static const PrivatePostgres server;  // of this process's own, gone with it
        return server.url();
    }();
    return url;
}

/// The same tests can be run in another schema than Barid's usual one.
std::string schema() {
    const char* given = std::getenv("BARID_TEST_SCHEMA");
    return given != nullptr ? given : std::string(pg::kDefaultSchema);
}

std::string template_name() {
    std::string all = schema();
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
                run(conn.get(), pg::in_schema(migration.sql, schema()));
                run(conn.get(), "INSERT INTO " + schema() + ".migration (version, name) VALUES (" +
                                    std::to_string(migration.version) + ", '" + migration.name +
                                    "')");
            }
            run(conn.get(), "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA " + schema() + " FROM PUBLIC");
        }
        run(admin.get(), "ALTER DATABASE " + draft + " RENAME TO " + name);
    }
}

}  // namespace

TestDatabase::TestDatabase(Schema schema) {
    std::string source = "template0";
    if (schema == Schema::migrated) {
        source = template_name();
        ensure_template(source);
    }
    clone(source);
}

TestDatabase::TestDatabase(const std::string& made_of,
                           const std::function<void(const TestDatabase&)>& prepare) {
    const std::string source =
        "barid_template_" + sha256_hex(template_name() + made_of).substr(0, 12);
    {
        const Conn admin = connect(server_url());
        // Another lock than ensure_template's, which is taken under this one.
        run(admin.get(), "SELECT pg_advisory_lock(hashtext('barid_test_prepared'))");
        if (run(admin.get(), "SELECT 1 FROM pg_database WHERE datname = '" + source + "'")
                .empty()) {
            const TestDatabase draft;
            prepare(draft);
            run(admin.get(), "ALTER DATABASE " + draft.name_ + " RENAME TO " + source);
        }
    }
    clone(source);
}

void TestDatabase::clone(const std::string& source) {
    name_ = "barid_t_" + sha256_hex(random_uuid()).substr(0, 16);
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
    options.schema = schema();
    return options;
}

std::string TestDatabase::sql(const std::string& text) const {
    const Conn conn = connect(url_);
    return run(conn.get(), pg::in_schema(text, schema()));
}

IoFixture::IoFixture() = default;

IoFixture::~IoFixture() {
    blocking.stop();
    blocking.join();
}

}  // namespace barid::support
