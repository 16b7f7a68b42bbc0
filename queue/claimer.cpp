#include "queue/claimer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crypto.hpp"
#include "queue/cursor_params.hpp"
#include "queue/pg/error.hpp"
#include "queue/pg/watch.hpp"
#include "queue/session.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

constexpr auto kClaimDeadline = 10s;
/// Of the small statements beside it: a connection that has died is found by them too.
constexpr auto kLookDeadline = 5s;

// One statement for all queues and priorities: the LATERAL scans run in the order of the unnest,
// and the outer LIMIT stops them. There is no ORDER BY outside: it would lock every candidate.
// The last branch always returns a row: the database's clock, and whether the fence held.
// `job_claim` answers each scan; the planner settings of the session keep it so on a table that
// was empty when this was prepared.
constexpr std::string_view kClaim = R"(
WITH fence AS MATERIALIZED (
    SELECT w.id FROM barid.worker w WHERE w.id = $1 AND w.epoch = $2 FOR KEY SHARE
), picked AS MATERIALIZED (
    SELECT j.*
    FROM unnest($4::text[], $5::smallint[], $6::timestamptz[], $7::bigint[])
        AS c(queue, priority, run_at, id)
    CROSS JOIN LATERAL (
        SELECT b.id, b.queue, b.priority, b.run_at,
               b.ordering_key IS NOT NULL OR b.after IS NOT NULL OR b.limit_key IS NOT NULL
                   OR b.kind = ANY (ARRAY(SELECT k.kind FROM barid.paused_kind k)) AS keyed
        FROM barid.job b
        WHERE b.queue = c.queue AND b.priority = c.priority
          AND (b.run_at, b.id) > (c.run_at, c.id) AND b.run_at <= now() AND b.state = 'waiting'
        ORDER BY b.run_at, b.id LIMIT $8
        FOR NO KEY UPDATE SKIP LOCKED
    ) j
    WHERE EXISTS (SELECT 1 FROM fence)
      AND c.queue NOT IN (SELECT q.name FROM barid.queue q WHERE q.paused OR q.limited)
    LIMIT $8
), claimed AS (
    UPDATE barid.job j
    SET state = 'running', attempt = j.attempt + 1, claim_id = $3::uuid, claimed_at = now(),
        released_key = CASE WHEN j.unique_while = 'waiting'
                            THEN coalesce(j.unique_key, j.released_key) ELSE j.released_key END,
        unique_key = CASE WHEN j.unique_while = 'waiting' THEN NULL ELSE j.unique_key END
    WHERE j.id = ANY (ARRAY(SELECT p.id FROM picked p WHERE NOT p.keyed))
    RETURNING j.id, j.queue, j.kind, j.payload, j.priority, j.attempt, j.max_attempts, j.run_at,
        j.created_at, j.request_id, j.traceparent
), ticket AS (
    INSERT INTO barid.claim (claim_id, worker_id, job_ids)
    SELECT $3::uuid, $1, array_agg(c.id) FROM claimed c HAVING count(*) > 0
)
SELECT 'claimed', c.id, c.queue, c.kind, c.payload::text, c.priority, c.attempt, c.max_attempts,
       c.run_at, c.created_at, c.request_id, c.traceparent
FROM claimed c
UNION ALL
SELECT 'keyed', p.id, p.queue, '', '', p.priority, 0, 0, p.run_at, p.run_at, NULL, NULL
FROM picked p WHERE p.keyed
UNION ALL
SELECT 'now', (SELECT count(*) FROM fence), '', '', '', 0, 0, 0, now(), now(), NULL, NULL)";

constexpr std::string_view kClaimKeyed = "SELECT barid.claim_keyed($1, $2, $3::uuid, $4::bigint[])";

constexpr std::string_view kClaimLimited = R"(
SELECT job_id, next_key, retry_ms FROM barid.claim_limited($1, $2, $3::uuid, $4, $5, $6,
    $8::smallint[], $9::timestamptz[], $10::bigint[], $11)
WHERE $7::text[] IS NOT NULL)";

constexpr std::string_view kReadClaimed = R"(
SELECT 'claimed', c.id, c.queue, c.kind, c.payload::text, c.priority, c.attempt, c.max_attempts,
       c.run_at, c.created_at, c.request_id, c.traceparent
FROM barid.job c WHERE c.id = ANY ($1::bigint[]) AND c.claim_id = $2::uuid)";

Job read_job(const pg::Row& row, const std::string& claim_id) {
    Job job;
    job.id = row.get<std::int64_t>(1);
    job.queue = row.text(2);
    job.kind = row.text(3);
    job.payload = row.text(4);
    job.priority = row.get<int>(5);
    job.attempt = row.get<int>(6);
    job.max_attempts = row.get<int>(7);
    job.run_at = row.get<SystemTime>(8);
    job.created_at = row.get<SystemTime>(9);
    job.request_id = row.text(10);
    job.traceparent = row.text(11);
    job.claim_id = claim_id;
    return job;
}

