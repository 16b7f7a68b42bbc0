// What jobs that go through a shop's lists do with their time, and with lists that aren't in order.
#include "jobs/payment_sweep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

namespace barid::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Keeps the last checkpoint, as a worker does.
class Records : public JobRecords {
  public:
    void note(const queue::Job&, const std::string&) override {}
    awaitable<void> checkpoint(const queue::Job&, std::string state) override {
        kept = parse_json(state);
        co_return;
    }
    awaitable<std::optional<json::value>> last_checkpoint(const queue::Job&) override {
        co_return kept;
    }
    awaitable<std::vector<ParentOutput>> parent_outputs(const queue::Job&) override {
        co_return std::vector<ParentOutput>{};
    }
    std::optional<json::value> kept;
};

class Sweep : public testing::Test {
  protected:
    /// One attempt of the job, over `list`; what it looked at is in `seen`.
    queue::Outcome attempt() {
        const queue::Job job;
        JobContext context{.job = job,
                           .log = {},
                           .deadline = SteadyTime::max(),
                           .progress = {},
                           .cancelled = [] { return false; },
                           .records = &records};
        PaymentSweep sweep(context, options);
        const auto page = [&](std::string after) -> awaitable<std::vector<std::string>> {
            std::vector<std::string> out;
            for (const std::string& id : list) {
                if ((id > after || stuck) && std::ssize(out) < options.batch) out.push_back(id);
            }
            co_return out;
        };
        const auto work = [&](std::string id) -> awaitable<void> {
            seen.push_back(id);
            sweep.counts().add("seen");
            co_return;
        };
        asio::io_context io{1};
        auto future = asio::co_spawn(
            io, sweep.run(page, [](const std::string& id) { return id; }, work), asio::use_future);
        io.run();
        return future.get();
    }

    commerce::PaymentOptions options{.concurrency = 2, .batch = 3};
    std::vector<std::string> list{"a", "b", "c", "d", "e"};
    bool stuck = false;
    std::vector<std::string> seen;
    Records records;
};

TEST_F(Sweep, GoesThroughAllPages) {
    const auto done = attempt();
    EXPECT_EQ(std::get<queue::Done>(done).output, R"({"seen":5})");
    EXPECT_THAT(seen, ElementsAre("a", "b", "c", "d", "e"));
}

// A slow gateway may take longer for one page than the job has: what comes after must get its turn.
TEST_F(Sweep, BeginsNothingMoreAfterItsShiftAndGoesOnFromThere) {
    options.shift = std::chrono::seconds(-1);
    for (int i = 1; i < 5; ++i) {
        EXPECT_TRUE(std::holds_alternative<queue::Snooze>(attempt())) << i;
        EXPECT_EQ(std::ssize(seen), i);
    }
    options.shift = std::chrono::seconds(60);
    EXPECT_EQ(std::get<queue::Done>(attempt()).output, R"({"seen":5})");
    EXPECT_THAT(seen, ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(Sweep, FailsAListInAnotherOrder) {
    list = {"b", "a", "c"};
    EXPECT_THAT(std::get<queue::Fail>(attempt()).error, HasSubstr("COLLATE \"C\""));
    EXPECT_THAT(seen, ElementsAre("b", "a", "c")) << "these are looked at";
}

TEST_F(Sweep, FailsAListThatNeverGoesOn) {
    stuck = true;
    EXPECT_THAT(std::get<queue::Fail>(attempt()).error, HasSubstr("don't come after \"c\""));
}

}  // namespace
}  // namespace barid::jobs
