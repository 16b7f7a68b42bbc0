#include "queue/retention.hpp"

#include "base/timeout.hpp"
#include "tests/integration/queue/queue_fixture.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Retention : public support::QueueFixture, protected support::IoFixture {
  protected:
    /// A job of `queue` that was finished so long ago.
    std::string finished(const std::string& queue, const std::string& age) {
        const std::string job = ended("'a', queue => '" + queue + "'", "complete");
        sql("UPDATE barid.job_history SET finished_at = now() - interval '" + age +
            "' WHERE id = " + job);
        return job;
    }
    std::string kept() {
        return sql("SELECT string_agg(id::text, ' ' ORDER BY id) FROM barid.job_history");
    }
    /// The ids of the first partition are used up.
    void next_partition() {
        sql("SELECT setval('barid.job_id_seq', 1500000), barid.ensure_history()");
    }
    bool first_partition_exists() {
        return sql("SELECT to_regclass('barid.job_history_1') IS NOT NULL") == "t";
    }
    int drop() { return run(drop_history(pool, {})); }
    /// Other tests' transactions may hold up the moment; bounded by the deadline.
    bool dropped_in_time() {
        const auto until = Clock::now() + 20s;
        while (first_partition_exists() && Clock::now() < until) {
            drop();
            run(barid::sleep_for(20ms));
        }
        return !first_partition_exists();
    }

    awaitable<std::unique_ptr<pg::Transaction>> begin() {
        co_return std::make_unique<pg::Transaction>(co_await pg::Transaction::begin(pool));
    }

    pg::Pool pool{io, blocking, database.options(), 4, {}};
};

TEST_F(Retention, EachQueueKeepsItsJobsForAsLongAsItSays) {
    sql(R"(SELECT barid.set_queue('short', '{"retention": "1 hour"}'))");
    sql(R"(SELECT barid.set_queue('long', '{"retention": "60 days"}'))");
    finished("short", "2 hours");
    const std::string young = finished("short", "50 minutes");
    finished("default", "15 days");
    const std::string unlisted = finished("unlisted", "13 days");
    finished("unlisted", "15 days");
    const std::string old = finished("long", "59 days");
    EXPECT_EQ(sql("SELECT barid.prune_history()"), "3");
    EXPECT_EQ(kept(), young + " " + unlisted + " " + old);
    EXPECT_EQ(sql("SELECT barid.prune_history()"), "0");
    sql(R"(SELECT barid.set_queue('short', '{"retention": "10 minutes"}'))");
    sql(R"(SELECT barid.set_queue('long', '{"retention": "14 days"}'))");
    EXPECT_EQ(sql("SELECT barid.prune_history()"), "2");
    EXPECT_EQ(kept(), unlisted);
}

TEST_F(Retention, ABacklogIsPrunedInBatches) {
    sql("SELECT barid.set_queue('short', '{\"retention\": \"1 hour\"}')");
    sql(R"(INSERT INTO barid.job_history (id, finished_at, run_at, created_at, claimed_at, claim_id,
               state, priority, attempt, max_attempts, queue, kind, payload)
           SELECT n, now() - interval '2 hours', now(), now(), now(), gen_random_uuid(),
               'completed', 5, 1, 1, 'short', 'a', '{}' FROM generate_series(1, 25) n)");
    EXPECT_EQ(sql("SELECT barid.prune_history(10)"), "10");
    EXPECT_EQ(sql("SELECT barid.prune_history(10)"), "10");
    EXPECT_EQ(sql("SELECT barid.prune_history(10)"), "5");
    EXPECT_EQ(sql("SELECT barid.prune_history(10)"), "0");
    EXPECT_EQ(kept(), "");
}

TEST_F(Retention, TheRestIsPrunedToo) {
    sql(R"(INSERT INTO barid.throttle VALUES
               ('q', 'old', now() - interval '2 hours', now() - interval '1 hour', 1),
               ('q', 'new', now(), now() + interval '1 hour', 2);
           INSERT INTO barid.batch (name, finished_at) VALUES ('old', now() - interval '15 days'),
               ('new', now() - interval '1 day'), ('open', NULL);
           INSERT INTO barid.rescue_log (worker_id, worker_name, job_id, attempt, claimed_at,
               rescued_at) VALUES (1, 'w', 1, 1, now(), now() - interval '15 days'),
               (1, 'w', 2, 1, now(), now());
           INSERT INTO barid.dependency VALUES (1, 77))");
    EXPECT_EQ(sql("SELECT barid.prune_rest()"), "4");
    EXPECT_EQ(sql("SELECT unique_key FROM barid.throttle"), "new");
    EXPECT_EQ(sql("SELECT string_agg(name, ' ' ORDER BY id) FROM barid.batch"), "new open");
    EXPECT_EQ(sql("SELECT job_id FROM barid.rescue_log"), "2");
    EXPECT_EQ(sql("SELECT barid.prune_rest()"), "0");
}

TEST_F(Retention, APartitionThatNobodyNeedsIsDropped) {
    finished("default", "15 days");
    next_partition();
    const std::string recent = finished("default", "1 day");
    EXPECT_TRUE(dropped_in_time());
    EXPECT_EQ(kept(), recent);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.history_partition WHERE lower_id = 1"), "0");
    EXPECT_EQ(drop(), 0);
}

