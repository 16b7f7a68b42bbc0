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
    do {
        const pg::Result mended = co_await pool.execute("SELECT barid.sweep()");
        if (mended.one().get<int>(0) > 0) {
            logger.warn("the sweep mended jobs", {{"count", mended.one().get<int>(0)}});
        }
    } while (co_await sleep_for(options.sweep_every));
}

}  // namespace barid::queue
