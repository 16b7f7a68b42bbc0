#include "queue/retry_policy.hpp"

#include <gtest/gtest.h>

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

TEST(RetryPolicy, DoublesTheCeilingWithEachAttempt) {
    const RetryPolicy policy{.base = 1000ms, .cap = 1h, .floor = 0ms};
    EXPECT_EQ(retry_delay(policy, 1, 1.0), 1000ms);
    EXPECT_EQ(retry_delay(policy, 2, 1.0), 2000ms);
    EXPECT_EQ(retry_delay(policy, 5, 1.0), 16000ms);
}

TEST(RetryPolicy, JittersOverTheWholeRange) {
    const RetryPolicy policy{.base = 1000ms, .cap = 1h, .floor = 0ms};
    EXPECT_EQ(retry_delay(policy, 3, 0.0), 0ms);
    EXPECT_EQ(retry_delay(policy, 3, 0.25), 1000ms);
    EXPECT_EQ(retry_delay(policy, 3, 0.5), 2000ms);
}

TEST(RetryPolicy, NeverExceedsTheCapHoweverManyAttempts) {
    const RetryPolicy policy{.base = 1000ms, .cap = 60s};
    EXPECT_EQ(retry_delay(policy, 30, 1.0), 60s);
    EXPECT_EQ(retry_delay(policy, 1'000'000, 1.0), 60s);
}

TEST(RetryPolicy, NeverGoesBelowTheFloor) {
    const RetryPolicy policy{.base = 1000ms, .floor = 300ms};
    EXPECT_EQ(retry_delay(policy, 1, 0.0), 300ms);
    EXPECT_EQ(retry_delay(policy, -5, -1.0), 300ms);
}

TEST(RetryPolicy, ClampsWhatAPeerAskedFor) {
    const RetryPolicy policy{.retry_after_cap = 10min};
    EXPECT_EQ(clamp_retry_after(policy, 30s), 30s);
    EXPECT_EQ(clamp_retry_after(policy, 24h), 10min);
    EXPECT_EQ(clamp_retry_after(policy, -5s), 0ms);
}

}  // namespace
}  // namespace barid::queue
