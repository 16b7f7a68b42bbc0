#include "base/task_group.hpp"

#include <gtest/gtest.h>

#include "base/timeout.hpp"
#include "tests/unit/base/run.hpp"

namespace barid {
namespace {

using std::chrono::seconds;

class TaskGroupTest : public ::testing::Test {
  protected:
    TaskGroupTest() { log::init({.level = log::Level::off}); }
    ~TaskGroupTest() override { log::init({}); }

    void stop_and_join() {
        group.stop();
        test::run(io, group.join());
    }

    asio::io_context io{1};
    TaskGroup group{io, log::Logger()};
};

TEST_F(TaskGroupTest, StartsAFailedServiceAgain) {
    int starts = 0;
    group.spawn("flaky", [&]() -> awaitable<void> {
        if (++starts < 3) throw std::runtime_error("not yet");
        co_return;
    });
    test::run(io, group.join());
    EXPECT_EQ(starts, 3);
}

TEST_F(TaskGroupTest, LeavesAReturnedServiceAlone) {
    int starts = 0;
    group.spawn("once", [&]() -> awaitable<void> {
        ++starts;
        co_return;
    });
    test::run(io, group.join());
    EXPECT_EQ(starts, 1);
}

TEST_F(TaskGroupTest, StopCancelsWaitsAndJoinWaitsForAll) {
    int ended = 0;
    for (int i = 0; i < 3; ++i) {
        group.spawn("sleeper", [&]() -> awaitable<void> {
            co_await sleep_for(seconds(60));
            ++ended;
        });
    }
    io.poll();
    EXPECT_FALSE(group.stopping());
    stop_and_join();
    EXPECT_TRUE(group.stopping());
    EXPECT_EQ(ended, 3);
    group.stop();
}

TEST_F(TaskGroupTest, StopEndsABackOffToo) {
    int starts = 0;
    group.spawn("broken", [&]() -> awaitable<void> {
        ++starts;
        throw std::runtime_error("always");
        co_return;
    });
    io.poll();
    EXPECT_EQ(starts, 1);
    stop_and_join();
    EXPECT_EQ(starts, 1);
}

TEST_F(TaskGroupTest, AServiceThatThrowsWhenStoppedIsNotRestarted) {
    int starts = 0;
    group.spawn("thrower", [&]() -> awaitable<void> {
        ++starts;
        co_await sleep_for(seconds(60));
        throw std::runtime_error("interrupted");
    });
    io.poll();
    stop_and_join();
    EXPECT_EQ(starts, 1);
}

TEST_F(TaskGroupTest, OneFailureLeavesTheOthersRunning) {
    bool cancelled = false;
    group.spawn("sleeper",
                [&]() -> awaitable<void> { cancelled = !co_await sleep_for(seconds(60)); });
    group.spawn("broken", []() -> awaitable<void> {
        throw std::runtime_error("always");
        co_return;
    });
    io.poll();
    EXPECT_FALSE(cancelled);
    stop_and_join();
    EXPECT_TRUE(cancelled);
}

}  // namespace
}  // namespace barid
