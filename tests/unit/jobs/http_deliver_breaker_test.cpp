#include "jobs/http_deliver_breaker.hpp"

#include <gtest/gtest.h>

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using Answer = Breaker::Answer;
using State = Breaker::State;

class BreakerTest : public testing::Test {
  protected:
    void fail(int times) {
        for (int i = 0; i < times; ++i) breaker_.failed(breaker_.begin(now_), now_);
    }

    SteadyTime now_ = SteadyTime() + 1h;
    Breaker breaker_{{.failures = 3, .first_rest = 10s, .longest_rest = 35s}};
};

TEST_F(BreakerTest, OpensAfterSoManyFailuresInARow) {
    fail(2);
    EXPECT_EQ(breaker_.state(), State::closed);
    breaker_.succeeded(breaker_.begin(now_));
    fail(2);
    EXPECT_EQ(breaker_.ask(now_), Answer::go);
    fail(1);
    EXPECT_EQ(breaker_.state(), State::open);
    EXPECT_EQ(breaker_.ask(now_ + 9999ms), Answer::rest);
    EXPECT_EQ(breaker_.rests_until(), now_ + 10s);
}

TEST_F(BreakerTest, LetsOneRequestTryAndClosesWhenItIsWell) {
    fail(3);
    now_ += 10s;
    ASSERT_EQ(breaker_.ask(now_), Answer::go);
    const auto probe = breaker_.begin(now_);
    EXPECT_EQ(breaker_.ask(now_), Answer::wait);
    breaker_.succeeded(probe);
    EXPECT_EQ(breaker_.state(), State::closed);
    EXPECT_EQ(breaker_.ask(now_), Answer::go);
}

TEST_F(BreakerTest, RestsTwiceAsLongEachTimeUpToTheLongest) {
    fail(3);
    for (const auto rest : {20s, 35s, 35s}) {
        now_ = breaker_.rests_until();
        fail(1);
        EXPECT_EQ(breaker_.rests_until() - now_, rest);
    }
    now_ = breaker_.rests_until();
    breaker_.succeeded(breaker_.begin(now_));
    fail(3);
    EXPECT_EQ(breaker_.rests_until() - now_, 10s);
}

TEST_F(BreakerTest, IgnoresLateNews) {
    const auto early = breaker_.begin(now_);
    const auto another = breaker_.begin(now_);
    fail(3);
    breaker_.succeeded(early);  // began before it opened
    EXPECT_EQ(breaker_.state(), State::open);
    now_ += 10s;
    const auto probe = breaker_.begin(now_);
    breaker_.failed(another, now_);
    EXPECT_EQ(breaker_.state(), State::half_open);
    breaker_.succeeded(probe);
    breaker_.failed(probe, now_);
    EXPECT_EQ(breaker_.state(), State::closed);
}

TEST_F(BreakerTest, LetsAnotherTryWhenTheFirstIsAbandoned) {
    fail(3);
    now_ += 10s;
    breaker_.abandoned(breaker_.begin(now_));
    EXPECT_EQ(breaker_.state(), State::half_open);
    EXPECT_EQ(breaker_.ask(now_), Answer::go);
}

TEST_F(BreakerTest, RestsWhenAskedToWithoutCountingAFailure) {
    breaker_.pause(now_, 7s);
    EXPECT_EQ(breaker_.ask(now_ + 6s), Answer::rest);
    breaker_.pause(now_, 3s);  // a shorter wish doesn't shorten it
    EXPECT_EQ(breaker_.rests_until(), now_ + 7s);
    breaker_.pause(now_, 24h);
    EXPECT_EQ(breaker_.rests_until(), now_ + 35s);
    now_ = breaker_.rests_until();
    breaker_.succeeded(breaker_.begin(now_));
    fail(3);
    EXPECT_EQ(breaker_.rests_until() - now_, 10s);
}

}  // namespace
}  // namespace barid::jobs
