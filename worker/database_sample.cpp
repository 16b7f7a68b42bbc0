#include "worker/database_sample.hpp"

#include <optional>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/timeout.hpp"

namespace barid::worker {
namespace {

constexpr std::string_view kQueues = R"(
SELECT name, paused, due, later, running, parked, parked_by::text,
       coalesce(extract(epoch FROM oldest_due), 0)::double precision, counted_to,
       EXISTS (SELECT FROM barid.queue q WHERE q.dead_letter = s.name)
FROM barid.queue_status() s)";

// What other users' sessions do is seen by members of pg_read_all_stats only.
constexpr std::string_view kDatabase = R"(
SELECT coalesce(t.n_live_tup, 0), coalesce(t.n_dead_tup, 0),
       coalesce((SELECT extract(epoch FROM clock_timestamp() - min(a.xact_start))
                 FROM pg_stat_activity a
                 WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
                   AND a.datname = current_database() AND a.pid <> pg_backend_pid()),
                0)::double precision,
       coalesce((SELECT max(age(h.xmin)) FROM (
                     SELECT a.backend_xmin AS xmin FROM pg_stat_activity a
                     WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
                     UNION ALL SELECT s.xmin FROM pg_replication_slots s
                     UNION ALL SELECT p.transaction FROM pg_prepared_xacts p
                     WHERE p.database = current_database()) h), 0)::bigint,
       pg_notification_queue_usage(),
       (SELECT count(*) FROM barid.worker),
       (SELECT count(*) FROM (SELECT FROM barid.ordering_slot s WHERE s.blocked LIMIT 10000) b),
       coalesce((SELECT greatest(0, extract(epoch FROM now() - h.finished_at
                                            - coalesce(q.retention, '14 days')))
                 FROM (SELECT j.finished_at, j.queue FROM barid.job_history j
                       ORDER BY j.id LIMIT 1) h
                 LEFT JOIN barid.queue q ON q.name = h.queue), 0)::double precision
FROM (SELECT) one LEFT JOIN pg_stat_user_tables t ON t.relid = 'barid.job'::regclass)";

constexpr std::string_view kProviders = R"(
SELECT p.provider, coalesce(u.requests, 0), coalesce(u.texts, 0), coalesce(u.characters, 0),
       coalesce(u.errors, 0), coalesce(u.cost, 0)::double precision, p.paused
FROM barid.translation_providers p
LEFT JOIN barid.translation_cost u
       ON u.provider = p.provider AND u.day = barid.translation_today()
ORDER BY p.provider LIMIT 16)";

constexpr std::string_view kStreams = R"(
SELECT stream, pending, coalesce(greatest(0, extract(epoch FROM now() - oldest)), 0)::double
       precision, blocked
FROM barid.outbox_states() WHERE problem IS NULL ORDER BY stream LIMIT 100)";

awaitable<std::vector<StreamSample>> read_streams(pg::Pool& pool) {
    const pg::Result rows = co_await pool.execute(kStreams);
    std::vector<StreamSample> streams;
    for (const pg::Row row : rows) {
        streams.push_back({.name = row.get<std::string>(0),
                           .pending = row.get<std::int64_t>(1),
                           .oldest_seconds = row.get<double>(2),
                           .blocked = row.get<std::int64_t>(3)});
    }
    co_return streams;
}

constexpr std::string_view kGateways = R"(
SELECT g.name, g.paused_at IS NOT NULL, g.unknown_attempts, g.open_refunds
FROM barid.payment_gateways() g LIMIT 20)";

awaitable<std::vector<GatewaySample>> read_gateways(pg::Pool& pool) {
    const pg::Result rows = co_await pool.execute(kGateways);
    std::vector<GatewaySample> gateways;
    for (const pg::Row row : rows) {
        gateways.push_back({.name = row.get<std::string>(0),
                            .paused = row.get<bool>(1),
                            .unknown_attempts = row.get<std::int64_t>(2),
                            .open_refunds = row.get<std::int64_t>(3)});
    }
    co_return gateways;
}