TEST_F(Retention, APartitionStaysWhileAJobInItIsToBeKept) {
    finished("default", "15 days");
    finished("default", "13 days");
    next_partition();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(drop(), 0);
    EXPECT_TRUE(first_partition_exists());
    EXPECT_EQ(sql("SELECT count(condemned_by) FROM barid.history_partition"), "0");
}

TEST_F(Retention, APartitionStaysWhileALiveJobWillBeSettledIntoIt) {
    const std::string waiting = sql("SELECT barid.enqueue('a', delay => '1 hour')");
    next_partition();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(drop(), 0);
    EXPECT_EQ(settle(waiting, claim(waiting), "complete"), "settled");
    EXPECT_EQ(state(waiting), "completed");
}

TEST_F(Retention, AJobThatAppearsAfterTheSentenceSavesItsPartition) {
    next_partition();
    EXPECT_EQ(drop(), 0);
    ASSERT_EQ(sql("SELECT count(condemned_by) FROM barid.history_partition"), "1");
    sql("INSERT INTO barid.job (id, kind) OVERRIDING SYSTEM VALUE VALUES (7, 'a')");
    EXPECT_EQ(drop(), 0);
    EXPECT_EQ(sql("SELECT count(condemned_by) FROM barid.history_partition"), "0");
    EXPECT_TRUE(first_partition_exists());
}

TEST_F(Retention, ThePartitionWaitsForTransactionsThatAreOlderThanTheSentence) {
    next_partition();
    const auto open = run(begin());
    run(open->execute("SELECT pg_current_xact_id()"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(drop(), 0);
    EXPECT_TRUE(first_partition_exists());
    run(open->execute("INSERT INTO barid.job (id, kind) OVERRIDING SYSTEM VALUE VALUES (7, 'a')"));
    run(open->commit());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(drop(), 0);
    EXPECT_TRUE(first_partition_exists());
}

TEST_F(Retention, NothingReturnsFromACondemnedPartition) {
    const std::string job = ended("'a'", "fail");
    sql("UPDATE barid.job_history SET finished_at = now() - interval '15 days'");
    next_partition();
    EXPECT_EQ(drop(), 0);
    EXPECT_EQ(sql("SELECT barid.retry(" + job + ")"), "f");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "0");
    EXPECT_TRUE(dropped_in_time());
}

TEST_F(Retention, SettlesGoOnWhileALongReaderKeepsAPartitionFromGoing) {
    finished("default", "15 days");
    next_partition();
    // A session whose plans still know the first partition, as a worker's settles do.
    pg::Pool settling(io, blocking, database.options(), 1, {});
    const auto settle_one = [&]() -> awaitable<std::string> {
        const std::string job = database.sql("SELECT barid.enqueue('a')");
        const std::string token = claim(job);
        const pg::Result result = co_await settling.execute(
            "SELECT result FROM barid.settle(ARRAY[$1::bigint], ARRAY[$2::uuid], '{complete}', "
            "'{0}', ARRAY[NULL::text], ARRAY[NULL::text], 'w', '{}')",
            pg::Params(job, token));
        co_return std::string(result.one().text(0));
    };
    for (int i = 0; i < 8; ++i) EXPECT_EQ(run(settle_one()), "settled");

    const auto reader = run(begin());
    run(reader->execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
    const auto count = [&] {
        return run(reader->execute("SELECT count(*) FROM barid.job_history")).one().get<int>(0);
    };
    EXPECT_EQ(count(), 9);

    bool over = false;
    const auto keep_dropping = [&]() -> awaitable<void> {
        while (!over) {
            co_await drop_history(pool, {});
            co_await barid::sleep_for(10ms);
        }
    };
    bool returned = false;
    asio::co_spawn(io, keep_dropping(), [&](const std::exception_ptr&) { returned = true; });
    const auto detaching = [&] {
        return sql("SELECT count(*) FROM pg_inherits WHERE inhdetachpending") == "1";
    };
    const auto until = Clock::now() + 20s;
    while (!detaching() && Clock::now() < until) run(barid::sleep_for(20ms));
    ASSERT_TRUE(detaching());

    auto longest = 0ms;
    for (int i = 0; i < 50; ++i) {
        const auto begun = Clock::now();
        EXPECT_EQ(run(settle_one()), "settled");
        longest = std::max(
            longest, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun));
    }
    EXPECT_LT(longest, 3s);
    EXPECT_TRUE(detaching());
    EXPECT_EQ(count(), 9);  // the reader sees what it saw
    EXPECT_TRUE(first_partition_exists());

    run(reader->commit());
    sql("UPDATE barid.history_partition SET busy_until = '-infinity'");
    const auto end = Clock::now() + 20s;
    while (first_partition_exists() && Clock::now() < end) run(barid::sleep_for(20ms));
    EXPECT_FALSE(first_partition_exists());
    over = true;
    while (!returned) run(barid::sleep_for(20ms));
    EXPECT_FALSE(kept().starts_with("1 "));
}

}  // namespace
}  // namespace barid::queue
