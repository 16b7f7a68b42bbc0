// Worker processes that are killed: nothing lost, nothing doubled, the rest unharmed.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <random>

#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

class Kill : public testing::Test {
  protected:
    support::TestDatabase database;
};

/// Two of three are effects, one is a notification to a user of its own.
std::string mixed_load(int jobs) {
    return R"(SELECT barid.register_device('u' || n, 'phone-' || n, 'android')
              FROM generate_series(3, )" +
           std::to_string(jobs) + R"(, 3) n;
              SELECT count(CASE WHEN n % 3 = 0 THEN barid.enqueue('notify.send',
                  jsonb_build_object('user', 'u' || n, 'title', '{"en": "T"}'::jsonb,
                                     'body', '{"en": "B"}'::jsonb), max_attempts => 100)
                ELSE barid.enqueue('effect', jsonb_build_object('ms', 40 + n % 80),
                                   max_attempts => 100) END)
              FROM generate_series(1, )" +
           std::to_string(jobs) + ") n";
}

TEST_F(Kill, TwentyKillsUnderLoadLoseNothingAndDoubleNoInbox) {
    const int jobs = sized(500);
    const int kills = sized(20);
    const auto seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
    std::mt19937 random(seed);
    std::printf("again: --gtest_random_seed=%u\n", seed);
    Fleet fleet(database.url(), {.concurrency = 4});
    for (int i = 0; i < 3; ++i) fleet.start();
    fleet.sql(mixed_load(jobs));
    for (int kill = 1; kill <= kills; ++kill) {
        // Spread over the whole load: each one waits for its share to be finished.
        const long share =
            static_cast<long>(jobs) * (kill - 1) / kills + static_cast<long>(random() % 5);
        ASSERT_TRUE(fleet.wait_for_live(jobs - share, 60s)) << "before kill " << kill;
        const std::size_t victim = random() % fleet.size();
        fleet.kill(victim);
        fleet.restart(victim);
    }
    ASSERT_TRUE(fleet.wait_for_live(0, 60s)) << fleet.live_jobs() << " jobs are left";
    EXPECT_EQ(fleet.finished(), jobs);
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT job_id) FROM public.effect"), jobs - jobs / 3);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.inbox_item"), jobs / 3);
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT user_id) FROM barid.inbox_item"), jobs / 3);
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT user_id) FROM barid.dev_push"), jobs / 3);
    EXPECT_GT(fleet.count("SELECT count(*) FROM barid.rescue_log"), 0) << "no kill hit a job";
    EXPECT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM barid.worker") == 3; }, 20s))
        << "killed workers' rows are left";
    fleet.stop_all();
    fleet.expect_nothing_left();
}

