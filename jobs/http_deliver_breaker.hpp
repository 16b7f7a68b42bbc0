// A circuit breaker: when a host fails several times in a row, nobody asks it for a while, and then
// one request tries whether it is well again. A pure state machine; the caller brings the time.
//
//     closed ── `failures` in a row ──► open ── time passed, one request tries ──► half open
//       ▲                                ▲                                          │    │
//       └────────── the try succeeds ────┼──────────────────────────────────────────┘    │
//                                        └── it fails: open for twice as long ───────────┘
//
// What a request reports counts only for the state it began in: late news changes nothing.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace barid::jobs {

struct BreakerOptions {
    int failures = 5;
    std::chrono::milliseconds first_rest{10'000};
    std::chrono::milliseconds longest_rest{std::chrono::minutes(5)};
};

class Breaker {
  public:
    enum class State { closed, open, half_open };
    enum class Answer {
        go,    ///< `begin` may be called now
        wait,  ///< one request is trying; its end decides
        rest,  ///< not before `rests_until`
    };
    struct Permit {
        std::uint64_t period = 0;
    };

    explicit Breaker(BreakerOptions options = {}) : options_(options) {}

    [[nodiscard]] Answer ask(SteadyTime now) const;
    /// REQUIRES: `ask(now)` is `go`. Each permit is given back by one of the next three.
    Permit begin(SteadyTime now);
    void succeeded(Permit permit);
    void failed(Permit permit, SteadyTime now);
    /// The request ended without news of the host (cancelled, never sent).
    void abandoned(Permit permit);

    /// The host asked to be left alone; counts as no failure. Cut at `longest_rest`.
    void pause(SteadyTime now, std::chrono::milliseconds rest);

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] SteadyTime rests_until() const { return until_; }
    /// How long the present or the next rest is.
    [[nodiscard]] std::chrono::milliseconds rest() const { return rest_; }

  private:
    void open(SteadyTime until);

    BreakerOptions options_;
    State state_ = State::closed;
    std::uint64_t period_ = 0;  ///< counts changes of state
    int in_a_row_ = 0;
    bool trying_ = false;
    SteadyTime until_;
    std::chrono::milliseconds rest_ = options_.first_rest;
};

}  // namespace barid::jobs
