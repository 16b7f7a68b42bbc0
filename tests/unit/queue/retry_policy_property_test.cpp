// What holds for every policy, attempt and jitter.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "queue/retry_policy.hpp"

namespace barid::queue {
namespace {

using std::chrono::milliseconds;

RetryPolicy any_policy() {
    return {.base = milliseconds(*rc::gen::inRange(0, 100'000)),
            .cap = milliseconds(*rc::gen::inRange(0, 10'000'000)),
            .floor = milliseconds(*rc::gen::inRange(0, 5'000)),
            .retry_after_cap = milliseconds(*rc::gen::inRange(0, 100'000'000))};
}

double any_unit() {
    return *rc::gen::inRange(0, 1'000'000) / 1'000'000.0;
}

RC_GTEST_PROP(RetryPolicyProperty, StaysBetweenTheFloorAndTheEnvelope, ()) {
    const RetryPolicy policy = any_policy();
    const int attempt = *rc::gen::inRange(1, 1001);
    // The model doubles step by step.
    milliseconds ceiling = policy.base;
    for (int i = 1; i < attempt && ceiling < policy.cap; ++i) ceiling *= 2;
    ceiling = std::min(ceiling, policy.cap);
    const milliseconds delay = retry_delay(policy, attempt, any_unit());
    RC_ASSERT(delay >= policy.floor);
    RC_ASSERT(delay <= std::max(ceiling, policy.floor));
}

RC_GTEST_PROP(RetryPolicyProperty, NeverShrinksItsEnvelopeAsAttemptsGoOn, ()) {
    const RetryPolicy policy = any_policy();
    const int attempt = *rc::gen::inRange(1, 1000);
    RC_ASSERT(retry_delay(policy, attempt, 1.0) <= retry_delay(policy, attempt + 1, 1.0));
}

RC_GTEST_PROP(RetryPolicyProperty, GrowsWithTheJitterOverTheWholeRange, ()) {
    const RetryPolicy policy = any_policy();
    const int attempt = *rc::gen::inRange(1, 60);
    const double a = any_unit();
    const double b = any_unit();
    RC_ASSERT(retry_delay(policy, attempt, std::min(a, b)) <=
              retry_delay(policy, attempt, std::max(a, b)));
    RC_ASSERT(retry_delay(policy, attempt, 0.0) == policy.floor);
}

RC_GTEST_PROP(RetryPolicyProperty, ClampsRetryAfterAndKeepsWhatIsWithin, ()) {
    const RetryPolicy policy = any_policy();
    const milliseconds asked(*rc::gen::inRange(-1'000'000, 200'000'000));
    const milliseconds delay = clamp_retry_after(policy, asked);
    RC_ASSERT(delay >= milliseconds(0));
    RC_ASSERT(delay <= policy.retry_after_cap);
    if (asked >= milliseconds(0) && asked <= policy.retry_after_cap) RC_ASSERT(delay == asked);
}

}  // namespace
}  // namespace barid::queue
