#include "queue/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/timeout.hpp"
#include "queue/pg/error.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

constexpr auto kMigrationDeadline = 10min;
// Whoever wants a table queues behind a migration that waits for it. So it waits only briefly, and
// tries again later.
constexpr std::string_view kLockTimeout = "500ms";
constexpr auto kStepBack = 1500ms;
constexpr auto kPatience = 10min;

// Functions are executable by PUBLIC when they are made; Barid's are for the roles it names.
constexpr std::string_view kCloseFunctions =
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA barid FROM PUBLIC";

/// `session` is a Connection or a Transaction.
awaitable<SchemaState> read_schema_on(auto& session) {
    // Not to_regclass: inside a transaction it may answer from what it found before we waited for
    // the lock. A query on a table takes note of what others have committed.
    const pg::Result exists = co_await session.execute(
        R"(SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                          WHERE n.nspname = 'barid' AND c.relname = 'migration'))");
    SchemaState state;
    if (!exists.one().template get<bool>(0)) co_return state;
    const pg::Result newest = co_await session.execute(
        "SELECT coalesce(max(version), 0), coalesce(max(min_worker), 0) FROM barid.migration");
    state.current = newest.one().template get<int>(0);
    state.min_worker = newest.one().template get<int>(1);
    co_return state;
}

/// Applies the first migration that is missing, in one transaction with its record: a kill leaves
/// both or neither. False when none is. The lock is the transaction's, so that it holds behind a
/// transaction-pooling PgBouncer too: whoever comes second waits here.
awaitable<bool> apply_next(pg::Pool& pool, std::span<const Migration> migrations,
                           const log::Logger& logger) {
    pg::Transaction transaction = co_await pg::Transaction::begin(pool);
    co_await transaction.execute("SELECT pg_advisory_xact_lock(1112297795)", {},
                                 kMigrationDeadline);
    const SchemaState state = co_await read_schema_on(transaction);
    if (state.min_worker > migrations.back().version) {
        throw Error(Error::Retry::permanent, schema_problem(state, migrations.back().version));
    }
    const auto next = std::ranges::find_if(
        migrations, [&](const Migration& m) { return m.version > state.current; });
    if (next == migrations.end()) {
        co_await transaction.commit();
        co_return false;
    }
    co_await transaction.execute("SELECT set_config('lock_timeout', $1, true)",
                                 pg::Params(kLockTimeout));
    co_await transaction.execute_script(next->sql, kMigrationDeadline);
    co_await transaction.execute("INSERT INTO barid.migration (version, name) VALUES ($1, $2)",
                                 pg::Params(next->version, std::string_view(next->name)));
    co_await transaction.execute(kCloseFunctions);
    co_await transaction.commit();
    logger.info("migrated", {{"version", next->version}, {"name", next->name}});
    co_return true;
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
    co_return co_await read_schema_on(*connection);
}

awaitable<int> migrate(pg::Pool& pool, log::Logger logger, std::span<const Migration> migrations) {
    {
        const auto connection = co_await pool.acquire();
        if (connection->server_version() < 150000) {
            throw Error(Error::Retry::permanent,
                        fmt::format("PostgreSQL 15 or newer is needed, the server is version {}",
                                    connection->server_version() / 10000));
        }
    }
    const SteadyTime until = std::chrono::steady_clock::now() + kPatience;
    int applied = 0;
    bool more = true;
    while (more) {
        bool blocked = false;
        try {
            more = co_await apply_next(pool, migrations, logger);
            if (more) ++applied;
        } catch (const pg::Error& e) {
            blocked = e.is("55P03") || e.is("40P01");
            if (!blocked || std::chrono::steady_clock::now() >= until) throw;
            logger.warn("a migration steps back for those who use the tables",
                        {{"error", e.what()}});
        }
        // Those who queued behind it get through first.
        if (blocked) co_await sleep_for(kStepBack);
    }
    co_return applied;
}

}  // namespace barid::queue
