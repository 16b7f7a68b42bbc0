// Writes what handlers said, in batches, until the database has answered.
//
// `settle` takes an outcome and returns at once; a background service writes up to `max_batch` of
// them in one statement, at most `pipeline` statements in flight. A batch whose answer is lost is
// sent again, across reconnects, for ever: the claim's token makes that safe, and the history
// tells a lost answer from a lost lease. A poison outcome (a permanent SQLSTATE) is found by
// bisection and ends as failed without its output. Io thread only; must outlive its service.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "base/histogram.hpp"
#include "base/log.hpp"
#include "queue/claim_ledger.hpp"
#include "queue/job.hpp"
#include "queue/job_notes.hpp"
#include "queue/pg/connection.hpp"
#include "queue/settlement.hpp"

namespace barid::queue {

struct SettlerOptions {
    std::size_t max_batch = 2'000;
    std::size_t pipeline = 2;
    std::size_t high_water = 5'000;  ///< `congested()` above this: claim no more
    std::chrono::milliseconds gather{1};
    std::chrono::milliseconds statement_deadline{10'000};
    std::string worker_name;
};

class Settler {
  public:
    Settler(asio::io_context& io, ThreadPool& blocking, pg::ConnectOptions connect,
            ClaimLedger& ledger, SettlerOptions options, log::Logger logger);

    void settle(const Job& job, Settlement settlement);
    /// Latest wins; written with the next batch, never waited for.
    void progress(const Job& job, double fraction, std::string note);

    /// A line for people: buffered, written before the job's outcome or within a second.
    void note(const Job& job, const std::string& line);
    /// The handler settled the job in a transaction of its own.
    void settled_by_handler(const Job& job);
    /// The lease is lost: drops what the attempt said and nobody may read.
    void abandon(const Job& job);

    /// The service: runs until `close` was called and everything is written, or it is cancelled.
    awaitable<void> run();
    /// No more outcomes will come; `run` ends when all are written.
    void close();

    /// Gives up what the database has not taken: each statement on its way is the last one.
    void give_up();

    /// Nothing is left to write, and no statement is on its way.
    [[nodiscard]] bool idle() const;
    /// No coroutine of it runs any more: it may be destroyed once `run` has ended.
    [[nodiscard]] bool quiet() const { return writers_ == 0; }
    /// What is not written yet, and statements on their way.
    [[nodiscard]] std::size_t pending() const { return queue_.size() + in_flight_ + writers_; }
    [[nodiscard]] bool congested() const { return pending() >= options_.high_water; }
    [[nodiscard]] std::uint64_t settled_total() const { return settled_total_; }
    /// How long batches took to be written, repetitions included.
    [[nodiscard]] const Histogram& latency() const { return latency_; }

    /// Called (io thread) with the ids whose claim was no longer ours.
    std::function<void(std::int64_t job_id)> on_stale;
    /// Called (io thread) after a settle that may have freed a limit's slot or a key.
    std::function<void()> on_freed;

  private:
    struct Item {
        std::int64_t id;
        std::string claim_id;
        Settlement settlement;
    };
    using Batch = std::vector<Item>;
    struct Progress {
        std::string claim_id;
        double fraction;
        std::string note;
    };

    awaitable<void> wait_for_work();
    Batch take_batch();
    awaitable<void> write(Batch batch);
    awaitable<std::shared_ptr<pg::Connection>> connection();
    awaitable<Batch> send_plain(pg::Connection& connection, const Batch& batch);
    awaitable<void> send_full(pg::Connection& connection, const Batch& batch);
    awaitable<void> write_progress(pg::Connection& connection);
    void finished(const Item& item);
    awaitable<void> mend(Batch& batch, const pg::Error& error, std::chrono::milliseconds& pause);

    asio::io_context& io_;
    ThreadPool& blocking_;
    pg::ConnectOptions connect_;
    ClaimLedger& ledger_;
    SettlerOptions options_;
    log::Logger log_;
    std::deque<Item> queue_;
    std::map<std::int64_t, Progress> progress_;
    JobNotes notes_;
    std::vector<std::string> closed_claims_;  ///< fully settled; their rows go with the next batch
    std::shared_ptr<pg::Connection> connection_;
    std::size_t in_flight_ = 0;
    std::size_t writers_ = 0;
    std::uint64_t settled_total_ = 0;
    Histogram latency_;
    bool closed_ = false;
    bool abandoned_ = false;
    asio::steady_timer signal_;
};

}  // namespace barid::queue
