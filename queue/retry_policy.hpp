// When a failed job runs again. Pure.
//
// Exponential with full jitter (Brooker, "Exponential Backoff And Jitter", 2015): the n-th retry
// waits a uniformly random time up to min(cap, base × 2^(n-1)), and never less than `floor`.
#pragma once

#include <chrono>

namespace barid::queue {

struct RetryPolicy {
    std::chrono::milliseconds base{5'000};
    std::chrono::milliseconds cap{std::chrono::hours(1)};
    std::chrono::milliseconds floor{500};
    /// A longer Retry-After than this is cut: a provider can't park a job for ever.
    std::chrono::milliseconds retry_after_cap{std::chrono::hours(6)};
};

/// `attempt` is the attempt that failed (from 1), `unit` a random number in [0, 1).
std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int attempt, double unit);

/// The delay a peer asked for, within [0, retry_after_cap].
std::chrono::milliseconds clamp_retry_after(const RetryPolicy& policy,
                                            std::chrono::milliseconds asked);

}  // namespace barid::queue