pg::Params claim_params(std::int64_t worker, int epoch, const std::string& claim_id,
                        const std::vector<CursorRow>& rows, std::size_t demand) {
    pg::Params params(worker, epoch, claim_id);
    add_cursor_rows(params, rows);
    params.add(demand);
    return params;
}

/// The worker's id, then 64 random bits: who ran an attempt can be read from its history.
std::string make_claim_id(std::int64_t worker) {
    const auto high = static_cast<std::uint64_t>(worker);
    const std::uint64_t low = random_u64();
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xffffU,
                       high & 0xffffU, low >> 48U, low & 0xffffffffffffU);
}

}  // namespace

std::string_view claim_statement() {
    return kClaim;
}

std::int64_t worker_of_claim(std::string_view claim_id) {
    std::string digits(claim_id.substr(0, 18));
    std::erase(digits, '-');
    std::int64_t worker = 0;
    const auto [end, ec] =
        std::from_chars(digits.data(), digits.data() + digits.size(), worker, 16);
    return ec == std::errc() && digits.size() == 16 ? worker : 0;
}

Claimer::Claimer(ThreadPool& blocking, pg::ConnectOptions options, ClaimLedger& ledger,
                 log::Logger logger)
    : blocking_(blocking), options_(std::move(options)), ledger_(ledger), log_(std::move(logger)) {
    options_.application_name = "barid claim";
    options_.statement_deadline = kLookDeadline;
    options_.settings = session_settings();
}

void Claimer::attach(std::int64_t worker_id) {
    worker_id_ = worker_id;
    epoch_ = 1;
    in_doubt_ = false;
}

awaitable<void> Claimer::make_ready() {
    if (!connection_ || !connection_->usable()) {
        connection_ = co_await pg::Connection::connect(blocking_, options_, log_);
        pg::keep_watch(co_await asio::this_coro::executor, connection_);
        next_commit_check_ = {};
    }
    if (std::chrono::steady_clock::now() >= next_commit_check_) {
        // An asynchronous claim that a server crash forgets is only re-run; but soon after one
        // crash the next may be near, and attempts must not be forgotten again and again.
        const pg::Result calm = co_await connection_->execute(
            "SELECT now() - pg_postmaster_start_time() > interval '60 seconds'");
        co_await connection_->set("synchronous_commit", calm.one().get<bool>(0) ? "off" : "on");
        next_commit_check_ = std::chrono::steady_clock::now() + 30s;
    }
    if (in_doubt_) co_await close_epoch();
}

awaitable<void> Claimer::resolve_doubt() {
    if (in_doubt_) co_await make_ready();
}

awaitable<void> Claimer::close_epoch() {
    const pg::Result result =
        co_await connection_->execute("SELECT barid.close_epoch($1, $2, $3::uuid[])",
                                      pg::Params(worker_id_, epoch_, ledger_.known()));
    epoch_ = result.one().get<int>(0);
    in_doubt_ = false;
    log_.info("a claim in doubt was resolved", {{"epoch", epoch_}});
}

awaitable<ClaimResult> Claimer::claim(const std::vector<CursorRow>& rows, std::size_t demand) {
    co_await make_ready();
    ClaimResult result;
    std::vector<std::int64_t> keyed;
    const std::string claim_id = make_claim_id(worker_id_);
    in_doubt_ = true;
    const std::int64_t worker_id = worker_id_;
    const auto began = std::chrono::steady_clock::now();
    const pg::Result answer = co_await connection_->execute(
        kClaim, claim_params(worker_id_, epoch_, claim_id, rows, demand), kClaimDeadline);
    // A new lease began meanwhile: these jobs are the old one's, and are rescued with it.
    if (worker_id != worker_id_) co_return result;
    in_doubt_ = false;
    for (const pg::Row row : answer) {
        if (row.text(0) == "now") {
            result.database_now = row.get<SystemTime>(8);
            result.lease_lost = row.get<std::int64_t>(1) == 0;
            continue;
        }
        Job job = read_job(row, claim_id);
        if (row.text(0) == "keyed") {
            keyed.push_back(job.id);
            result.passed.push_back(std::move(job));
        } else {
            result.jobs.push_back(std::move(job));
        }
    }
    if (!result.jobs.empty()) ledger_.opened(claim_id, result.jobs.size());
    result.full = result.jobs.size() + keyed.size() >= demand;
    // Once cancelled, any await of ours throws, and would take what is claimed already with it.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (!keyed.empty() && state.cancelled() == asio::cancellation_type::none) {
        co_await claim_keyed(keyed, result);
    }
    latency_.add(std::chrono::steady_clock::now() - began);
    claimed_total_ += result.jobs.size();
    std::ranges::sort(result.jobs, [](const Job& a, const Job& b) {
        return std::tie(a.priority, a.run_at, a.id) < std::tie(b.priority, b.run_at, b.id);
    });
    co_return result;
}

