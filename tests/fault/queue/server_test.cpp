// PostgreSQL that crashes, and sessions that are terminated, while workers are busy.
#include <csignal>

#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

std::string effects(int jobs) {
    return R"(SELECT count(barid.enqueue('effect', jsonb_build_object('ms', 20 + n % 40),
                                         max_attempts => 100))
              FROM generate_series(1, )" +
           std::to_string(jobs) + ") n";
}

void expect_each_once(const Fleet& fleet, int jobs) {
    EXPECT_EQ(fleet.finished(), jobs);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job_history"), jobs);
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT job_id) FROM public.effect"), jobs);
}

TEST(Server, ImmediateRestartsUnderLoadLoseNothing) {
    const int jobs = sized(400);
    const int crashes = 4;
    support::PrivatePostgres server;
    Fleet fleet(server.url(), {.concurrency = 4});
    for (int i = 0; i < 2; ++i) fleet.start();
    fleet.sql(effects(jobs));
    for (int crash = 0; crash < crashes; ++crash) {
        const long share = static_cast<long>(jobs) * crash / (crashes + 1) + 10;
        ASSERT_TRUE(fleet.wait_for_live(jobs - share, 60s)) << "before crash " << crash;
        server.crash();
        server.start();
    }
    ASSERT_TRUE(fleet.wait_for_live(0, 90s)) << fleet.live_jobs() << " jobs are left";
    expect_each_once(fleet, jobs);
    for (std::size_t i = 0; i < fleet.size(); ++i) EXPECT_TRUE(fleet.alive(i)) << fleet.name(i);
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM barid.worker") == 2; }, 20s));
    fleet.stop_all();
    fleet.expect_nothing_left();
}

TEST(Server, ASignalWhileItIsAwayStillEndsTheWorker) {
    support::PrivatePostgres server;
    Fleet fleet(server.url(), {.concurrency = 4});
    const std::size_t worker = fleet.start();
    fleet.sql("SELECT barid.enqueue('effect')");
    ASSERT_TRUE(fleet.wait_for_live(0, 20s));
    server.crash();
    fleet.process(worker).signal(SIGTERM);
    EXPECT_TRUE(fleet.process(worker).wait(patience(20s)).has_value()) << "it waits for the server";
}

TEST(Server, TerminatingEverySessionUnderLoadLosesNothing) {
    const int jobs = sized(400);
    const int rounds = 15;
    support::TestDatabase database;
    Fleet fleet(database.url(), {.concurrency = 4});
    for (int i = 0; i < 2; ++i) fleet.start();
    fleet.sql(effects(jobs));
    long terminated = 0;
    for (int round = 0; round < rounds; ++round) {
        const long share = static_cast<long>(jobs) * round / (rounds + 1);
        ASSERT_TRUE(fleet.wait_for_live(jobs - share, 60s)) << "before round " << round;
        terminated += fleet.count(
            R"(SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()
                 AND application_name LIKE 'barid%')");
    }
    EXPECT_GT(terminated, rounds) << "nothing was terminated";
    ASSERT_TRUE(fleet.wait_for_live(0, 60s)) << fleet.live_jobs() << " jobs are left";
    expect_each_once(fleet, jobs);
    for (std::size_t i = 0; i < fleet.size(); ++i) EXPECT_TRUE(fleet.alive(i)) << fleet.name(i);
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM barid.worker") == 2; }, 20s));
    fleet.stop_all();
    fleet.expect_nothing_left();
}

}  // namespace
}  // namespace barid::fault
