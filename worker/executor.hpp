// Runs claimed jobs: at most `concurrency` handlers at once, each a coroutine with a deadline.
//
// Exactly one of the three catch sites: what a handler throws becomes a failed attempt here,
// permanent or transient. Every attempt ends in the settler, unless its lease was lost. A handler
// that should stop (timeout, cancel, shutdown, lost lease) is cancelled at what it awaits; one
// that computes on a pool thread keeps its slot until it returns. Io thread only.
#pragma once

#include <array>
#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/asio.hpp"
#include "base/histogram.hpp"
#include "base/log.hpp"
#include "base/trace.hpp"
#include "jobs/registry.hpp"
#include "queue/job.hpp"
#include "queue/settler.hpp"

namespace barid::worker {

/// What became of the attempts of one kind in this process.
struct KindMeter {
    std::array<std::uint64_t, 5> outcomes{};  ///< by queue::Action
    Histogram duration;                       ///< of the handler
};
/// By kind; nullptr stands for kinds without a handler.
using KindMeters = std::unordered_map<const jobs::Registry::Kind*, KindMeter>;

class Executor {
  public:
    Executor(asio::io_context& io, const jobs::Registry& registry, queue::Settler& settler,
             jobs::JobRecords& records, std::size_t concurrency, log::Logger logger);
    ~Executor();

    /// How many jobs to claim now: free slots plus a look-ahead that follows the rate at which
    /// jobs finish (30 ms of it), so that short jobs never wait for a round trip.
    [[nodiscard]] std::size_t demand() const;
    void accept(std::vector<queue::Job> jobs);

    /// Waits until `demand() > 0` or the limit; cancellable.
    awaitable<void> wait_for_room(std::chrono::milliseconds limit);

    /// Somebody wants this job cancelled; ignored when it doesn't run here.
    void cancel(std::int64_t job_id);
    /// The lease is over: stops everything; outcomes that still come are left to the fence.
    void fence();
    /// Gives back what has not started. With `running_too`, cancels the handlers and gives their
    /// attempts back as well.
    void hand_back(bool running_too);
    /// Completes when no handler runs, or after `limit`; true when none runs.
    awaitable<bool> drained(std::chrono::milliseconds limit);

    /// The service that enforces timeouts and measures the rate; runs until cancelled.
    awaitable<void> watchdog();

    /// Ids of handlers that have run for longer than `age`.
    [[nodiscard]] std::vector<std::int64_t> running_longer_than(
        std::chrono::milliseconds age) const;
    [[nodiscard]] std::size_t running() const { return running_.size(); }
    /// Jobs of this queue, running or buffered.
    [[nodiscard]] std::size_t held_of(std::string_view queue) const;
    /// Called (io thread) when a job's handler has ended, its outcome on its way to the settler.
    std::function<void(const queue::Job&)> on_finished;
    [[nodiscard]] std::size_t buffered() const { return buffer_.size(); }
    [[nodiscard]] const KindMeters& meters() const { return meters_; }

    /// Asked before each start. After a stall the lease may be over before anybody said so, or a
    /// claim's answer may come when its lease has been replaced: such a job is another's and is
    /// dropped. Unset: always.
    std::function<bool(const queue::Job&)> may_start;

    /// What attempts' spans are made by. While it is off there are none, and a job's traceparent
    /// passes on as it is.
    const trace::Tracer* tracer = &trace::Tracer::off();

  private:
    enum class Stop { none, timeout, cancelled, shutdown, lease_lost };
    struct Attempt;

    void start_next();
    void start(queue::Job job);
    awaitable<void> run(std::shared_ptr<Attempt> attempt);
    awaitable<queue::Outcome> invoke(Attempt& attempt);
    static queue::Outcome stopped_outcome(const Attempt& attempt);
    static std::string_view why_stopped(const Attempt& attempt);
    void stop(Attempt& attempt, Stop reason);
    void finish(Attempt& attempt, const queue::Outcome& outcome);
    [[nodiscard]] log::Logger logger_for(const queue::Job& job) const;

    asio::io_context& io_;
    const jobs::Registry& registry_;
    queue::Settler& settler_;
    jobs::JobRecords& records_;
    std::size_t concurrency_;
    log::Logger log_;
    std::deque<queue::Job> buffer_;
    std::map<std::int64_t, std::shared_ptr<Attempt>> running_;
    KindMeters meters_;
    std::size_t finished_since_tick_ = 0;
    double rate_ = 0;        ///< finished a second, smoothed
    std::size_t burst_ = 0;  ///< look-ahead while the rate is still being learnt
    std::size_t last_accepted_ = 0;
    std::size_t finished_since_accept_ = 0;
    SteadyTime accepted_at_{};
    bool starting_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< for what is posted
    asio::steady_timer room_;
    asio::steady_timer empty_;
};

}  // namespace barid::worker
