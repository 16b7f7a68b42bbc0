#include "queue/settlement.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

Job job(int attempt, int max_attempts) {
    Job made;
    made.attempt = attempt;
    made.max_attempts = max_attempts;
    return made;
}

const RetryPolicy kPolicy{.base = 1000ms, .cap = 1h, .floor = 0ms};

TEST(Settlement, ADoneJobCompletesWithItsOutput) {
    const auto s = settle_as(Done{R"({"n":1})"}, job(1, 3), kPolicy, 0);
    EXPECT_EQ(s.action, Action::complete);
    EXPECT_EQ(s.output, R"({"n":1})");
}

TEST(Settlement, ARetryWaitsWithJitterWhileAttemptsAreLeft) {
    const auto s = settle_as(Retry{.error = "later", .after = {}}, job(2, 3), kPolicy, 0.5);
    EXPECT_EQ(s.action, Action::retry);
    EXPECT_EQ(s.delay, 1000ms);
    EXPECT_EQ(s.error, "later");
}

TEST(Settlement, TheLastAttemptFails) {
    EXPECT_EQ(settle_as(Retry{.error = "x", .after = {}}, job(3, 3), kPolicy, 0).action,
              Action::fail);
}

TEST(Settlement, ARetryAfterIsHonouredClampedAndSpread) {
    const Retry asked{.error = "busy", .after = 100s};
    EXPECT_EQ(settle_as(asked, job(1, 3), kPolicy, 0.0).delay, 100s);
    EXPECT_EQ(settle_as(asked, job(1, 3), kPolicy, 0.5).delay, 105s);
    const Retry absurd{.error = "busy", .after = std::chrono::hours(24 * 365)};
    EXPECT_LT(settle_as(absurd, job(1, 3), {.retry_after_cap = 1h}, 0.0).delay, 2h);
}

TEST(Settlement, AnUnspentAttemptNeverFailsTheJob) {
    const Retry paused{.error = "lane paused", .after = 5s, .spend_attempt = false};
    EXPECT_EQ(settle_as(paused, job(3, 3), kPolicy, 0).action, Action::refund);
    EXPECT_EQ(settle_as(Snooze{10s}, job(3, 3), kPolicy, 0).action, Action::refund);
}

TEST(Settlement, FailAndCancelEndTheJobWhateverAttemptsAreLeft) {
    EXPECT_EQ(settle_as(Fail{"no"}, job(1, 9), kPolicy, 0).action, Action::fail);
    EXPECT_EQ(settle_as(Cancel{"no"}, job(1, 9), kPolicy, 0).action, Action::cancel);
}

TEST(Settlement, ErrorsAreMadeStorable) {
    const std::string hostile = std::string("a\0b", 3) + "\xFF" + std::string(10'000, 'x');
    const auto s = settle_as(Fail{hostile}, job(1, 1), kPolicy, 0);
    EXPECT_TRUE(is_valid_utf8(s.error));
    EXPECT_LE(s.error.size(), kMaxErrorBytes);
    EXPECT_EQ(s.error.find('\0'), std::string::npos);
}

TEST(Settlement, AnOutputThatCannotBeStoredFailsTheJobAndSaysWhy) {
    for (const std::string& output : {std::string("{oops"), std::string(R"({"a":"\u0000"})"),
                                      "{\"a\":\"" + std::string(kMaxOutputBytes, 'x') + "\"}",
                                      std::string("{\"a\":\"\xFF\"}"), std::string(10'000, '[')}) {
        const auto s = settle_as(Done{output}, job(1, 3), kPolicy, 0);
        EXPECT_EQ(s.action, Action::fail) << output.substr(0, 40);
        EXPECT_TRUE(s.output.empty());
        EXPECT_NE(s.error.find("output"), std::string::npos);
    }
}

TEST(Settlement, TextThatOnlyLooksLikeAnEscapedNulIsStored) {
    const std::string output = R"({"pattern":"\\u0000 is refused","path":"C:\\u0000"})";
    EXPECT_EQ(stored_json_problem("output", output), "");
    EXPECT_NE(stored_json_problem("output", R"({"a":"\\\u0000"})"), "");
}

}  // namespace
}  // namespace barid::queue
