#include "queue/rescue.hpp"

#include <algorithm>

#include "base/timeout.hpp"

namespace barid::queue {

std::vector<LeaseWatch::Seen> LeaseWatch::observe(const std::vector<Seen>& workers,
                                                  SteadyTime now) {
    std::vector<Seen> over;
    std::map<std::int64_t, Mark> marks;
    for (const Seen& worker : workers) {
        const auto known = marks_.find(worker.worker_id);
        Mark mark{worker.renewals, now};
        if (known != marks_.end() && known->second.renewals == worker.renewals) {
            mark.since = known->second.since;
        }
        if (now - mark.since >= worker.ttl) over.push_back(worker);
        marks[worker.worker_id] = mark;
    }
    marks_ = std::move(marks);
    return over;
}

namespace {

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

}  // namespace

awaitable<void> rescue_service(pg::Pool& pool, MaintenanceOptions options, log::Logger logger) {
    LeaseWatch watch;
    do {
        const pg::Result rows = co_await pool.execute(
            R"(SELECT id, renewals, (extract(epoch FROM lease_ttl) * 1000)::bigint
               FROM barid.worker)");
        const SteadyTime now = std::chrono::steady_clock::now();
        std::vector<LeaseWatch::Seen> seen;
        for (const pg::Row row : rows) {
            seen.push_back({row.get<std::int64_t>(0), row.get<std::int64_t>(1),
                            std::chrono::milliseconds(row.get<std::int64_t>(2))});
        }
        for (const auto& worker : watch.observe(seen, now)) {
            const pg::Result jobs = co_await pool.execute(
                "SELECT barid.rescue($1, $2)", pg::Params(worker.worker_id, worker.renewals));
            logger.warn("a lost worker's jobs were put back",
                        {{"lost_worker", worker.worker_id}, {"jobs", jobs.size()}});
        }
    } while (co_await sleep_for(options.rescue_every));
}

awaitable<void> sweep_service(pg::Pool& pool, MaintenanceOptions options, log::Logger logger) {
    auto next_upkeep = std::chrono::steady_clock::now();
    std::int64_t prune_from = 0;
    do {
        const pg::Result mended = co_await pool.execute("SELECT barid.sweep()");
        if (mended.one().get<int>(0) > 0) {
            logger.warn("the sweep mended jobs", {{"count", mended.one().get<int>(0)}});
        }
        if (std::chrono::steady_clock::now() >= next_upkeep) {
            co_await pool.execute("SELECT barid.ensure_history()");
            co_await pool.execute("SELECT barid.prune_history()");
            prune_from = co_await prune_results(pool, prune_from);
            next_upkeep = std::chrono::steady_clock::now() + options.upkeep_every;
        }
    } while (co_await sleep_for(options.sweep_every));
}

}  // namespace barid::queue
