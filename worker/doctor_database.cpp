#include "worker/doctor_database.hpp"

#include <fmt/format.h>

#include "base/clock.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;

constexpr auto kOldSnapshot = 10min;
constexpr auto kClockTolerance = 2s;
constexpr int kOldestVersion = 150000;

constexpr std::string_view kServer = R"(
SELECT current_user, current_setting('server_version'),
       current_setting('server_version_num')::int,
       pg_is_in_recovery() OR current_setting('transaction_read_only')::bool,
       current_setting('autovacuum')::bool, current_setting('track_counts')::bool,
       current_setting('fsync')::bool,
       current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0),
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
       EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'barid'),
       EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'barid_worker'))";

// Only transactions of this database hold back VACUUM here; slots do for the whole server.
constexpr std::string_view kOldestSnapshot = R"(
SELECT who, extract(epoch FROM clock_timestamp() - since)::bigint FROM (
    SELECT 'session ' || pid || ' of user ' || coalesce(usename, '?')
               || coalesce(' (' || state || ')', '') AS who, xact_start AS since
    FROM pg_stat_activity
    WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
      AND datname = current_database() AND pid <> pg_backend_pid()
    UNION ALL
    SELECT 'prepared transaction ' || gid, prepared FROM pg_prepared_xacts
    WHERE database = current_database()) held
WHERE since IS NOT NULL ORDER BY since LIMIT 1)";

constexpr std::string_view kIdleSlot = R"(
SELECT slot_name, active FROM pg_replication_slots
WHERE xmin IS NOT NULL AND (NOT active OR age(xmin) > 1000000) ORDER BY age(xmin) DESC LIMIT 1)";

// Whatever a migration grants to barid_worker, the user must have: so nothing is listed here.
constexpr std::string_view kMissingRights = R"(
WITH model AS (SELECT oid FROM pg_roles WHERE rolname = 'barid_worker'),
     home AS (SELECT oid FROM pg_namespace WHERE nspname = 'barid')
SELECT 'USAGE on the schema' FROM home WHERE NOT has_schema_privilege(home.oid, 'USAGE')
UNION ALL
SELECT p.name || ' on ' || c.relname
FROM home JOIN pg_class c ON c.relnamespace = home.oid CROSS JOIN model
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(name)
WHERE c.relkind IN ('r', 'p', 'v') AND has_table_privilege(model.oid, c.oid, p.name)
  AND NOT has_table_privilege(c.oid, p.name)
UNION ALL
SELECT 'EXECUTE on ' || f.proname
FROM home JOIN pg_proc f ON f.pronamespace = home.oid CROSS JOIN model
WHERE has_function_privilege(model.oid, f.oid, 'EXECUTE')
  AND NOT has_function_privilege(f.oid, 'EXECUTE')
LIMIT 1000)";

awaitable<void> compare_clocks(pg::Connection& connection, DatabaseFacts& facts) {
    constexpr std::string_view kNow =
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    co_await connection.execute(kNow);  // prepared now: the next one is a bare round trip
    const SystemClock clock;
    const auto before = clock.system_now();
    const pg::Result now = co_await connection.execute(kNow);
    const auto after = clock.system_now();
    const SystemTime theirs{std::chrono::microseconds(now.one().get<std::int64_t>(0))};
    facts.clock_uncertainty = (after - before) / 2;
    facts.clock_difference = theirs - (before + facts.clock_uncertainty);
}

Finding judge_version(const DatabaseFacts& facts) {
    if (facts.version_number < kOldestVersion) {
        return {Level::problem, "database", fmt::format("PostgreSQL {} is too old", facts.version),
                "Barid needs PostgreSQL 15 or newer"};
    }
    if (facts.read_only) {
        return {Level::problem, "database",
                "the server takes no writes: it is a standby, or "
                "default_transaction_read_only is on",
                "name all hosts in database.url and add target_session_attrs=read-write"};
    }
    return {Level::ok, "database",
            fmt::format("PostgreSQL {} as user {}", facts.version, facts.user)};
}

Finding judge_rights(const DatabaseFacts& facts) {
    if (facts.missing_rights.empty() && facts.has_worker_role) {
        return {Level::ok, "privileges", "the user may do all that a worker does"};
    }
    const std::string grant = fmt::format("GRANT barid_worker TO \"{}\"", facts.user);
    if (!facts.has_worker_role) {
        return {Level::warning, "privileges", "the role barid_worker is missing on this server",
                "a restored database needs its roles too (pg_dumpall --roles-only)"};
    }
    constexpr std::size_t kShown = 3;
    std::string names;
    for (std::size_t i = 0; i < facts.missing_rights.size() && i < kShown; ++i) {
        names += (i == 0 ? "" : ", ") + facts.missing_rights[i];
    }
    if (facts.missing_rights.size() > kShown) {
        names += fmt::format(" and {} more", facts.missing_rights.size() - kShown);
    }
    return {Level::problem, "privileges",
            fmt::format("user {} can't work: it lacks {}", facts.user, names), grant};
}

