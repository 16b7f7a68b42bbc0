// Connections that die without a word, and answers that are lost after the commit.
#include <atomic>
#include <mutex>

#include "base/timeout.hpp"
#include "tests/fault/queue/local_worker.hpp"
#include "tests/support/tcp_gate.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

class Network : public testing::Test {
  protected:
    worker::WorkerOptions options(std::size_t concurrency, std::chrono::milliseconds ttl = 8s) {
        worker::WorkerOptions options;
        options.name = "gated";
        options.concurrency = concurrency;
        options.lease_ttl = ttl;
        options.shutdown_grace = 5s;
        return options;
    }
    std::string sql(const std::string& text) { return support::query(server.url(), text); }
    std::string gated() { return server.url(gate.port()); }
    bool done(const std::string& id, std::chrono::milliseconds limit) {
        return wait_until(
            [&] {
                return sql("SELECT state FROM barid.job_history WHERE id = " + id) == "completed";
            },
            limit);
    }

    support::PrivatePostgres server;
    support::TcpGate gate{"127.0.0.1", server.port()};
};

/// Counts its runs; made to be shared with a worker's thread.
struct Runs {
    std::atomic<int> started{0};
    awaitable<Outcome> count() {
        ++started;
        co_return queue::Done{};
    }
};

TEST_F(Network, HalfOpenConnectionsAreReplacedWithin15Seconds) {
    Runs runs;
    LocalWorker worker(gated(), options(10));
    worker.handle("count", [&](JobContext&) { return runs.count(); });
    worker.start();
    const std::string first = sql("SELECT barid.enqueue('count')");
    ASSERT_TRUE(done(first, 20s));
    for (int round = 1; round <= 2; ++round) {
        gate.freeze();
        const std::string id = sql("SELECT barid.enqueue('count')");
        EXPECT_TRUE(done(id, 15s)) << "round " << round;
    }
    EXPECT_EQ(runs.started, 3);
    EXPECT_TRUE(worker.stop());
    EXPECT_EQ(sql("SELECT count(*) FROM barid.claim"), "0");
}

TEST_F(Network, AWorkerThatIsCutOffStopsItsHandlersBeforeItsLeaseEnds) {
    const auto ttl = patience(3s);
    struct {
        std::mutex lock;
        int running = 0;
        std::chrono::steady_clock::time_point last_seen;
    } seen;
    LocalWorker worker(gated(), options(10, ttl));
    worker.handle("hold", [&](JobContext& context) -> awaitable<Outcome> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        {
            const std::lock_guard guard(seen.lock);
            ++seen.running;
        }
        while (!context.cancelled()) {
            co_await sleep_for(5ms);
            const std::lock_guard guard(seen.lock);
            seen.last_seen = std::chrono::steady_clock::now();
        }
        const std::lock_guard guard(seen.lock);
        --seen.running;
        throw boost::system::system_error(asio::error::operation_aborted);
    });
    worker.start();
    Fleet peers(server.url(), {.concurrency = 20, .ttl_ms = static_cast<int>(ttl.count())});
    peers.sql(R"(SELECT count(barid.enqueue('hold', '{"ms": 10}')) FROM generate_series(1, 10))");
    const auto running = [&] {
        const std::lock_guard guard(seen.lock);
        return seen.running;
    };
    ASSERT_TRUE(wait_until([&] { return running() == 10; }, 20s));
    peers.start();
    // From here on every kind of connection is open, the lease's too.
    ASSERT_TRUE(wait_until(
        [&] { return peers.count("SELECT min(renewals) FROM barid.worker") >= 1; }, 20s));
    gate.set_mode(support::TcpGate::Mode::swallow);
    ASSERT_TRUE(wait_until([&] { return running() == 0; }, ttl * 2)) << "handlers go on";
    const auto age = std::chrono::milliseconds(
        peers.count("SELECT (extract(epoch FROM clock_timestamp() - renewed_at) * 1000)::bigint "
                    "FROM barid.worker WHERE name = 'gated'"));
    const auto lease_ends = std::chrono::steady_clock::now() - age + ttl;
    EXPECT_LT(seen.last_seen, lease_ends) << "a handler outlived its lease";
    EXPECT_EQ(peers.sql("SELECT count(*) FROM public.run"), "0") << "run before the lease ended";
    ASSERT_TRUE(peers.wait_for_live(0, 15s)) << "the peer did not take the work";
    EXPECT_EQ(peers.finished(), 10);
    peers.stop_all();
    // The connections that were opened meanwhile were swallowed, and stay so.
    gate.freeze();
    gate.set_mode(support::TcpGate::Mode::pass);
    peers.sql("DELETE FROM barid.job; INSERT INTO barid.job (kind) VALUES ('hold')");
    EXPECT_TRUE(wait_until([&] { return running() == 1; }, 15s)) << "it did not come back";
    worker.stop();
}

