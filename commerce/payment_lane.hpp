// The way out to a payment gateway, for the whole fleet: its rate, its rests and its pause.
//
// The rate is a bucket in the database (barid.payment_gateway); a process takes tokens in small
// blocks, which are void after a quarter of a second. A 429 makes the gateway rest for everybody,
// for as long as it asked, or for longer and longer. A 401 pauses it until somebody resumes it.
// Io thread only; the pool must outlive it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "queue/pg/pool.hpp"

namespace barid::commerce {

struct LaneEntry {
    bool granted = false;
    bool paused = false;                ///< until somebody resumes it
    std::chrono::milliseconds wait{0};  ///< when it wasn't granted: ask again after this
    std::string why = {};
};

class PaymentLane {
  public:
    PaymentLane(pg::Pool& pool, const Clock& clock) : pool_(pool), clock_(clock) {}

    /// One request may leave now, or after waiting for at most `longest`.
    awaitable<LaneEntry> enter(std::string gateway, int per_minute,
                               std::chrono::milliseconds longest);
    /// Gives back what `enter` granted, to whoever enters next in this process.
    void give_back(const std::string& gateway);
    /// The gateway asked for a rest; without a time, twice the last one.
    awaitable<void> rest(std::string gateway, std::optional<std::chrono::milliseconds> wanted);
    /// True when it wasn't paused before.
    awaitable<bool> pause(std::string gateway, std::string why);
    /// An answer came: the next rest is short again.
    awaitable<void> answered(std::string gateway);

  private:
    struct Block {
        int left = 0;
        SteadyTime good_until{};
        bool rested = false;
    };
    awaitable<LaneEntry> lease(const std::string& gateway, int per_minute);

    pg::Pool& pool_;
    const Clock& clock_;
    std::map<std::string, Block, std::less<>> blocks_;
};

}  // namespace barid::commerce
