// Every worker does the maintenance, nobody leads: once is enough, and nobody waits for another.
#include <map>

#include "queue/rescue.hpp"
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

class Maintenance : public support::WorkerFixture {
  protected:
    awaitable<std::unique_ptr<pg::Transaction>> begin() {
        co_return std::make_unique<pg::Transaction>(co_await pg::Transaction::begin(pool));
    }
    /// Running jobs that no claim knows of, as after a crash that forgot one.
    void orphans(int count) {
        database.sql(
            "INSERT INTO barid.job (kind, max_attempts, ordering_key) SELECT 'ping', 100, "
            "CASE WHEN n % 4 = 0 THEN 'k' || n END FROM generate_series(1, " +
            std::to_string(count) + ") n");
        database.sql(
            "UPDATE barid.job SET state = 'running', attempt = 1, "
            "claim_id = gen_random_uuid(), claimed_at = now() - interval '1 minute'");
    }
    WorkerOptions busy_sweeper() {
        WorkerOptions chosen = options();
        chosen.maintenance = {.rescue_every = 20ms, .sweep_every = 20ms, .upkeep_every = 20ms};
        return chosen;
    }
};

TEST_F(Maintenance, OneAtATimeSweepsAndTheOthersDontWait) {
    orphans(1);
    const auto swept = [&] { return database.sql("SELECT state FROM barid.job") == "waiting"; };
    const auto holder = run(begin());
    run(holder->execute("SELECT pg_advisory_xact_lock(1112297798, 3)"));
    asio::co_spawn(io, queue::sweep_service(pool, {.sweep_every = 10ms}, {}), asio::detached);
    int before = 0;
    const auto wait_a_while = [&]() -> awaitable<void> {
        // Each pool connection would be stuck by now if the sweeps waited for the lock.
        for (; before < 20; ++before) co_await pool.execute("SELECT 1");
        co_await barid::sleep_for(100ms);
    };
    run(wait_a_while());
    EXPECT_FALSE(swept()) << "it swept beside the one who sweeps";
    EXPECT_EQ(database.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                           "AND datname = current_database()"),
              "0");
    run(holder->commit());
    const auto until_swept = [&]() -> awaitable<void> {
        while (!swept()) co_await barid::sleep_for(10ms);
    };
    run(until_swept(), 10s);
}

TEST_F(Maintenance, SeveralWorkersMendEachJobOnceWhileTheyWork) {
    constexpr int kOrphans = 200;
    constexpr int kFresh = 400;
    std::map<std::int64_t, int> ran;
    handle("ping", [&](JobContext& c) -> awaitable<Outcome> {
        ++ran[c.job.id];
        co_return queue::Done{};
    });
    orphans(kOrphans);
    database.sql(
        "INSERT INTO barid.job (kind, ordering_key) SELECT 'ping', "
        "CASE WHEN n % 2 = 0 THEN 'f' || n % 10 END FROM generate_series(1, 400) n");
    std::vector<std::unique_ptr<pg::Pool>> pools;
    std::vector<std::unique_ptr<Worker>> others;
    int ended = 0;
    for (int i = 0; i < 3; ++i) {
        pools.push_back(
            std::make_unique<pg::Pool>(io, blocking, database.options(), 4, log::Logger()));
        others.push_back(std::make_unique<Worker>(io, blocking, *pools.back(), registry,
                                                  busy_sweeper(), log::Logger()));
        asio::co_spawn(io, others.back()->run(), [&](const std::exception_ptr& e, bool clean) {
            EXPECT_TRUE(!e && clean);
            ++ended;
        });
    }
    Worker worker(io, blocking, pool, registry, busy_sweeper(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        const bool done = database.sql("SELECT count(*) FROM barid.job") == "0";
        if (done)
            for (auto& other : others) other->request_stop();
        return done && ended == 3;
    }));
    EXPECT_EQ(ran.size(), static_cast<std::size_t>(kOrphans + kFresh));
    for (const auto& [id, times] : ran) EXPECT_EQ(times, 1) << "job " << id;
    // Each orphan was put back once: attempt 1 was lost, attempt 2 did it.
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE attempt = 2"), "200");
    EXPECT_EQ(database.sql("SELECT deadlocks FROM pg_stat_database "
                           "WHERE datname = current_database()"),
              "0");
}

}  // namespace
}  // namespace barid::worker
