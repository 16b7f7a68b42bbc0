// Where the next claim starts, for each (queue, priority): pure bookkeeping, no I/O.
//
// A claim starts behind the last job that this process claimed, so it never walks over the dead
// index entries before it. Rows that commit late lie below the cursor: a frequent scan looks back
// further than any ordinary transaction lasts, a rare one starts at the beginning and costs at
// most a twentieth of the time. Not thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "queue/job.hpp"

namespace barid::queue {

enum class Scan { forward, look_back, deep };

struct ScanPolicy {
    /// A transaction that was open for up to 10 s starts within a second: 10 s + the interval.
    std::chrono::milliseconds look_back{11'000};
    std::chrono::milliseconds look_back_every{500};
    std::chrono::milliseconds deep_every{2'000};       ///< at least this long between two
    std::chrono::milliseconds deep_at_latest{30'000};  ///< whatever it costs
    int deep_cost_factor = 20;                         ///< at most 1/20 of the time
};

/// The place of a job in its queue's order.
struct Position {
    SystemTime run_at = SystemTime::min();
    std::int64_t id = 0;
    friend auto operator<=>(const Position&, const Position&) = default;
};

/// One row of the claim statement's `unnest`.
struct CursorRow {
    std::string queue;
    int priority;
    Position after;
};

class ClaimCursor {
  public:
    explicit ClaimCursor(std::vector<std::string> queues, ScanPolicy policy = {});

    /// Which scan is due; a notification that found nothing asks for a deeper one by `hint`.
    [[nodiscard]] Scan next_scan(SteadyTime now, Scan hint = Scan::forward) const;

    /// The rows to scan, priority by priority; the order of queues rotates with each call.
    [[nodiscard]] std::vector<CursorRow> plan(Scan scan, SystemTime database_now);

    /// Takes note of a claim's result. `full`: the demand was reached, more rows may be there.
    void claimed(Scan scan, const std::vector<Job>& jobs, bool full, SteadyTime started,
                 SteadyTime finished, SystemTime database_now);

    /// Forgets every position: the database's clock stepped back, or another server answers.
    void reset();

    void set_queues(std::vector<std::string> queues);
    [[nodiscard]] const std::vector<std::string>& queues() const { return queues_; }

  private:
    using Level = std::pair<std::string, int>;

    ScanPolicy policy_;
    std::vector<std::string> queues_;
    std::map<Level, Position> positions_;
    std::size_t rotation_ = 0;
    SteadyTime last_look_back_{};
    SteadyTime last_deep_{};
    std::chrono::nanoseconds deep_cost_{0};
    bool again_look_back_ = false;
    bool again_deep_ = false;
    SystemTime last_database_now_ = SystemTime::min();
};

}  // namespace barid::queue
