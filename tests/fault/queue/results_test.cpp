// What jobs leave behind when their worker dies in the middle: checkpoints that are continued, and
// SQL functions whose effects are there exactly once.
#include <cstdio>
#include <random>

#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

class ResultsUnderFire : public testing::Test {
  protected:
    support::TestDatabase database;
};

TEST_F(ResultsUnderFire, AKilledWorkersLongJobContinuesAtItsCheckpoint) {
    Fleet fleet(database.url(), {.concurrency = 2, .ttl_ms = 1'500});
    fleet.sql("CREATE TABLE public.step (step int NOT NULL, attempt int NOT NULL)");
    const std::size_t victim = fleet.start();
    const std::string job =
        fleet.sql(R"(SELECT barid.enqueue('import', '{"ms": 100}', max_attempts => 5))");
    ASSERT_TRUE(wait_until(
        [&] {
            return fleet.count("SELECT count(*) FROM barid.checkpoint") == 1 &&
                   fleet.count("SELECT (data->>'step')::int FROM barid.checkpoint") >= 10;
        },
        30s));
    const std::string killed = fleet.name(victim);
    fleet.kill(victim);
    fleet.restart(victim);
    ASSERT_TRUE(fleet.wait_for_live(0, 60s));
    EXPECT_EQ(fleet.sql("SELECT state || ' ' || attempt FROM barid.jobs WHERE id = " + job),
              "completed 2");
    EXPECT_GE(fleet.count("SELECT min(step) FROM public.step WHERE attempt = 2"), 11);
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT step) FROM public.step"), 40);
    // Only the step between its effect and its checkpoint may have run twice.
    EXPECT_LE(fleet.count("SELECT count(*) FROM public.step"), 41);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.checkpoint"), 0);
    EXPECT_EQ(
        fleet.sql("SELECT string_agg(concat_ws(' ', attempt, outcome, worker, error), ', ') FROM "
                  "barid.attempts(" +
                  job + ")"),
        "1 failed " + killed + " the worker process was lost, 2 completed w2");
    fleet.stop_all();
}

TEST_F(ResultsUnderFire, AnSqlCallTakesEffectExactlyOnce) {
    const int jobs = sized(500);
    const auto seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
    std::mt19937 random(seed);
    std::printf("again: --gtest_random_seed=%u\n", seed);
    Fleet fleet(database.url(), {.concurrency = 6, .ttl_ms = 1'500});
    fleet.sql(R"(CREATE SCHEMA shop; CREATE TABLE shop.sale (n int NOT NULL);
        CREATE FUNCTION shop.sell(arguments jsonb) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO sale VALUES ((arguments->>'n')::int);
            PERFORM pg_sleep(0.01 + random() * 0.04);
            RETURN (arguments->>'n')::int;
        END $$;
        SELECT barid.allow_function('shop.sell'))");
    for (int i = 0; i < 3; ++i) fleet.start();
    fleet.sql(R"(SELECT count(barid.enqueue('sql.call', jsonb_build_object('function', 'shop.sell',
                     'arguments', jsonb_build_object('n', n)), max_attempts => 1000))
                 FROM generate_series(1, )" +
              std::to_string(jobs) + ") n");
    const int blows = sized(24);
    for (int blow = 1; blow <= blows; ++blow) {
        const long share = static_cast<long>(jobs) * (blow - 1) / blows;
        ASSERT_TRUE(fleet.wait_for_live(jobs - share, 60s)) << "before blow " << blow;
        if (blow % 4 == 0) {
            const std::size_t victim = random() % fleet.size();
            fleet.kill(victim);
            fleet.restart(victim);
        } else {
            // Sessions in the middle of a call, or of its commit.
            fleet.sql(
                "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM "
                "pg_stat_activity WHERE datname = current_database() AND "
                "application_name = 'barid' AND pid <> pg_backend_pid() "
                "ORDER BY random() LIMIT 4) s");
        }
    }
    ASSERT_TRUE(fleet.wait_for_live(0, 120s)) << fleet.live_jobs() << " jobs are left";
    EXPECT_EQ(fleet.finished(), jobs);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM shop.sale"), jobs);
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT n) FROM shop.sale"), jobs);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job_history h WHERE h.output = "
                          "h.payload->'arguments'->'n'"),
              jobs);
    EXPECT_GT(fleet.count("SELECT count(*) FROM barid.rescue_log"), 0) << "no kill hit a job";
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM barid.worker") == 3; }, 20s));
    fleet.stop_all();
    fleet.expect_nothing_left();
}

}  // namespace
}  // namespace barid::fault
