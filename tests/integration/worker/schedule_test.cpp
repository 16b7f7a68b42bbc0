// Schedules in running workers: in time, also when they are made while everybody sleeps.
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

class ScheduleInWorker : public support::WorkerFixture {
  protected:
    void SetUp() override {
        handle("tick", [this](JobContext&) -> awaitable<Outcome> {
            ++ticks;
            co_return queue::Done{};
        });
    }
    /// How long after its time a fire's job started, in seconds: the middle one, for a machine may
    /// stand still.
    std::string usual_delay() {
        return database.sql(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM h.claimed_at - "
            "r.fire_at)) "
            "FROM barid.schedule_run r JOIN barid.job_history h ON h.id = r.job_id");
    }
    std::string doubles() {
        return database.sql(
            "SELECT count(*) - count(DISTINCT payload->'schedule'->>'fire_at') FROM barid.jobs");
    }
    int ticks = 0;
};

TEST_F(ScheduleInWorker, StartsTheJobWithinItsSecond) {
    database.sql("SELECT barid.schedule('s', '* * * * * *', 'tick')");
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return ticks >= 4; }));
    EXPECT_TRUE(clean_);
    EXPECT_LT(std::stod(usual_delay()), 1.0);
    EXPECT_EQ(doubles(), "0");
}

TEST_F(ScheduleInWorker, OneThatIsMadeWhileTheWorkerSleepsWakesIt) {
    worker::WorkerOptions idle = options();
    idle.idle_interval = 60s;
    Worker worker(io, blocking, pool, registry, idle, {});
    bool made = false;
    EXPECT_TRUE(run_until(worker, [&] {
        // It listens, and its fetcher has gone to sleep.
        if (!made && database.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND "
                                  "database = (SELECT oid FROM pg_database WHERE datname = "
                                  "current_database())") != "0") {
            database.sql("SELECT barid.schedule('s', '* * * * * *', 'tick')");
            made = true;
        }
        return ticks >= 2;
    }));
    EXPECT_LT(std::stod(usual_delay()), 1.0);
}

TEST_F(ScheduleInWorker, WithoutAListeningSessionAChangeIsSeenByPolling) {
    worker::WorkerOptions polling = options();
    polling.wakeup = queue::WakeupMode::poll;
    polling.poll_interval = 100ms;
    Worker worker(io, blocking, pool, registry, polling, {});
    bool made = false;
    EXPECT_TRUE(run_until(worker, [&] {
        if (!made && worker.ready()) {
            database.sql("SELECT barid.schedule('s', '* * * * * *', 'tick')");
            made = true;
        }
        return ticks >= 2;
    }));
    EXPECT_LT(std::stod(usual_delay()), 1.0);
}

TEST_F(ScheduleInWorker, TwoWorkersFireOnce) {
    database.sql(
        "SELECT barid.schedule('s' || n, '* * * * * *', 'tick', payload => "
        "jsonb_build_object('n', n)) FROM generate_series(1, 3) n");
    Worker first(io, blocking, pool, registry, options(), {});
    Worker second(io, blocking, pool, registry, options(), {});
    bool stopped = false;
    asio::co_spawn(
        io, [&]() -> awaitable<void> { co_await second.run(); },
        [&](const std::exception_ptr&) { stopped = true; });
    EXPECT_TRUE(run_until(first, [&] {
        if (ticks >= 9) second.request_stop();
        return stopped;
    }));
    EXPECT_EQ(database.sql("SELECT count(*) - count(DISTINCT (payload->'n', "
                           "payload->'schedule'->>'fire_at')) FROM barid.jobs"),
              "0");
}

}  // namespace
}  // namespace barid::worker
