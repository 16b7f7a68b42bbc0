#include "queue/settler.hpp"

#include <algorithm>

#include "base/timeout.hpp"
#include "queue/pg/error.hpp"
#include "queue/pg/watch.hpp"
#include "queue/session.hpp"
#include "queue/write_notes.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

// The common case: done, nothing to report, no ordering key. Rows are deleted in id order, so
// that two settles, or a settle and an admin, lock them in one order. What is not returned (a
// keyed job, a lost lease, an answer that was lost) goes through barid.settle.
constexpr std::string_view kSettlePlain = R"(
WITH gone AS (
    DELETE FROM barid.job j
    USING unnest($1::bigint[], $2::uuid[]) AS t(job_id, claim)
    WHERE j.id = t.job_id AND j.claim_id = t.claim AND j.state = 'running'
      AND j.ordering_key IS NULL AND NOT j.special AND j.batch_id IS NULL
    RETURNING j.id, j.run_at, j.created_at, j.claimed_at, j.claim_id, j.priority, j.attempt,
        j.max_attempts, j.queue, j.kind, j.payload, j.unique_key, j.released_key, j.request_id,
        j.traceparent, j.tags, j.origin_id, j.errors, j.after, j.origin_queue
), kept AS (
    INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state, priority,
        attempt, max_attempts, queue, kind, payload, unique_key, request_id, traceparent, tags,
        origin_id, errors, after, origin_queue)
    SELECT g.id, g.run_at, g.created_at, g.claimed_at, g.claim_id, 'completed', g.priority,
        g.attempt, g.max_attempts, g.queue, g.kind,
        CASE WHEN q.redact IS NULL THEN g.payload ELSE barid.redact(g.payload, q.redact) END,
        coalesce(g.unique_key, g.released_key), g.request_id, g.traceparent, g.tags, g.origin_id,
        g.errors, g.after, g.origin_queue
    FROM gone g LEFT JOIN barid.queue q ON q.name = g.queue
    WHERE coalesce(q.keep_history, true)
), tickets AS (
    DELETE FROM barid.claim c WHERE c.claim_id = ANY ($3::uuid[])
)
SELECT id FROM gone)";

constexpr std::string_view kSettle = R"(
SELECT job_id, result FROM barid.settle($1::bigint[], $2::uuid[], $3::text[], $4::bigint[],
    $5::text[], $6::text[], $7, $8::uuid[]))";

constexpr std::string_view kProgress = R"(
UPDATE barid.job j SET progress = t.fraction, progress_note = t.note
FROM unnest($1::bigint[], $2::uuid[], $3::real[], $4::text[]) AS t(id, claim, fraction, note)
WHERE j.id = t.id AND j.claim_id = t.claim AND j.state = 'running')";

bool is_plain(const Settlement& s) {
    return s.action == Action::complete && s.output.empty() && s.error.empty();
}

/// Data of one outcome that the server refused, as opposed to a broken schema or right.
bool is_poison(const pg::Error& error) {
    return error.sqlstate().starts_with("22") || error.sqlstate().starts_with("23");
}

void add_or_null(pg::ArrayBuilder& array, const std::string& text) {
    if (text.empty())
        array.add_null();
    else
        array.add(std::string_view(text));
}

}  // namespace

Settler::Settler(asio::io_context& io, ThreadPool& blocking, pg::ConnectOptions connect,
                 ClaimLedger& ledger, SettlerOptions options, log::Logger logger)
    : io_(io),
      blocking_(blocking),
      connect_(std::move(connect)),
      ledger_(ledger),
      options_(std::move(options)),
      log_(std::move(logger)),
      signal_(io) {
    connect_.application_name = "barid settle";
    connect_.settings = session_settings();
}

void Settler::settle(const Job& job, Settlement settlement) {
    progress_.erase(job.id);
    notes_.ended(job);
    queue_.push_back({job.id, job.claim_id, std::move(settlement)});
    if (queue_.size() == 1 || queue_.size() >= options_.max_batch) signal_.cancel();
}

void Settler::progress(const Job& job, double fraction, std::string note) {
    progress_[job.id] = {job.claim_id, std::clamp(fraction, 0.0, 1.0), std::move(note)};
}

void Settler::note(const Job& job, const std::string& line) {
    notes_.add(job, line, std::chrono::steady_clock::now());
}

void Settler::settled_by_handler(const Job& job) {
    progress_.erase(job.id);
    notes_.ended(job);
    finished({job.id, job.claim_id, {}});
    signal_.cancel();
}

