// SIGTERM, at quiet and at bad moments: nothing lost, no attempt spent, exit 0.
#include <csignal>

#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

class Shutdown : public testing::Test {
  protected:
    support::TestDatabase database;
};

TEST_F(Shutdown, RunningHandlersFinishAndTheRestGoesBackUntouched) {
    Fleet fleet(database.url(), {.concurrency = 5});
    const std::size_t worker = fleet.start();
    fleet.sql(R"(SELECT count(barid.enqueue('hold', '{"ms": 700}', max_attempts => 1))
                 FROM generate_series(1, 30))");
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM public.run") >= 5; }, 20s));
    fleet.process(worker).signal(SIGTERM);
    EXPECT_EQ(fleet.process(worker).wait(patience(10s)), 0);
    const long ran = fleet.count("SELECT count(*) FROM public.run");
    EXPECT_EQ(fleet.finished(), ran) << "a handler was not let finish";
    EXPECT_EQ(fleet.live_jobs(), 30 - ran);
    EXPECT_GT(fleet.live_jobs(), 0);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job WHERE state <> 'waiting' OR attempt <> 0 "
                          "OR errors IS NOT NULL"),
              0);
    fleet.start();
    ASSERT_TRUE(fleet.wait_for_live(0, 30s));
    EXPECT_EQ(fleet.finished(), 30);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM public.run"), 30) << "a job ran twice";
    fleet.process(1).signal(SIGTERM);
    EXPECT_EQ(fleet.process(1).wait(patience(10s)), 0);
    fleet.expect_nothing_left();
}

TEST_F(Shutdown, ASecondSignalHandsBackAtOnce) {
    Fleet fleet(database.url(), {.concurrency = 5, .grace_ms = 120'000});
    const std::size_t worker = fleet.start();
    fleet.sql(R"(SELECT count(barid.enqueue('hold', '{"ms": 600000}', max_attempts => 1))
                 FROM generate_series(1, 8))");
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM public.run") == 5; }, 20s));
    fleet.process(worker).signal(SIGTERM);
    EXPECT_EQ(fleet.process(worker).wait(500ms), std::nullopt) << "the grace was cut short";
    fleet.process(worker).signal(SIGTERM);
    EXPECT_EQ(fleet.process(worker).wait(patience(8s)), 0);
    EXPECT_EQ(fleet.live_jobs(), 8);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job WHERE state <> 'waiting' OR attempt <> 0 "
                          "OR errors IS NOT NULL"),
              0);
    EXPECT_EQ(fleet.sql("SELECT count(*) FROM barid.claim"), "0");
    EXPECT_EQ(fleet.sql("SELECT count(*) FROM barid.worker"), "0");
}

/// Signals that fall into claims: with one attempt each, a claim that is given up in the middle
/// must not cost it. Keyed jobs are claimed in two steps, and are there too.
TEST_F(Shutdown, UnderLoadCostsNoJobItsOnlyAttempt) {
    const int rounds = sized(12);
    const int jobs = 100 * rounds;
    Fleet fleet(database.url(), {.concurrency = 20});
    fleet.sql(R"(SELECT count(barid.enqueue('effect', '{"ms": 1}', max_attempts => 1,
                     ordering_key => CASE WHEN n % 4 = 0 THEN 'k' || n % 40 END))
                 FROM generate_series(1, )" +
              std::to_string(jobs) + ") n");
    const std::size_t worker = fleet.start();
    for (int round = 1; round < rounds; ++round) {
        ASSERT_TRUE(wait_until([&] { return fleet.finished() >= 60L * round; }, 30s));
        fleet.process(worker).signal(SIGTERM);
        ASSERT_EQ(fleet.process(worker).wait(patience(15s)), 0) << "round " << round;
        ASSERT_EQ(fleet.sql("SELECT count(*) FROM barid.claim"), "0") << "round " << round;
        fleet.restart(worker);
    }
    ASSERT_TRUE(fleet.wait_for_live(0, 60s));
    EXPECT_EQ(fleet.finished(), jobs);
    EXPECT_EQ(fleet.finished("failed"), 0)
        << fleet.sql("SELECT errors FROM barid.job_history WHERE state = 'failed' LIMIT 1");
    EXPECT_EQ(fleet.count("SELECT count(*) FROM public.effect"), jobs) << "a job ran twice";
    fleet.stop_all();
    fleet.expect_nothing_left();
}

}  // namespace
}  // namespace barid::fault