TEST_F(Network, AHandlerThatCannotBeStoppedIsNotJoinedByItsJobsNextAttempt) {
    struct {
        std::atomic<int> now{0}, most{0}, runs{0};
        std::atomic<bool> let_go{false};
    } seen;
    LocalWorker worker(gated(), options(10, patience(2s)));
    worker.handle("stubborn", [&](JobContext&) -> awaitable<Outcome> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        ++seen.runs;
        if (++seen.now > seen.most) seen.most = seen.now.load();
        while (!seen.let_go) co_await sleep_for(5ms);
        --seen.now;
        co_return queue::Done{};
    });
    worker.start();
    const std::string id = sql("SELECT barid.enqueue('stubborn')");
    ASSERT_TRUE(wait_until([&] { return seen.now == 1; }, 20s));
    const std::string lost = sql("SELECT id FROM barid.worker");
    // What a rescuer does that takes the worker for dead.
    EXPECT_EQ(sql("SELECT barid.rescue(id, renewals) FROM barid.worker"), id);
    ASSERT_TRUE(wait_until(
        [&] {
            return sql("SELECT count(*) FROM barid.worker WHERE id <> " + lost) == "1" &&
                   sql("SELECT count(*) FROM barid.job WHERE claim_id <> "
                       "'00000000-0000-0000-0000-000000000000'") == "1";
        },
        20s))
        << "the job was not claimed again";
    EXPECT_EQ(seen.runs, 1);
    seen.let_go = true;
    EXPECT_TRUE(done(id, 20s));
    EXPECT_EQ(seen.most, 1) << "twice at once";
    EXPECT_EQ(seen.runs, 2);
    EXPECT_TRUE(worker.stop());
    EXPECT_EQ(sql("SELECT count(*) FROM barid.claim"), "0");
}

TEST_F(Network, ASettleWhoseAnswerIsLostIsNotRunAgain) {
    Runs runs;
    std::atomic<bool> lose{false};
    LocalWorker worker(gated(), options(1));
    worker.handle("count", [&](JobContext&) -> awaitable<Outcome> {
        ++runs.started;
        if (lose) gate.swallow_answers(true);
        co_return queue::Done{};
    });
    worker.handle("report", [&](JobContext&) -> awaitable<Outcome> {
        ++runs.started;
        gate.swallow_answers(true);
        co_return queue::Done{R"({"sent": true})"};
    });
    worker.start();
    ASSERT_TRUE(done(sql("SELECT barid.enqueue('count')"), 20s));
    lose = true;
    // Both ways to settle: the short one for plain ends, and barid.settle.
    for (const std::string kind : {"count", "report"}) {
        const std::string id = sql("SELECT barid.enqueue('" + kind + "')");
        ASSERT_TRUE(done(id, 10s)) << kind << ": the settle was not committed";
        gate.swallow_answers(false);
        gate.cut();
        EXPECT_TRUE(wait_until([&] { return sql("SELECT count(*) FROM barid.claim") == "0"; }, 15s))
            << kind << ": the worker never learned of it";
        EXPECT_EQ(sql("SELECT state::text || attempt || coalesce(errors::text, '') "
                      "FROM barid.job_history WHERE id = " +
                      id),
                  "completed1");
    }
    EXPECT_EQ(runs.started, 3) << "a handler that had succeeded ran again";
    EXPECT_TRUE(worker.stop());
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job_history"), "3");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.worker"), "0");
}

TEST_F(Network, AClaimWhoseAnswerIsLostCostsNoAttempt) {
    Runs runs;
    LocalWorker worker(gated(), options(1));
    worker.handle("count", [&](JobContext&) { return runs.count(); });
    // Its end frees the only slot: the next claim is sent, and its answer never comes.
    worker.handle("last-words", [&](JobContext&) -> awaitable<Outcome> {
        gate.swallow_answers(true);
        co_return queue::Done{};
    });
    worker.start();
    ASSERT_TRUE(done(sql("SELECT barid.enqueue('count')"), 20s));
    sql("BEGIN; SELECT barid.enqueue('last-words'), barid.enqueue('count', max_attempts => 1); "
        "COMMIT");
    ASSERT_TRUE(wait_until(
        [&] {
            return sql("SELECT count(*) FROM barid.job WHERE kind = 'count' AND state = 'running' "
                       "AND attempt = 1") == "1";
        },
        10s))
        << "the claim was not committed";
    EXPECT_EQ(runs.started, 1) << "its answer came through";
    gate.swallow_answers(false);
    gate.cut();
    ASSERT_TRUE(wait_until([&] { return sql("SELECT count(*) FROM barid.job") == "0"; }, 20s));
    EXPECT_EQ(runs.started, 2);
    EXPECT_EQ(sql("SELECT string_agg(state::text || attempt || coalesce(errors::text, ''), ' ') "
                  "FROM barid.job_history"),
              "completed1 completed1 completed1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.rescue_log"), "0") << "it took a rescue";
    EXPECT_TRUE(worker.stop());
    EXPECT_EQ(sql("SELECT count(*) FROM barid.claim"), "0");
}

}  // namespace
}  // namespace barid::fault