awaitable<void> Claimer::claim_keyed(const std::vector<std::int64_t>& ids, ClaimResult& result) {
    // What was claimed before must reach its handlers even when this fails: an error here leaves
    // the keyed claim in doubt, and the next call resolves it.
    in_doubt_ = true;
    try {
        const std::string claim_id = make_claim_id(worker_id_);
        const pg::Result heads = co_await connection_->execute(
            kClaimKeyed, pg::Params(worker_id_, epoch_, claim_id, ids), kClaimDeadline);
        std::vector<std::int64_t> taken;
        for (const pg::Row row : heads) taken.push_back(row.get<std::int64_t>(0));
        co_await read_claimed(taken, claim_id, result.jobs);
        in_doubt_ = false;
    } catch (const std::exception& e) {  // a shutdown's cancellation is no other case
        log_.warn("claiming ordered jobs failed", {{"error", e.what()}});
    }
}

awaitable<void> Claimer::read_claimed(const std::vector<std::int64_t>& ids,
                                      const std::string& claim_id, std::vector<Job>& jobs) {
    if (ids.empty()) co_return;
    const pg::Result rows =
        co_await connection_->execute(kReadClaimed, pg::Params(ids, claim_id), kClaimDeadline);
    for (const pg::Row row : rows) jobs.push_back(read_job(row, claim_id));
    if (rows.size() > 0) ledger_.opened(claim_id, static_cast<std::size_t>(rows.size()));
}

awaitable<LimitedResult> Claimer::claim_limited(const LimitedClaim& wanted) {
    co_await make_ready();
    LimitedResult result;
    result.next_key = wanted.after_key;
    std::vector<CursorRow> rows;
    std::ranges::copy_if(wanted.rows, std::back_inserter(rows),
                         [&](const CursorRow& row) { return row.queue == wanted.queue; });
    const std::string claim_id = make_claim_id(worker_id_);
    const std::int64_t worker_id = worker_id_;
    const auto began = std::chrono::steady_clock::now();
    in_doubt_ = true;
    pg::Params params(worker_id_, epoch_, claim_id, wanted.queue, wanted.demand,
                      wanted.running_here);
    add_cursor_rows(params, rows);
    params.add(wanted.after_key);
    const pg::Result answer =
        co_await connection_->execute(kClaimLimited, std::move(params), kClaimDeadline);
    if (worker_id != worker_id_) co_return result;
    result.lease_lost = answer.size() == 0;
    std::vector<std::int64_t> taken;
    std::vector<std::int64_t> from_lanes;
    for (const pg::Row row : answer) {
        if (const auto id = row.get<std::optional<std::int64_t>>(0)) {
            taken.push_back(*id);
            if (row.text(1) == "lane") from_lanes.push_back(*id);
        } else {
            result.next_key = row.text(1);
            if (const auto ms = row.get<std::optional<int>>(2)) {
                result.retry = std::chrono::milliseconds(*ms);
            }
        }
    }
    co_await read_claimed(taken, claim_id, result.jobs);
    in_doubt_ = false;
    latency_.add(std::chrono::steady_clock::now() - began);
    claimed_total_ += result.jobs.size();
    std::ranges::copy_if(result.jobs, std::back_inserter(result.passed), [&](const Job& job) {
        return std::ranges::find(from_lanes, job.id) == from_lanes.end();
    });
    co_return result;
}

awaitable<std::vector<std::string>> Claimer::limited_queues(
    const std::vector<std::string>& queues) {
    co_await make_ready();
    const pg::Result rows = co_await connection_->execute("SELECT barid.limited_queues($1::text[])",
                                                          pg::Params(queues));
    std::vector<std::string> names;
    for (const pg::Row row : rows) names.emplace_back(row.text(0));
    co_return names;
}

awaitable<std::vector<std::string>> Claimer::all_queues() {
    co_await make_ready();
    // A loose index scan: as many probes as there are queues, whatever the backlog.
    const pg::Result rows = co_await connection_->execute(R"(
        WITH RECURSIVE live AS (
            (SELECT queue FROM barid.job ORDER BY queue LIMIT 1)
            UNION ALL
            SELECT (SELECT j.queue FROM barid.job j WHERE j.queue > l.queue
                    ORDER BY j.queue LIMIT 1)
            FROM live l WHERE l.queue IS NOT NULL
        )
        SELECT queue FROM live WHERE queue IS NOT NULL UNION SELECT name FROM barid.queue
        ORDER BY 1 LIMIT 1000)");
    std::vector<std::string> names;
    for (const pg::Row row : rows) names.emplace_back(row.text(0));
    co_return names;
}

}  // namespace barid::queue
