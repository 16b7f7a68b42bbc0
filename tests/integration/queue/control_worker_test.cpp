// Operators against working workers: handlers that are told to stop, kinds that pause, and no
// deadlocks between settles and bulk actions.
#include <atomic>
#include <set>
#include <thread>

#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;
using Clock = std::chrono::steady_clock;

class ControlWorker : public support::WorkerFixture {
  protected:
    bool live_is_empty() { return database.sql("SELECT count(*) FROM barid.job") == "0"; }

    /// A handler that runs until it is told to stop, and notes when that was.
    void handle_patiently() {
        handle("long", [this](JobContext& c) -> awaitable<Outcome> {
            ++running;
            try {
                co_await barid::sleep_for(60s);
            } catch (const boost::system::system_error&) {  // told by the next line
            }
            if (c.cancelled()) told = Clock::now();
            ++stopped;
            throw boost::system::system_error(asio::error::operation_aborted);
        });
    }

    /// Runs a job until it has worked for `age`, does `ask`, and returns how long the handler
    /// then went on.
    std::chrono::milliseconds time_to_tell(Worker& worker, std::chrono::milliseconds age,
                                           const std::string& ask) {
        handle_patiently();
        database.sql("SELECT barid.enqueue('long')");
        std::optional<Clock::time_point> started;
        std::optional<Clock::time_point> asked;
        EXPECT_TRUE(run_until(worker, [&] {
            if (running == 1 && !started) started = Clock::now();
            if (started && !asked && Clock::now() - *started >= age) {
                database.sql(ask);
                asked = Clock::now();
            }
            return stopped == 1 && live_is_empty();
        }));
        EXPECT_EQ(database.sql("SELECT state FROM barid.jobs"), "cancelled");
        if (!asked) return 1h;
        return std::chrono::duration_cast<std::chrono::milliseconds>(told - *asked);
    }

    int running = 0;
    int stopped = 0;
    Clock::time_point told;
};

TEST_F(ControlWorker, AHandlerIsToldWithinASecondByNotification) {
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_LT(time_to_tell(worker, 0ms, "SELECT barid.cancel(1)"), 1000ms);
}

TEST_F(ControlWorker, AHandlerIsToldWithinASecondInPollMode) {
    auto polling = options();
    polling.wakeup = queue::WakeupMode::poll;
    polling.poll_interval = 50ms;
    Worker worker(io, blocking, pool, registry, polling, {});
    EXPECT_LT(time_to_tell(worker, 20ms, "SELECT barid.cancel(1)"), 1000ms);
}

TEST_F(ControlWorker, AHandlerIsToldWithinASecondWhenTheNotificationIsLost) {
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_LT(time_to_tell(worker, 300ms, "UPDATE barid.job SET cancel_requested = true"), 1000ms);
}

TEST_F(ControlWorker, HandlersOfEveryWorkerAreToldByOneBulkCancel) {
    handle_patiently();
    database.sql("SELECT barid.enqueue('long') FROM generate_series(1, 30)");
    pg::Pool other_pool{io, blocking, database.options(), 5, {}};
    auto small = options();
    small.concurrency = 15;
    Worker first(io, blocking, pool, registry, small, {});
    small.name = "second";
    Worker second(io, blocking, other_pool, registry, small, {});
    bool second_ended = false;
    asio::co_spawn(io, second.run(), [&](std::exception_ptr, bool) { second_ended = true; });
    std::optional<Clock::time_point> asked;
    EXPECT_TRUE(run_until(first, [&] {
        if (running == 30 && !asked) {
            EXPECT_EQ(database.sql("SELECT count(DISTINCT worker_id) FROM barid.claim"), "2");
            EXPECT_EQ(database.sql("SELECT changed FROM barid.bulk('cancel', '{\"all\": true}')"),
                      "30");
            asked = Clock::now();
        }
        return stopped == 30 && live_is_empty();
    }));
    ASSERT_TRUE(asked);
    EXPECT_LT(told - *asked, 1000ms);
    second.request_stop();
    const auto wait = [&]() -> awaitable<void> {
        while (!second_ended) co_await barid::sleep_for(5ms);
    };
    run(wait());
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE state = 'cancelled'"),
              "30");
}

TEST_F(ControlWorker, APausedKindWaitsWhileOthersRun) {
    std::multiset<std::string> ran;
    for (const char* kind : {"mail", "image"}) {
        handle(kind, [&](JobContext& c) -> awaitable<Outcome> {
            ran.insert(c.job.kind);
            co_return queue::Done{};
        });
    }
    database.sql("SELECT barid.pause_kind('mail')");
    database.sql("SELECT barid.enqueue('mail'), barid.enqueue('image') FROM generate_series(1, 5)");
    bool resumed = false;
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        const bool parked = database.sql(
                                "SELECT count(*) FROM barid.jobs WHERE state = 'parked' "
                                "AND parked_by = 'kind'") == "5";
        if (parked && ran.size() == 5 && !resumed) {
            EXPECT_EQ(ran.count("mail"), 0U);
            EXPECT_EQ(database.sql("SELECT barid.resume_kind('mail')"), "5");
            resumed = true;
        }
        return live_is_empty();
    }));
    EXPECT_EQ(ran.count("mail"), 5U);
}