TEST_F(Kill, KeysKeepTheirOrderWhileProcessesDie) {
    const int keys = 12;
    const int jobs = sized(144);
    const int kills = sized(8);
    Fleet fleet(database.url(), {.concurrency = 6, .ttl_ms = 1'500});
    for (int i = 0; i < 3; ++i) fleet.start();
    fleet.sql(R"(SELECT count(barid.enqueue('hold', jsonb_build_object('ms', 20 + n % 30),
                     max_attempts => 100, ordering_key => 'k' || n % )" +
              std::to_string(keys) + ")) FROM generate_series(1, " + std::to_string(jobs) + ") n");
    for (int kill = 1; kill <= kills; ++kill) {
        const long share = static_cast<long>(jobs) * kill / (kills + 2);
        ASSERT_TRUE(fleet.wait_for_live(jobs - share, 60s)) << "before kill " << kill;
        const auto victim = static_cast<std::size_t>(kill) % fleet.size();
        fleet.kill(victim);
        fleet.restart(victim);
    }
    ASSERT_TRUE(fleet.wait_for_live(0, 60s)) << fleet.live_jobs() << " jobs are left";
    EXPECT_EQ(fleet.finished(), jobs);
    EXPECT_GT(fleet.count("SELECT count(*) FROM barid.rescue_log"), 0) << "no kill hit a job";
    fleet.expect_no_overlap();
    // No job of a key starts before each earlier one has ended for good.
    EXPECT_EQ(fleet.sql(R"(
        SELECT coalesce(string_agg(format('%s: %s before %s', a.ordering_key, b.id, a.id),
                                   '; '), '')
        FROM barid.job_history a JOIN barid.job_history b
          ON b.ordering_key = a.ordering_key AND b.id > a.id
        WHERE (SELECT min(r.started_at) FROM public.run r WHERE r.job_id = b.id)
            < (SELECT max(r.ended_at) FROM public.run r WHERE r.job_id = a.id))"),
              "");
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM barid.worker") == 3; }, 20s));
    fleet.stop_all();
    fleet.expect_nothing_left();
}

TEST_F(Kill, RunningJobsOfAKilledProcessRunElsewhereWithin15Seconds) {
    // The lease's length that production has.
    Fleet fleet(database.url(), {.concurrency = 60, .ttl_ms = 8'000});
    const std::size_t victim = fleet.start();
    fleet.sql(R"(SELECT count(barid.enqueue('hold', '{"ms": 3600000}'))
                 FROM generate_series(1, 50))");
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM public.run") == 50; }, 20s));
    fleet.start();
    const std::string by_others =
        "SELECT count(DISTINCT job_id) FROM public.run WHERE worker <> '" + fleet.name(victim) +
        "'";
    ASSERT_EQ(fleet.sql(by_others), "0") << "stolen from a live worker";
    fleet.kill(victim);
    const auto killed = std::chrono::steady_clock::now();
    ASSERT_TRUE(wait_until([&] { return fleet.count(by_others) == 50; }, 20s));
    const auto took = std::chrono::steady_clock::now() - killed;
    EXPECT_LE(std::chrono::duration_cast<std::chrono::milliseconds>(took), patience(15s));
    EXPECT_EQ(fleet.count("SELECT count(*) FROM public.run"), 100);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.rescue_log"), 50);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job WHERE attempt = 2"), 50);
    fleet.expect_no_overlap();
}

TEST_F(Kill, AJobThatKillsItsProcessEndsInItsDeadLetterQueue) {
    // Nobody serves the graveyard: what lies there can be counted.
    Fleet fleet(database.url(), {.concurrency = 5, .ttl_ms = 1'500});
    fleet.sql(R"(INSERT INTO barid.queue (name) VALUES ('graveyard');
                 UPDATE barid.queue SET dead_letter = 'graveyard' WHERE name = 'default')");
    for (int i = 0; i < 2; ++i) fleet.start();
    const std::string poison =
        fleet.sql("SELECT barid.enqueue('poison', max_attempts => 3, request_id => 'r-1')");
    fleet.sql(R"(SELECT count(barid.enqueue('effect', '{"ms": 20}')) FROM generate_series(1, 60))");
    const auto buried = [&] {
        for (std::size_t i = 0; i < fleet.size(); ++i) {
            if (!fleet.alive(i)) fleet.restart(i);
        }
        return fleet.count("SELECT count(*) FROM barid.job WHERE queue = 'graveyard'") == 1;
    };
    ASSERT_TRUE(wait_until(buried, 40s));
    ASSERT_TRUE(fleet.wait_for_live(1, 30s));
    EXPECT_EQ(fleet.sql("SELECT state || ' ' || attempt || ' ' || jsonb_array_length(errors) FROM "
                        "barid.job_history WHERE id = " +
                        poison),
              "failed 3 3");
    EXPECT_EQ(fleet.sql("SELECT kind || ' ' || origin_id || ' ' || attempt || ' ' || request_id "
                        "FROM barid.job WHERE queue = 'graveyard'"),
              "poison " + poison + " 0 r-1");
    EXPECT_EQ(fleet.finished(), 60) << "the others came to harm";
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT job_id) FROM public.effect"), 60);
    fleet.sql("DELETE FROM barid.job WHERE queue = 'graveyard'");
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM barid.worker") == 2; }, 20s));
    fleet.stop_all();
    fleet.expect_nothing_left();
}

TEST_F(Kill, AProcessThatStoodStillFindsItsWorkTakenAndSettlesNothingStale) {
    Fleet fleet(database.url(), {.concurrency = 10, .ttl_ms = 2'000});
    const std::size_t frozen = fleet.start();
    fleet.sql(R"(SELECT count(barid.enqueue('hold', '{"ms": 3000}')) FROM generate_series(1, 10))");
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM public.run") == 10; }, 20s));
    fleet.process(frozen).signal(SIGSTOP);
    fleet.start();
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM public.run") == 20; }, 20s));
    fleet.process(frozen).signal(SIGCONT);
    ASSERT_TRUE(fleet.wait_for_live(0, 30s));
    EXPECT_EQ(fleet.finished(), 10);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job_history WHERE attempt = 2"), 10);
    // Back among the living, under a new lease.
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM barid.worker") == 2; }, 20s));
    fleet.stop_all();
    fleet.expect_nothing_left();
}

}  // namespace
}  // namespace barid::fault
