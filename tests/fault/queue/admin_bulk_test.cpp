// Bulk actions whose worker is killed again and again, and two at once over the same jobs.
#include <csignal>

#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

class AdminBulk : public testing::Test {
  protected:
    /// Failed jobs of a queue that nobody works on.
    void fail_jobs(int n) {
        database.sql(R"(INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id,
                state, priority, attempt, max_attempts, queue, kind, payload)
            SELECT nextval('barid.job_id_seq'), now(), now(), now(), gen_random_uuid(), 'failed', 5,
                3, 3, 'idle', 'effect', '{}' FROM generate_series(1, )" +
                     std::to_string(n) + ")");
    }
    void start_bulk() {
        database.sql(R"(SELECT barid.admin_bulk_start('retry', '{"queue": "idle"}', NULL, 10000,
                               NULL, NULL, 'account:1', 'نورة', 'the provider is back'))");
    }

    support::TestDatabase database;
};

constexpr const char* kLookedAt = "SELECT sum(changed + skipped + failed) FROM barid.admin_bulk";

TEST_F(AdminBulk, KillsBetweenItsStepsLoseNothingAndRepeatNothing) {
    const int jobs = sized(2'000);
    const int kills = sized(5);
    fail_jobs(jobs);
    Fleet fleet(database.url(), {.concurrency = 2, .ttl_ms = 1'500});
    for (int i = 0; i < 2; ++i) fleet.start();
    start_bulk();
    for (int kill = 1; kill <= kills; ++kill) {
        const long share = static_cast<long>(jobs) * (kill - 1) / kills;
        ASSERT_TRUE(wait_until([&] { return fleet.count(kLookedAt) > share; }, 60s)) << kill;
        // Whoever has it dies in the middle of it.
        for (std::size_t place = 0; place < fleet.size(); ++place) {
            fleet.kill(place);
            fleet.restart(place);
        }
    }
    ASSERT_TRUE(wait_until(
        [&] {
            return fleet.sql("SELECT state FROM barid.admin_bulk") == "completed" &&
                   fleet.count("SELECT count(*) FROM barid.job WHERE kind = 'admin.bulk'") == 0;
        },
        120s))
        << fleet.sql("SELECT b::text FROM barid.admin_bulk b");
    EXPECT_EQ(fleet.count("SELECT changed FROM barid.admin_bulk"), jobs);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.admin_bulk_outcome"), jobs);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job WHERE queue = 'idle'"), jobs);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job_history WHERE queue = 'idle'"), 0);
    EXPECT_GT(fleet.count("SELECT count(*) FROM barid.rescue_log"), 0) << "no kill hit it";
    fleet.stop_all();
}

TEST_F(AdminBulk, TwoAtOnceDoEachJobOnce) {
    const int jobs = sized(1'000);
    fail_jobs(jobs);
    start_bulk();
    start_bulk();
    Fleet fleet(database.url(), {.concurrency = 2});
    fleet.start();
    fleet.start();
    ASSERT_TRUE(wait_until(
        [&] {
            return fleet.count("SELECT count(*) FROM barid.admin_bulk WHERE state = 'completed'") ==
                   2;
        },
        60s));
    EXPECT_EQ(fleet.count("SELECT sum(changed) FROM barid.admin_bulk"), jobs);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job WHERE queue = 'idle'"), jobs);
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.admin_bulk_outcome WHERE outcome = 'failed'"),
              0);
    fleet.stop_all();
}

}  // namespace
}  // namespace barid::fault
