#include "queue/migrate.hpp"

#include <fmt/format.h>

#include "queue/pg/error.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

constexpr auto kMigrationDeadline = 10min;

// Functions are executable by PUBLIC when they are made; Barid's are for the roles it names.
constexpr std::string_view kCloseFunctions =
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA barid FROM PUBLIC";

awaitable<SchemaState> read_schema(pg::Connection& connection) {
    const pg::Result exists =
        co_await connection.execute("SELECT to_regclass('barid.migration') IS NOT NULL");
    SchemaState state;
    if (!exists.one().get<bool>(0)) co_return state;
    const pg::Result newest = co_await connection.execute(
        "SELECT coalesce(max(version), 0), coalesce(max(min_worker), 0) FROM barid.migration");
    state.current = newest.one().get<int>(0);
    state.min_worker = newest.one().get<int>(1);
    co_return state;
}

awaitable<void> apply(pg::Connection& connection, const Migration& migration) {
    // The script and its record are one transaction: a kill between them leaves neither.
    const std::string script = fmt::format(
        "BEGIN;\n{};\nINSERT INTO barid.migration (version, name) VALUES ({}, '{}');\n"
        "{};\nCOMMIT;",
        migration.sql, migration.version, migration.name, kCloseFunctions);
    co_await connection.execute_script(script, kMigrationDeadline);
}

}  // namespace

int newest_migration() {
    return embedded_migrations().back().version;
}

std::string schema_problem(const SchemaState& state, int known) {
    if (state.current == 0) {
        return "the database has no Barid schema: run `barid migrate` first";
    }
    if (state.current < known) {
        return fmt::format(
            "the database's schema is at version {}, this program needs {}: run "
            "`barid migrate` with this program first",
            state.current, known);
    }
    if (state.min_worker > known) {
        return fmt::format(
            "the database's schema (version {}) needs a program that knows version "
            "{}, this one knows {}: upgrade this program",
            state.current, state.min_worker, known);
    }
    return {};
}

awaitable<SchemaState> read_schema(pg::Pool& pool) {
    auto connection = co_await pool.acquire();
    co_return co_await read_schema(*connection);
}

awaitable<int> migrate(pg::Pool& pool, log::Logger logger) {
    auto connection = co_await pool.acquire();
    if (connection->server_version() < 150000) {
        throw Error(Error::Retry::permanent,
                    fmt::format("PostgreSQL 15 or newer is needed, the server is version {}",
                                connection->server_version() / 10000));
    }
    // Whoever comes second waits here and then finds nothing to do.
    co_await connection->execute("SELECT pg_advisory_lock(1112297795)", {}, kMigrationDeadline);
    int applied = 0;
    std::exception_ptr failure;
    try {
        const SchemaState state = co_await read_schema(*connection);
        if (state.min_worker > newest_migration()) {
            throw Error(Error::Retry::permanent, schema_problem(state, newest_migration()));
        }
        for (const Migration& migration : embedded_migrations()) {
            if (migration.version <= state.current) continue;
            co_await apply(*connection, migration);
            logger.info("migrated", {{"version", migration.version}, {"name", migration.name}});
            ++applied;
        }
    } catch (const Error&) {
        failure = std::current_exception();
        connection.discard();  // ends the session, and with it the lock
    }
    if (failure) std::rethrow_exception(failure);
    co_await connection->execute("SELECT pg_advisory_unlock(1112297795)");
    co_return applied;
}

}  // namespace barid::queue