Finding judge_connections(const DatabaseFacts& facts, int sessions) {
    const int left = facts.max_connections - facts.connections;
    const std::string text = fmt::format("{} of {} connections are in use, a worker takes up to {}",
                                         facts.connections, facts.max_connections, sessions);
    if (left >= sessions) return {Level::ok, "connections", text};
    return {Level::warning, "connections", text,
            "raise max_connections, or lower database.pool_size"};
}

Findings judge_vacuum(const DatabaseFacts& facts) {
    Findings findings;
    if (!facts.autovacuum || !facts.track_counts) {
        findings.push_back({Level::warning, "vacuum",
                            fmt::format("{} is off: finished jobs' rows are never cleaned up",
                                        facts.autovacuum ? "track_counts" : "autovacuum"),
                            "turn it on in postgresql.conf"});
    }
    if (facts.snapshot_age > kOldSnapshot) {
        findings.push_back(
            {Level::warning, "vacuum",
             fmt::format("{} has held back VACUUM for {} minutes, and tables grow meanwhile",
                         facts.oldest_snapshot, facts.snapshot_age / 1min),
             "end it (pg_terminate_backend, ROLLBACK PREPARED), and set "
             "idle_in_transaction_session_timeout"});
    }
    if (!facts.idle_slot.empty()) {
        findings.push_back({Level::warning, "vacuum",
                            fmt::format("replication slot {} holds back VACUUM and nobody uses it",
                                        facts.idle_slot),
                            "drop it with pg_drop_replication_slot, or start its standby"});
    }
    if (!facts.slow_slot.empty()) {
        findings.push_back({Level::warning, "vacuum",
                            fmt::format("the standby of replication slot {} holds back VACUUM by "
                                        "more than 1,000,000 transactions",
                                        facts.slow_slot),
                            "end the long query there, or turn off its hot_standby_feedback"});
    }
    if (findings.empty()) {
        findings.push_back({Level::ok, "vacuum",
                            facts.sees_others
                                ? "autovacuum is on, nothing old holds it back"
                                : "autovacuum is on; other users' transactions can't be seen by "
                                  "this user (pg_read_all_stats)"});
    }
    return findings;
}

Finding judge_clock(const DatabaseFacts& facts) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(facts.clock_difference);
    const auto least = std::chrono::abs(facts.clock_difference) - facts.clock_uncertainty;
    if (least <= kClockTolerance) {
        return {Level::ok, "clock", fmt::format("{} ms from the database's", ms.count())};
    }
    return {Level::warning, "clock",
            fmt::format("the database's clock is {} ms {} this machine's",
                        std::chrono::abs(ms).count(), ms.count() > 0 ? "ahead of" : "behind"),
            "run NTP on both; access tokens and logs depend on it, jobs go by the database's"};
}

}  // namespace

awaitable<DatabaseFacts> read_facts(pg::Pool& pool) {
    auto connection = co_await pool.acquire(0ms);
    DatabaseFacts facts;
    const pg::Result server = co_await connection->execute(kServer);
    const pg::Row row = server.one();
    facts.user = row.get<std::string>(0);
    facts.version = row.get<std::string>(1);
    facts.version_number = row.get<int>(2);
    facts.read_only = row.get<bool>(3);
    facts.autovacuum = row.get<bool>(4);
    facts.track_counts = row.get<bool>(5);
    facts.fsync = row.get<bool>(6);
    facts.max_connections = row.get<int>(7);
    facts.connections = row.get<int>(8);
    facts.sees_others = row.get<bool>(9);
    facts.has_schema = row.get<bool>(10);
    facts.has_worker_role = row.get<bool>(11);
    const pg::Result snapshot = co_await connection->execute(kOldestSnapshot);
    if (!snapshot.empty()) {
        facts.oldest_snapshot = snapshot.one().get<std::string>(0);
        facts.snapshot_age = std::chrono::seconds(snapshot.one().get<std::int64_t>(1));
    }
    const pg::Result slot = co_await connection->execute(kIdleSlot);
    if (!slot.empty()) {
        (slot.one().get<bool>(1) ? facts.slow_slot : facts.idle_slot) =
            slot.one().get<std::string>(0);
    }
    const pg::Result missing = co_await connection->execute(kMissingRights);
    for (const pg::Row right : missing) facts.missing_rights.emplace_back(right.text(0));
    co_await compare_clocks(*connection, facts);
    co_return facts;
}

Findings judge(const DatabaseFacts& facts, int sessions) {
    Findings findings{judge_version(facts)};
    if (facts.has_schema) findings.push_back(judge_rights(facts));
    findings.push_back(judge_connections(facts, sessions));
    for (Finding& finding : judge_vacuum(facts)) findings.push_back(std::move(finding));
    if (!facts.fsync) {
        findings.push_back({Level::warning, "durability",
                            "fsync is off: a crash of the machine loses jobs, or all of it",
                            "turn it on; only a throw-away server may do without"});
    }
    findings.push_back(judge_clock(facts));
    return findings;
}

Finding judge_schema(const queue::SchemaState& state, int known) {
    const std::string problem = queue::schema_problem(state, known);
    if (!problem.empty()) return {Level::problem, "schema", problem};
    return {Level::ok, "schema", fmt::format("version {}", state.current)};
}

}  // namespace barid::worker
