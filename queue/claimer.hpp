// Takes jobs from the database: the claim statement and the connection that it needs.
//
// One claim is in flight at a time. Every claim has a token of its own, made here from the
// operating system's randomness, never by a sequence: a sequence's values are issued again after
// a crash. When the answer to a claim is lost, the next call closes the worker's epoch first, so
// that a claim still on its way does nothing, and gives back what this process doesn't know of.
// Io thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.hpp"
#include "base/log.hpp"
#include "queue/claim_cursor.hpp"
#include "queue/claim_ledger.hpp"
#include "queue/job.hpp"
#include "queue/pg/connection.hpp"

namespace barid::queue {

struct ClaimResult {
    std::vector<Job> jobs;    ///< claimed, in the order of priority, run_at, id
    std::vector<Job> passed;  ///< keyed jobs that were looked at: for the cursor only
    bool full = false;        ///< the demand was reached
    bool lease_lost = false;  ///< the worker's row or epoch is gone: register again
    SystemTime database_now;
};

/// A claim within one queue's limits (see barid.claim_limited).
struct LimitedClaim {
    std::string queue;
    std::size_t demand = 0;
    std::size_t running_here = 0;  ///< jobs of the queue that this process holds
    std::vector<CursorRow> rows;   ///< those of other queues are ignored
    std::string after_key;         ///< where the round over the limit keys goes on
};

struct LimitedResult {
    std::vector<Job> jobs;
    std::vector<Job> passed;  ///< those of `jobs` that the cursor has passed (not from lanes)
    std::string next_key;
    /// When it is worth asking again; nothing: when something changes.
    std::optional<std::chrono::milliseconds> retry;
    bool lease_lost = false;
};

/// The claim statement's text, for the test that measures what it reads. Parameters: worker id,
/// epoch, claim id, and the arrays queue, priority, run_at, id of the cursors, then the demand.
std::string_view claim_statement();

/// The worker whose claim it is, as its id tells; 0 for what is no claim's id.
std::int64_t worker_of_claim(std::string_view claim_id);

class Claimer {
  public:
    Claimer(ThreadPool& blocking, pg::ConnectOptions options, ClaimLedger& ledger,
            log::Logger logger);

    /// Claims are made for this worker from now on.
    void attach(std::int64_t worker_id);

    /// Throws pg::Error; a later call repairs what was left in doubt.
    awaitable<ClaimResult> claim(const std::vector<CursorRow>& rows, std::size_t demand);

    /// Those of the queues that `claim` leaves to `claim_limited`, wholly or for their limit keys.
    awaitable<std::vector<std::string>> limited_queues(const std::vector<std::string>& queues);
    awaitable<LimitedResult> claim_limited(const LimitedClaim& wanted);

    /// Gives back what a claim that nobody waited for may have taken, without a spent attempt.
    awaitable<void> resolve_doubt();

    /// Queues that have a row in barid.queue or a live job.
    awaitable<std::vector<std::string>> all_queues();

    /// How long claims took, those that found nothing among them, and what they brought.
    [[nodiscard]] const Histogram& latency() const { return latency_; }
    [[nodiscard]] std::uint64_t claimed_total() const { return claimed_total_; }

  private:
    awaitable<void> make_ready();
    awaitable<void> close_epoch();
    awaitable<void> read_claimed(const std::vector<std::int64_t>& ids, const std::string& claim_id,
                                 std::vector<Job>& jobs);
    awaitable<void> claim_keyed(const std::vector<std::int64_t>& ids, ClaimResult& result);

    ThreadPool& blocking_;
    pg::ConnectOptions options_;
    ClaimLedger& ledger_;
    log::Logger log_;
    std::shared_ptr<pg::Connection> connection_;
    std::int64_t worker_id_ = 0;
    int epoch_ = 1;
    bool in_doubt_ = false;
    SteadyTime next_commit_check_{};
    Histogram latency_;
    std::uint64_t claimed_total_ = 0;
};

}  // namespace barid::queue
