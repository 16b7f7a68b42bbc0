#include "queue/retention.hpp"

#include <fmt/format.h>

#include "base/timeout.hpp"
#include "queue/pg/error.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

/// A detach waits for readers without being in anybody's way; the other two hold the table.
constexpr auto kDetachDeadline = 5s;
constexpr auto kExclusiveDeadline = 1s;
constexpr int kBatch = 5000;
/// A backlog is worked off over several rounds.
constexpr int kRounds = 200;

/// Calls a function that works in bounded steps until it has nothing left to do. Each call is a
/// transaction of its own.
awaitable<std::int64_t> repeat(pg::Pool& pool, std::string_view sql, std::int64_t least) {
    std::int64_t total = 0;
    for (int round = 0; round < kRounds; ++round) {
        const pg::Result result = co_await pool.execute(sql, pg::Params(kBatch));
        const auto done = result.one().get<std::int64_t>(0);
        total += done;
        if (done < least) break;
    }
    co_return total;
}

/// Lines and checkpoints whose jobs are gone: a stretch of them now, and on for as long as there
/// is something to remove. Returns where the next one begins.
awaitable<std::int64_t> prune_results(pg::Pool& pool, std::int64_t from) {
    for (int stretch = 0; stretch < 20; ++stretch) {
        const pg::Result done = co_await pool.execute(
            "SELECT next, pruned FROM barid.prune_results($1)", pg::Params(from));
        from = done.one().get<std::int64_t>(0);
        if (from == 0 || done.one().get<std::int64_t>(1) == 0) break;
    }
    co_return from;
}

std::string statement(const std::string& partition, const std::string& parent,
                      const std::string& step) {
    if (step == "drop") return fmt::format("DROP TABLE barid.{}", partition);
    return fmt::format("ALTER TABLE barid.{} DETACH PARTITION barid.{} {}", parent, partition,
                       step == "detach" ? "CONCURRENTLY" : "FINALIZE");
}

awaitable<void> run_step(pg::Pool& pool, const std::string& partition, const std::string& parent,
                         const std::string& step) {
    // The deadline cancels it on the server: no setting is left behind on a session that may be
    // somebody else's next (PgBouncer).
    const auto connection = co_await pool.acquire();
    co_await connection->execute(statement(partition, parent, step), {},
                                 step == "detach" ? std::chrono::milliseconds(kDetachDeadline)
                                                  : std::chrono::milliseconds(kExclusiveDeadline));
}

}  // namespace

awaitable<int> drop_partitions(pg::Pool& pool, PartitionsToDrop which, log::Logger logger) {
    const pg::Result owner = co_await pool.execute(
        R"(SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c
           WHERE c.oid = 'barid.job_history'::regclass)");
    int dropped = 0;
    if (!owner.one().get<bool>(0)) co_return dropped;
    for (int round = 0; round < kRounds; ++round) {
        const pg::Result next = co_await pool.execute(which.next);
        if (next.empty()) break;
        const std::string partition(next.one().text(0));
        const std::string parent(next.one().text(1));
        const std::string step(next.one().text(2));
        try {
            co_await run_step(pool, partition, parent, step);
        } catch (const Error& e) {
            // Somebody reads it. It stays marked as busy for a while and then comes again.
            logger.info("a partition could not be dropped yet",
                        {{"partition", partition}, {"step", step}, {"error", e.what()}});
            continue;
        }
        co_await pool.execute(which.done, pg::Params(partition));
        if (step != "drop") continue;
        ++dropped;
        logger.info("a partition was dropped", {{"partition", partition}});
    }
    co_return dropped;
}

awaitable<int> drop_history(pg::Pool& pool, log::Logger logger) {
    const PartitionsToDrop history{
        .next = "SELECT partition, 'job_history', step FROM barid.history_to_drop()",
        .done = "SELECT barid.history_step_done($1)"};
    co_return co_await drop_partitions(pool, history, std::move(logger));
}

awaitable<void> upkeep_service(pg::Pool& pool, MaintenanceOptions options, log::Logger logger) {
    auto next_upkeep = std::chrono::steady_clock::now();
    std::int64_t prune_from = 0;
    do {
        co_await repeat(pool, "SELECT barid.tidy($1::int)", kBatch);
        if (std::chrono::steady_clock::now() >= next_upkeep) {
            co_await pool.execute("SELECT barid.ensure_history()");
            const auto pruned = co_await repeat(pool, "SELECT barid.prune_history($1::int)", 1);
            if (pruned > 0) logger.info("finished jobs were deleted", {{"count", pruned}});
            co_await repeat(pool, "SELECT barid.prune_rest($1::int)", kBatch);
            prune_from = co_await prune_results(pool, prune_from);
            co_await drop_history(pool, logger);
            next_upkeep = std::chrono::steady_clock::now() + options.upkeep_every;
        }
    } while (co_await sleep_for(options.sweep_every));
}

}  // namespace barid::queue