void Settler::abandon(const Job& job) {
    progress_.erase(job.id);
    notes_.forget(job);
}

void Settler::close() {
    closed_ = true;
    signal_.cancel();
}

void Settler::give_up() {
    closed_ = abandoned_ = true;
    queue_.clear();
    signal_.cancel();
}

bool Settler::idle() const {
    return queue_.empty() && writers_ == 0 && closed_claims_.empty();
}

awaitable<void> Settler::wait_for_work() {
    signal_.expires_after(writers_ > 0 || closed_claims_.empty() ? 1000ms : 20ms);
    co_await signal_.async_wait(use_tuple);
}

awaitable<void> Settler::run() {
    while (!(closed_ && idle())) {
        const bool full = writers_ >= options_.pipeline;
        const bool only_tickets = queue_.empty() && writers_ == 0 && !closed_claims_.empty();
        if (full || (queue_.empty() && !only_tickets)) {
            co_await wait_for_work();
            const bool due =
                queue_.empty() && writers_ == 0 && (!progress_.empty() || !notes_.empty());
            if (!due) continue;
        } else if (queue_.size() < options_.max_batch) {
            // A moment for others to join the batch; longer when only tickets are waiting.
            signal_.expires_after(only_tickets ? 20ms : options_.gather);
            while (queue_.size() < options_.max_batch && !closed_ &&
                   signal_.expiry() > std::chrono::steady_clock::now()) {
                co_await signal_.async_wait(use_tuple);
                if (only_tickets && !queue_.empty()) break;
            }
        }
        ++writers_;
        Batch batch = take_batch();
        in_flight_ += batch.size();
        asio::co_spawn(io_, write(std::move(batch)), asio::detached);
    }
}

Settler::Batch Settler::take_batch() {
    const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), options_.max_batch));
    Batch batch(std::make_move_iterator(queue_.begin()),
                std::make_move_iterator(queue_.begin() + count));
    queue_.erase(queue_.begin(), queue_.begin() + count);
    std::ranges::sort(batch, {}, &Item::id);
    return batch;
}

awaitable<std::shared_ptr<pg::Connection>> Settler::connection() {
    if (!connection_ || !connection_->usable()) {
        // Two writers may come here at once; the later connection stays, the other one ends.
        connection_ = co_await pg::Connection::connect(blocking_, connect_, log_);
        pg::keep_watch(io_.get_executor(), connection_);
    }
    co_return connection_;
}

awaitable<void> Settler::write(Batch batch) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const std::size_t size = batch.size();
    const auto began = std::chrono::steady_clock::now();
    auto pause = 50ms;
    while (true) {
        std::optional<pg::Error> failure;
        try {
            const auto connection = co_await this->connection();
            // On one connection they arrive first: who sees the outcome sees the lines.
            if (!notes_.empty()) {
                co_await write_notes(*connection, notes_, options_.statement_deadline, log_);
            }
            // Plain outcomes go the short way; the others, and what it leaves, the long one.
            Batch plain;
            Batch rest;
            for (Item& item : batch) {
                (is_plain(item.settlement) ? plain : rest).push_back(std::move(item));
            }
            batch = plain;
            batch.insert(batch.end(), rest.begin(), rest.end());
            if (rest.empty() || plain.size() > rest.size()) {
                for (Item& left : co_await send_plain(*connection, plain)) {
                    rest.push_back(std::move(left));
                }
                batch = rest;
            }
            if (!batch.empty()) co_await send_full(*connection, batch);
            if (!progress_.empty()) co_await write_progress(*connection);
            break;
        } catch (const pg::Error& e) {
            failure = e;
        } catch (const Error& e) {
            failure = pg::Error("", e.what());
        }
        if (abandoned_) break;
        co_await mend(batch, *failure, pause);
    }
    latency_.add(std::chrono::steady_clock::now() - began);
    in_flight_ -= size;
    --writers_;
    signal_.cancel();
}

awaitable<Settler::Batch> Settler::send_plain(pg::Connection& connection, const Batch& batch) {
    pg::ArrayBuilder ids;
    pg::ArrayBuilder claims;
    ids.reserve(batch.size() * 12);
    claims.reserve(batch.size() * 40);
    for (const Item& item : batch) {
        ids.add(item.id);
        claims.add(std::string_view(item.claim_id));
    }
    const auto closing = std::exchange(closed_claims_, {});
    pg::Params params;
    params.add(std::move(ids));
    params.add(std::move(claims));
    params.add(closing);
    Batch left;
    try {
        const pg::Result result = co_await connection.execute(kSettlePlain, std::move(params),
                                                              options_.statement_deadline);
        std::vector<std::int64_t> settled;
        settled.reserve(batch.size());
        for (const pg::Row row : result) settled.push_back(row.get<std::int64_t>(0));
        std::ranges::sort(settled);
        for (const Item& item : batch) {
            if (std::ranges::binary_search(settled, item.id))
                finished(item);
            else
                left.push_back(item);
        }
    } catch (...) {
        closed_claims_.insert(closed_claims_.end(), closing.begin(), closing.end());
        throw;
    }
    co_return left;
}