TEST_F(ControlWorker, AWorkerKeepsTheHistoryWithinItsRetention) {
    database.sql("SELECT barid.set_queue('short', '{\"retention\": \"1 hour\"}')");
    database.sql(R"(INSERT INTO barid.job_history (id, finished_at, run_at, created_at, claimed_at,
            claim_id, state, priority, attempt, max_attempts, queue, kind, payload)
        SELECT n, now() - n * interval '1 minute', now(), now(), now(), gen_random_uuid(),
            'completed', 5, 1, 1, 'short', 'a', '{}' FROM generate_series(1, 100) n)");
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(
        worker, [&] { return database.sql("SELECT max(id) FROM barid.job_history") == "59"; }));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history"), "59");
}

TEST_F(ControlWorker, SettlesAndBulkActionsNeverDeadlock) {
    std::atomic<int> turns = 0;
    handle("work", [&](JobContext& c) -> awaitable<Outcome> {
        co_await barid::sleep_for(1ms);
        const int turn = turns++;
        if (turn % 7 == 0) co_return queue::Fail{"no"};
        if (turn % 5 == 0) co_return queue::Retry{.error = "again", .after = 1ms};
        if (c.cancelled()) throw boost::system::system_error(asio::error::operation_aborted);
        co_return queue::Done{};
    });
    database.sql(R"(SELECT barid.set_queue('keyed', '{"on_ordering_failure": "block"}'))");
    database.sql(R"(SELECT barid.enqueue('work', queue => CASE n % 2 WHEN 0 THEN 'keyed' ELSE
            'default' END, max_attempts => 3, batch_id => CASE n % 3 WHEN 0 THEN b.id END,
            ordering_key => CASE WHEN n % 4 < 3 THEN 'k' || n % 20 END)
        FROM generate_series(1, 3000) n, (SELECT barid.open_batch('b') AS id) b)");

    std::atomic<bool> ended = false;
    std::atomic<int> admin_errors = 0;
    std::atomic<int> calls = 0;
    const auto admin = [&](const std::vector<std::string>& statements) {
        for (std::size_t i = 0; !ended; ++i) {
            try {
                database.sql(statements[i % statements.size()]);
                ++calls;
            } catch (const std::exception& e) {
                ADD_FAILURE() << e.what();
                ++admin_errors;
            }
        }
    };
    std::vector<std::thread> admins;
    admins.emplace_back(
        admin, std::vector<std::string>{
                   R"(SELECT barid.bulk('set_priority', '{"all": true}', '{"priority": 3}'))",
                   R"(SELECT barid.bulk('cancel', '{"ordering_key": "k3"}'))",
                   R"(SELECT barid.bulk('retry', '{"state": ["failed", "cancelled"]}'))"});
    admins.emplace_back(
        admin, std::vector<std::string>{
                   R"(SELECT barid.bulk('run_now', '{"all": true}'))",
                   R"(SELECT barid.bulk('cancel', '{"queue": "keyed"}', max => 50))",
                   R"(SELECT barid.bulk('snooze', '{"queue": "keyed"}', '{"pause": "10 ms"}'))",
                   R"(SELECT barid.bulk('retry', '{"all": true}'))",
                   R"(SELECT barid.cancel(max(id)) FROM barid.job)",
                   R"(SELECT barid.retry(min(id)) FROM barid.job_history)"});
    {
        auto both = options();
        both.queues = {"*"};
        Worker worker(io, blocking, pool, registry, both, {});
        const auto until = Clock::now() + 4s;
        EXPECT_TRUE(run_until(worker, [&] {
            if (!ended && Clock::now() > until) {
                ended = true;
                for (std::thread& thread : admins) thread.join();
            }
            return ended.load();
        }));
        EXPECT_TRUE(clean_);
    }
    EXPECT_GT(calls, 10);
    EXPECT_GT(turns, 100);
    EXPECT_EQ(database.sql("SELECT count(*) FROM (SELECT id FROM barid.job UNION ALL "
                           "SELECT id FROM barid.job_history) j"),
              "3000");
    EXPECT_EQ(database.sql("SELECT pg_stat_force_next_flush(); SELECT deadlocks FROM "
                           "pg_stat_database WHERE datname = current_database()"),
              "0");
}

}  // namespace
}  // namespace barid::worker