awaitable<std::vector<ProviderSample>> read_providers(pg::Pool& pool) {
    const pg::Result rows = co_await pool.execute(kProviders);
    std::vector<ProviderSample> providers;
    for (const pg::Row row : rows) {
        providers.push_back({.name = row.get<std::string>(0),
                             .requests = row.get<std::int64_t>(1),
                             .texts = row.get<std::int64_t>(2),
                             .characters = row.get<std::int64_t>(3),
                             .errors = row.get<std::int64_t>(4),
                             .cost = row.get<double>(5),
                             .paused = row.get<bool>(6)});
    }
    co_return providers;
}

pg::ConnectOptions sampling(pg::ConnectOptions options) {
    options.application_name = "barid metrics";
    options.statement_deadline = DatabaseSampler::kLimit;
    return options;
}

}  // namespace

awaitable<std::vector<QueueSample>> read_queues(pg::Pool& pool) {
    const pg::Result rows = co_await pool.execute(kQueues);
    std::vector<QueueSample> queues;
    for (const pg::Row row : rows) {
        QueueSample queue{.name = row.get<std::string>(0), .paused = row.get<bool>(1)};
        queue.due = row.get<std::int64_t>(2);
        queue.later = row.get<std::int64_t>(3);
        queue.running = row.get<std::int64_t>(4);
        queue.parked = row.get<std::int64_t>(5);
        const json::value reasons = parse_json(row.text(6));
        for (const auto& item : reasons.as_object()) {
            queue.parked_by.emplace_back(item.key(), item.value().to_number<std::int64_t>());
        }
        queue.oldest_due_seconds = row.get<double>(7);
        queue.counted_to = row.get<std::int64_t>(8);
        queue.dead_letters = row.get<bool>(9);
        queues.push_back(std::move(queue));
    }
    co_return queues;
}

awaitable<DatabaseSample> read_sample(pg::Pool& pool) {
    DatabaseSample sample;
    sample.queues = co_await read_queues(pool);
    const pg::Result result = co_await pool.execute(kDatabase);
    const pg::Row row = result.one();
    sample.live_rows = row.get<std::int64_t>(0);
    sample.dead_rows = row.get<std::int64_t>(1);
    sample.oldest_transaction_seconds = row.get<double>(2);
    sample.horizon_transactions = row.get<std::int64_t>(3);
    sample.notification_usage = row.get<double>(4);
    sample.workers = row.get<std::int64_t>(5);
    sample.blocked_keys = row.get<std::int64_t>(6);
    sample.history_overdue_seconds = row.get<double>(7);
    sample.providers = co_await read_providers(pool);
    sample.streams = co_await read_streams(pool);
    sample.gateways = co_await read_gateways(pool);
    const pg::Result held = co_await pool.execute("SELECT barid.payment_held()");
    sample.payments_held = held.one().get<std::int64_t>(0);
    co_return sample;
}

DatabaseSampler::DatabaseSampler(asio::io_context& io, ThreadPool& blocking,
                                 pg::ConnectOptions options)
    : pool_(io, blocking, sampling(std::move(options)), 1, {}) {}

awaitable<std::shared_ptr<const DatabaseSample>> DatabaseSampler::get() {
    const auto now = std::chrono::steady_clock::now();
    if (busy_ || (taken_ != SteadyTime{} && now - taken_ < kFresh)) co_return last_;
    busy_ = true;
    std::shared_ptr<const DatabaseSample> sample;
    try {
        sample = std::make_shared<const DatabaseSample>(
            co_await with_timeout(read_sample(pool_), kLimit, "the metrics' sample"));
    } catch (const std::exception&) {
        sample = nullptr;  // old values would look like present ones
    }
    busy_ = false;
    last_ = sample;
    taken_ = std::chrono::steady_clock::now();
    co_return last_;
}

}  // namespace barid::worker
