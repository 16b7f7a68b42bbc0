// run_on and with_timeout: what comes back, on which thread, and what cancellation does.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>
#include <future>
#include <memory>
#include <thread>

#include "base/run_on.hpp"
#include "base/timeout.hpp"
#include "tests/unit/base/run.hpp"

namespace barid {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

class Coroutine : public ::testing::Test {
  protected:
    asio::io_context io{1};
    ThreadPool pool{2};
};

TEST_F(Coroutine, RunOnReturnsOnTheCallersThread) {
    const auto here = std::this_thread::get_id();
    const auto work = [&]() -> awaitable<void> {
        std::thread::id there;
        const auto text = co_await run_on(pool, [&] {
            there = std::this_thread::get_id();
            return std::make_unique<std::string>("done");
        });
        EXPECT_EQ(*text, "done");
        EXPECT_NE(there, here);
        EXPECT_EQ(std::this_thread::get_id(), here);
        bool ran = false;
        co_await run_on(pool, [&] { ran = true; });
        EXPECT_TRUE(ran);
        EXPECT_EQ(std::this_thread::get_id(), here);
    };
    test::run(io, work());
}

TEST_F(Coroutine, RunOnRethrows) {
    const auto here = std::this_thread::get_id();
    const auto work = [&]() -> awaitable<void> {
        std::string what;
        try {
            co_await run_on(pool, [] { throw std::runtime_error("void"); });
        } catch (const std::runtime_error& error) {
            what = error.what();
        }
        EXPECT_EQ(what, "void");
        try {
            co_await run_on(pool, []() -> int { throw std::runtime_error("int"); });
        } catch (const std::runtime_error& error) {
            what = error.what();
        }
        EXPECT_EQ(what, "int");
        EXPECT_EQ(std::this_thread::get_id(), here);
    };
    test::run(io, work());
}

TEST_F(Coroutine, RunOnLeavesNothingBehindForTheContextsNextRun) {
    // Whatever the pool's thread still holds must not end the next run.
    for (int i = 0; i < 3'000; ++i) {
        const auto work = [&]() -> awaitable<void> {
            EXPECT_EQ(co_await run_on(pool, [i] { return i; }), i);
        };
        bool ended = false;
        io.restart();
        asio::co_spawn(io, work(), [&](const std::exception_ptr&) { ended = true; });
        io.run();
        ASSERT_TRUE(ended) << "in round " << i;
    }
}

TEST_F(Coroutine, RunOnManyAtOnce) {
    int ended = 0;
    std::int64_t sum = 0;
    const auto one = [&](std::int64_t i) -> awaitable<void> {
        sum += co_await run_on(pool, [i] { return i * 2; });
        ++ended;
    };
    for (std::int64_t i = 0; i < 200; ++i) asio::co_spawn(io, one(i), asio::detached);
    io.run_for(seconds(20));
    EXPECT_EQ(ended, 200);
    EXPECT_EQ(sum, 199 * 200);
}

TEST_F(Coroutine, CancelledRunOnStillGetsItsResultAndTheNextWaitIsCancelled) {
    asio::cancellation_signal cancel;
    std::promise<void> started;
    std::promise<void> may_end;
    int result = 0;
    bool slept = true;
    bool ended = false;
    const auto work = [&]() -> awaitable<void> {
        result = co_await run_on(pool, [&] {
            started.set_value();
            may_end.get_future().wait();
            return 7;
        });
        try {
            slept = co_await sleep_for(seconds(60));
        } catch (const boost::system::system_error&) {
            slept = false;
        }
    };
    asio::co_spawn(io, work(), asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr) {
                       ended = true;
                   }));
    io.poll();
    ASSERT_EQ(started.get_future().wait_for(seconds(20)), std::future_status::ready);
    cancel.emit(asio::cancellation_type::terminal);
    may_end.set_value();
    io.run_for(seconds(20));
    EXPECT_TRUE(ended);
    EXPECT_EQ(result, 7);
    EXPECT_FALSE(slept);
}

TEST_F(Coroutine, RunOnLeavesTheCallerCancellable) {
    asio::cancellation_signal cancel;
    bool ended = false;
    const auto work = [&]() -> awaitable<void> {
        co_await run_on(pool, [] {});
        asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
        co_await sleep_for(seconds(60));
    };
    asio::co_spawn(io, work(), asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr) {
                       ended = true;
                   }));
    io.run_for(seconds(20));
    EXPECT_TRUE(ended);
}

TEST_F(Coroutine, TimeoutReturnsTheResultInTime) {
    const auto value = []() -> awaitable<std::unique_ptr<int>> {
        co_await sleep_for(milliseconds(1));
        co_return std::make_unique<int>(5);
    };
    const auto nothing = []() -> awaitable<void> { co_await sleep_for(milliseconds(1)); };
    const auto work = [&]() -> awaitable<void> {
        EXPECT_EQ(*co_await with_timeout(value(), seconds(20), "value"), 5);
        co_await with_timeout(nothing(), seconds(20), "nothing");
    };
    test::run(io, work());
}

TEST_F(Coroutine, TimeoutNamesWhatTookTooLongAndCancelsIt) {
    bool cancelled = false;
    const auto slow = [&]() -> awaitable<void> { cancelled = !co_await sleep_for(seconds(60)); };
    const auto work = [&]() -> awaitable<void> {
        try {
            co_await with_timeout(slow(), milliseconds(10), "the slow thing");
            ADD_FAILURE() << "no timeout";
        } catch (const TimeoutError& error) {
            EXPECT_STREQ(error.what(), "the slow thing: deadline exceeded");
            EXPECT_TRUE(error.transient());
        }
    };
    test::run(io, work());
    EXPECT_TRUE(cancelled);
}

TEST_F(Coroutine, TimeoutLetsErrorsThroughAtOnce) {
    const auto broken = []() -> awaitable<int> {
        co_await sleep_for(milliseconds(1));
        throw std::runtime_error("broken");
    };
    const auto work = [&]() -> awaitable<void> {
        const auto started = SteadyClock::now();
        std::string what;
        try {
            co_await with_timeout(broken(), seconds(10), "x");
        } catch (const std::runtime_error& error) {
            what = error.what();
        }
        EXPECT_EQ(what, "broken");
        EXPECT_LT(SteadyClock::now() - started, seconds(5));
    };
    test::run(io, work());
}

TEST_F(Coroutine, CancellationIsNotMistakenForATimeout) {
    asio::cancellation_signal cancel;
    std::exception_ptr thrown;
    const auto forever = []() -> awaitable<int> {
        asio::steady_timer timer(co_await asio::this_coro::executor, seconds(60));
        co_await timer.async_wait(asio::use_awaitable);
        co_return 1;
    };
    asio::co_spawn(io, with_timeout(forever(), seconds(30), "x"),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](std::exception_ptr error, int) { thrown = error; }));
    asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    io.run_for(seconds(20));
    ASSERT_TRUE(thrown);
    EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
}

}  // namespace
}  // namespace barid
