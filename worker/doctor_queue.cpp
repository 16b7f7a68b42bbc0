#include "worker/doctor_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "worker/watch_screen.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;

constexpr std::int64_t kManyDeadRows = 200'000;
constexpr double kFullNotifications = 0.1;
constexpr double kLongDue = 300;  // seconds
constexpr std::size_t kShownQueues = 10;

constexpr std::string_view kFacts = R"(
SELECT NOT coalesce((SELECT bool_or(o.option_name = 'autovacuum_enabled'
                                    AND NOT o.option_value::boolean)
                     FROM pg_options_to_table(c.reloptions) o), false),
       extract(epoch FROM clock_timestamp() - greatest(t.last_vacuum, t.last_autovacuum))::bigint,
       (SELECT count(*) FROM (
            SELECT FROM barid.claim m JOIN barid.worker w ON w.id = m.worker_id
            WHERE w.renewed_at < clock_timestamp() - greatest(5 * w.lease_ttl, '1 minute')
            LIMIT 10000) s)
FROM pg_class c LEFT JOIN pg_stat_user_tables t ON t.relid = c.oid
WHERE c.oid = 'barid.job'::regclass)";

constexpr std::string_view kServed = R"(
SELECT DISTINCT unnest(w.queues) FROM barid.worker w
WHERE w.renewed_at > clock_timestamp() - greatest(5 * w.lease_ttl, '1 minute') LIMIT 10000)";

void judge_rows(const QueueFacts& facts, Findings& findings) {
    if (!facts.job_autovacuum) {
        findings.push_back({Level::warning, "dead rows",
                            "autovacuum is switched off for barid.job: finished jobs' rows stay",
                            "ALTER TABLE barid.job RESET (autovacuum_enabled)"});
    }
    const DatabaseSample& sample = facts.sample;
    if (sample.dead_rows < kManyDeadRows || sample.dead_rows < sample.live_rows) return;
    const std::string last =
        facts.vacuumed ? show_age(static_cast<double>(facts.vacuumed->count())) + " ago" : "never";
    findings.push_back(
        {Level::warning, "dead rows",
         fmt::format("barid.job holds {} dead rows beside {} live ones (last vacuumed: {})",
                     show_count(sample.dead_rows, 0), show_count(sample.live_rows, 0), last),
         facts.vacuumed && *facts.vacuumed < 5min
             ? "VACUUM runs, but something keeps it from removing them: see the check vacuum"
             : "autovacuum doesn't keep up: raise autovacuum_max_workers or lower "
               "autovacuum_naptime, and VACUUM barid.job now"});
}

void judge_backlog(const QueueFacts& facts, Findings& findings) {
    const auto served = [&](const std::string& queue) {
        return std::ranges::any_of(
            facts.served, [&](const std::string& name) { return name == "*" || name == queue; });
    };
    std::size_t shown = 0;
    for (const QueueSample& queue : facts.sample.queues) {
        if (queue.paused || queue.oldest_due_seconds < kLongDue) continue;
        if (++shown > kShownQueues) break;
        findings.push_back({Level::warning, "backlog",
                            fmt::format("queue {}: {} jobs are due, the oldest for {}", queue.name,
                                        show_count(queue.due, queue.counted_to),
                                        show_age(queue.oldest_due_seconds)),
                            served(queue.name) ? "its workers don't keep up: start more, or raise "
                                                 "worker.concurrency"
                                               : "no worker serves it: name it in worker.queues"});
    }
}

}  // namespace

awaitable<QueueFacts> read_queue_facts(pg::Pool& pool) {
    QueueFacts facts;
    facts.sample = co_await read_sample(pool);
    const pg::Result result = co_await pool.execute(kFacts);
    const pg::Row row = result.one();
    facts.job_autovacuum = row.get<bool>(0);
    if (const auto age = row.get<std::optional<std::int64_t>>(1)) {
        facts.vacuumed = std::chrono::seconds(*age);
    }
    facts.stale_claims = row.get<std::int64_t>(2);
    const pg::Result served = co_await pool.execute(kServed);
    for (const pg::Row queue : served) facts.served.emplace_back(queue.text(0));
    co_return facts;
}

Findings judge_queue(const QueueFacts& facts) {
    Findings findings;
    const DatabaseSample& sample = facts.sample;
    judge_rows(facts, findings);
    if (sample.notification_usage > kFullNotifications) {
        findings.push_back(
            {Level::warning, "notifications",
             fmt::format("the server's notification queue is {:.0f} % full; when it is full, "
                         "commits fail",
                         sample.notification_usage * 100),
             "a session that has run LISTEN sits in a transaction: end it (the server's log names "
             "its process)"});
    }
    if (facts.stale_claims > 0) {
        findings.push_back({Level::warning, "claims",
                            fmt::format("{} batches of jobs are claimed by workers that are gone",
                                        show_count(facts.stale_claims, 10'000)),
                            "they run again when any worker runs: start one"});
    }
    if (sample.blocked_keys > 0) {
        findings.push_back(
            {Level::warning, "ordering keys",
             fmt::format("{} ordering keys are blocked by a job that failed",
                         show_count(sample.blocked_keys, 10'000)),
             "retry that job, or SELECT barid.unblock_key(ordering_key) FROM barid.ordering_slot "
             "WHERE blocked"});
    }
    judge_backlog(facts, findings);
    if (findings.empty()) {
        findings.push_back({Level::ok, "queue",
                            fmt::format("{} workers; no job has been due for more than {}",
                                        sample.workers, show_age(kLongDue))});
    }
    return findings;
}

}  // namespace barid::worker