awaitable<void> Settler::send_full(pg::Connection& connection, const Batch& batch) {
    pg::ArrayBuilder ids;
    pg::ArrayBuilder claims;
    pg::ArrayBuilder actions;
    pg::ArrayBuilder delays;
    pg::ArrayBuilder errors;
    pg::ArrayBuilder outputs;
    for (const Item& item : batch) {
        ids.add(item.id);
        claims.add(std::string_view(item.claim_id));
        actions.add(to_string(item.settlement.action));
        delays.add(static_cast<std::int64_t>(item.settlement.delay.count()));
        add_or_null(errors, item.settlement.error);
        add_or_null(outputs, item.settlement.output);
    }
    pg::Params params;
    params.add(std::move(ids));
    params.add(std::move(claims));
    params.add(std::move(actions));
    params.add(std::move(delays));
    params.add(std::move(errors));
    params.add(std::move(outputs));
    params.add(options_.worker_name);
    params.add(std::vector<std::string>{});
    const pg::Result result =
        co_await connection.execute(kSettle, std::move(params), options_.statement_deadline);
    std::map<std::int64_t, std::string> results;
    for (const pg::Row row : result) {
        results[row.get<std::int64_t>(0)] = row.get<std::string>(1);
    }
    bool freed = false;
    for (const Item& item : batch) {
        finished(item);
        if (results[item.id] != "stale") {
            freed = true;
            continue;
        }
        log_.warn("lease lost: the outcome was not recorded",
                  {{"job_id", item.id}, {"action", to_string(item.settlement.action)}});
        if (on_stale) on_stale(item.id);
    }
    if (freed && on_freed) on_freed();
}

awaitable<void> Settler::write_progress(pg::Connection& connection) {
    pg::ArrayBuilder ids;
    pg::ArrayBuilder claims;
    pg::ArrayBuilder fractions;
    pg::ArrayBuilder notes;
    for (const auto& [id, progress] : std::exchange(progress_, {})) {
        ids.add(id);
        claims.add(std::string_view(progress.claim_id));
        fractions.add(std::string_view(std::to_string(progress.fraction)));
        add_or_null(notes, progress.note);
    }
    pg::Params params;
    params.add(std::move(ids));
    params.add(std::move(claims));
    params.add(std::move(fractions));
    params.add(std::move(notes));
    co_await connection.execute(kProgress, std::move(params), options_.statement_deadline);
}

void Settler::finished(const Item& item) {
    ++settled_total_;
    if (ledger_.settled(item.claim_id)) closed_claims_.push_back(item.claim_id);
}

awaitable<void> Settler::mend(Batch& batch, const pg::Error& error,
                              std::chrono::milliseconds& pause) {
    if (error.is("23514") && std::string_view(error.what()).contains("no partition")) {
        try {
            const auto connection = co_await this->connection();
            co_await connection->execute("SELECT barid.ensure_history()");
            co_return;
        } catch (const Error& e) {
            log_.error("history partitions cannot be made", {{"error", e.what()}});
        }
    } else if (is_poison(error) && batch.size() > 1) {
        const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
        Batch second(std::make_move_iterator(middle), std::make_move_iterator(batch.end()));
        batch.erase(middle, batch.end());
        in_flight_ += second.size();  // each writer takes off what it began with
        ++writers_;
        asio::co_spawn(io_, write(std::move(second)), asio::detached);
        co_return;
    } else if (is_poison(error) && batch.size() == 1) {
        Item& item = batch.front();
        log_.error("an outcome cannot be stored; the job fails without its output",
                   {{"job_id", item.id}, {"error", error.what()}});
        item.settlement = {
            Action::fail, {}, std::string("the outcome cannot be stored: ") + error.what(), {}};
    } else {
        log_.warn("settle failed, sent again",
                  {{"jobs", batch.size()}, {"error", error.what()}, {"in", pause}});
    }
    co_await sleep_for(pause);
    pause = std::min<std::chrono::milliseconds>(pause * 2, 2000ms);
}

}  // namespace barid::queue
