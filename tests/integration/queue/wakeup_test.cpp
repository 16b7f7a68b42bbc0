// An idle worker is told of work, and producers pay for a NOTIFY only when somebody sleeps. The
// workers here would sleep for an hour: only a wake-up explains that a job runs.
#include <libpq-fe.h>

#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

/// A blocking session of the test's own, for transactions that stay open.
class Session {
  public:
    explicit Session(const std::string& url) : conn_(PQconnectdb(url.c_str()), PQfinish) {}
    std::string run(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(conn_.get(), sql.c_str()),
                                                                   PQclear);
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            throw std::runtime_error(PQerrorMessage(conn_.get()));
        }
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    /// How many notifications have arrived.
    int notifications() {
        run("SELECT 1");
        int count = 0;
        while (PGnotify* notify = PQnotifies(conn_.get())) {
            PQfreemem(notify);
            ++count;
        }
        return count;
    }

  private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> conn_;
};

class WakeupTest : public support::WorkerFixture {
  protected:
    void SetUp() override {
        handle("ping", [this](JobContext&) -> awaitable<Outcome> {
            ++ran;
            co_return queue::Done{};
        });
    }
    worker::WorkerOptions sleepy() {
        auto sleepy = options();
        sleepy.idle_interval = 1h;
        return sleepy;
    }
    /// The worker holds its flag and waits for nothing but a notification.
    bool asleep() {
        return database.sql(
                   "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                   "WHERE l.locktype = 'advisory' AND l.mode = 'ShareLock' "
                   "AND a.datname = current_database() AND a.state = 'idle' "
                   "AND a.query LIKE '%next_ms%'") != "0";
    }
    int ran = 0;
};

TEST_F(WakeupTest, EveryWayToAddAJobWakesASleeper) {
    const std::vector<std::string> ways{
        "SELECT barid.enqueue('ping')", "SELECT barid.enqueue_many('[{\"kind\":\"ping\"}]')",
        "INSERT INTO barid.job (kind) VALUES ('ping')",
        "BEGIN; SELECT barid.enqueue('ping'); SELECT pg_sleep(0.2); COMMIT"};
    std::size_t sent = 0;
    Worker worker(io, blocking, pool, registry, sleepy(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        if (sent == static_cast<std::size_t>(ran) && sent < ways.size() && asleep()) {
            database.sql(ways[sent++]);
        }
        return static_cast<std::size_t>(ran) == ways.size();
    }));
}

TEST_F(WakeupTest, ADelayedJobStartsWhenItIsDue) {
    database.sql("SELECT barid.enqueue('ping', delay => '700 ms')");
    Worker worker(io, blocking, pool, registry, sleepy(), {});
    EXPECT_TRUE(run_until(worker, [&] { return ran == 1; }));
    EXPECT_EQ(database.sql("SELECT claimed_at >= run_at FROM barid.jobs"), "t");
}

TEST_F(WakeupTest, AnEarlierJobThanTheOneWaitedForIsSeen) {
    database.sql("SELECT barid.enqueue('ping', delay => '1 hour')");
    bool sent = false;
    Worker worker(io, blocking, pool, registry, sleepy(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        if (!sent && asleep()) {
            database.sql("SELECT barid.enqueue('ping', delay => '100 ms')");
            sent = true;
        }
        return ran == 1;
    }));
}

TEST_F(WakeupTest, ATransactionThatBeganBeforeTheSleeperLayDownIsNotMissed) {
    // It asks the flag while nobody sleeps, and commits, unannounced, long after.
    Session producer(database.url());
    producer.run("BEGIN; SELECT barid.enqueue('ping')");
    std::optional<SteadyTime> up;
    bool committed = false;
    Worker worker(io, blocking, pool, registry, sleepy(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        const bool flag_up = database.sql(
                                 "SELECT count(*) FROM pg_locks WHERE locktype = "
                                 "'advisory' AND mode = 'ShareLock'") != "0";
        if (flag_up && !up) up = std::chrono::steady_clock::now();
        if (up && !committed && std::chrono::steady_clock::now() - *up > 1500ms) {
            EXPECT_EQ(ran, 0);
            producer.run("COMMIT");
            committed = true;
        }
        return ran == 1;
    }));
}

TEST_F(WakeupTest, AJobFarBelowTheCursorIsFoundAfterItsLateCommit) {
    Session producer(database.url());
    producer.run(
        "BEGIN; INSERT INTO barid.job (kind, run_at) "
        "VALUES ('ping', now() - interval '8 seconds')");
    database.sql("INSERT INTO barid.job (kind) SELECT 'ping' FROM generate_series(1, 100)");
    bool committed = false;
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        if (ran == 100 && !committed) {
            producer.run("COMMIT");
            committed = true;
        }
        return ran == 101;
    }));
}

TEST_F(WakeupTest, ALostListeningSessionIsReplacedAndNothingIsMissed) {
    int round = 0;
    Worker worker(io, blocking, pool, registry, sleepy(), {});
    EXPECT_TRUE(run_until(
        worker,
        [&] {
            if (ran == round && round < 3 && asleep()) {
                database.sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'barid listen' AND datname = current_database()");
                database.sql("SELECT barid.enqueue('ping')");
                ++round;
            }
            return ran == 3;
        },
        40s));
}

TEST_F(WakeupTest, WorksByPollingAlone) {
    auto polling = options();
    polling.wakeup = queue::WakeupMode::poll;
    polling.poll_interval = 200ms;
    bool sent = false;
    Worker worker(io, blocking, pool, registry, polling, {});
    EXPECT_TRUE(run_until(worker, [&] {
        if (!sent && worker.ready()) sent = !database.sql("SELECT barid.enqueue('ping')").empty();
        return ran == 1;
    }));
}

TEST_F(WakeupTest, NobodyAsleepMeansNoNotify) {
    Session listener(database.url());
    listener.run("LISTEN barid");
    database.sql("SELECT barid.enqueue('ping')");
    EXPECT_EQ(listener.notifications(), 0);
    Session sleeper(database.url());
    sleeper.run("SELECT pg_advisory_lock_shared(1112297796, barid.wake_flag('default'))");
    database.sql("SELECT barid.enqueue('ping')");
    EXPECT_EQ(listener.notifications(), 1);
    database.sql("SET barid.notify = off; INSERT INTO barid.job (kind) VALUES ('ping')");
    EXPECT_EQ(listener.notifications(), 0);
}

}  // namespace
}  // namespace barid::worker
