#include "queue/retry_policy.hpp"

#include <algorithm>

namespace barid::queue {

std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int attempt, double unit) {
    const int doublings = std::clamp(attempt - 1, 0, 40);
    const double ceiling =
        std::min(static_cast<double>(policy.cap.count()),
                 static_cast<double>(policy.base.count()) * static_cast<double>(1LL << doublings));
    const auto delay = std::chrono::milliseconds(
        static_cast<std::chrono::milliseconds::rep>(ceiling * std::clamp(unit, 0.0, 1.0)));
    return std::max(delay, policy.floor);
}

std::chrono::milliseconds clamp_retry_after(const RetryPolicy& policy,
                                            std::chrono::milliseconds asked) {
    return std::clamp(asked, std::chrono::milliseconds(0), policy.retry_after_cap);
}

}  // namespace barid::queue
