#include "queue/rescue.hpp"

#include <algorithm>

#include "base/crypto.hpp"
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

std::chrono::milliseconds sweep_pause(std::chrono::milliseconds every, std::int64_t workers,
                                      std::uint64_t random) {
    const std::int64_t whole = every.count() * std::clamp<std::int64_t>(workers, 1, 8);
    if (workers <= 1) return every;
    return std::chrono::milliseconds(
        whole / 2 + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(whole + 1)));
}

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
    std::chrono::milliseconds pause{0};
    do {
        // Nobody leads: one at a time sweeps, whoever comes meanwhile has nothing to do. The more
        // workers there are, the more seldom each one comes.
        const pg::Result result = co_await pool.execute(
            R"(SELECT CASE WHEN pg_try_advisory_xact_lock(1112297798, 3) THEN barid.sweep()
                           ELSE 0 END, (SELECT count(*) FROM barid.worker))");
        if (const int mended = result.one().get<int>(0); mended > 0) {
            logger.warn("the sweep mended jobs", {{"count", mended}});
        }
        pause = sweep_pause(options.sweep_every, result.one().get<std::int64_t>(1), random_u64());
    } while (co_await sleep_for(pause));
}

}  // namespace barid::queue
