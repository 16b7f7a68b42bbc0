#include "notify/send_gate.hpp"

#include <gtest/gtest.h>

#include "base/timeout.hpp"

namespace barid::notify {
namespace {

class Gate : public ::testing::Test {
  protected:
    /// Enters, notes its name, leaves when told.
    awaitable<void> pass(std::string name, Lane lane) {
        const auto place = co_await gate.enter(lane);
        order += place ? name : "-" + name;
        if (!place) co_return;
        most = std::max(most, ++inside);
        co_await asio::post(io, asio::use_awaitable);
        --inside;
    }
    void start(const std::string& name, Lane lane) {
        asio::co_spawn(io, pass(name, lane), asio::detached);
    }

    asio::io_context io{1};
    SendGate gate{2};
    std::string order;
    int inside = 0;
    int most = 0;
};

TEST_F(Gate, LetsSoManyInAndAnOrdersNewsFirst) {
    for (const char* name : {"a", "b", "c", "d"}) start(name, Lane::broadcast);
    for (const char* name : {"X", "Y"}) start(name, Lane::transactional);
    io.run();
    EXPECT_EQ(order, "abXYcd");
    EXPECT_EQ(most, 2);
}

TEST_F(Gate, WhoGivesUpLeavesNoPlaceBehind) {
    const auto impatient = [&]() -> awaitable<void> {
        const auto first = co_await gate.enter(Lane::transactional);
        const auto second = co_await gate.enter(Lane::transactional);
        EXPECT_TRUE(first && second);
        try {
            co_await with_timeout(pass("x", Lane::transactional), std::chrono::milliseconds(20),
                                  "x");
            ADD_FAILURE() << "there was a place";
        } catch (const TimeoutError&) {
            order += ".";
        }
    };
    asio::co_spawn(io, impatient(), asio::detached);
    io.run();
    EXPECT_EQ(order, "-x.");
    io.restart();
    for (const char* name : {"a", "b", "c"}) start(name, Lane::broadcast);
    io.run();
    EXPECT_EQ(order, "-x.abc");
    EXPECT_EQ(most, 2);
}

TEST_F(Gate, PlacesAndWaitsMayOutliveIt) {
    auto brief = std::make_unique<SendGate>(1);
    const auto hold = [&](SendGate& from) -> awaitable<void> {
        const auto place = co_await from.enter(Lane::transactional);
        asio::steady_timer forever(io, asio::steady_timer::time_point::max());
        co_await forever.async_wait(use_tuple);
    };
    asio::co_spawn(io, hold(*brief), asio::detached);
    asio::co_spawn(io, hold(*brief), asio::detached);
    EXPECT_GT(io.poll(), 0U);
    brief.reset();  // the coroutines end with the io_context
}

}  // namespace
}  // namespace barid::notify
