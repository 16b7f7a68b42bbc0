// Time as a seam: decisions take a Clock, tests hand in a ManualClock.
//
// Queue time is the database's `now()`; this clock only times what happens inside the process
// (token expiry, back-off, the worker's own lease deadline). Thread-safe.
#pragma once

#include <chrono>

namespace barid {

using SystemTime = std::chrono::sys_time<std::chrono::microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual SystemTime system_now() const = 0;
    [[nodiscard]] virtual SteadyTime steady_now() const = 0;
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] SystemTime system_now() const override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    [[nodiscard]] SteadyTime steady_now() const override {
        return std::chrono::steady_clock::now();
    }
};

}  // namespace barid
