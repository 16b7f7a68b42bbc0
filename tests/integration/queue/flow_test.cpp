// Jobs that wait for other jobs, batches with their callbacks, and paused kinds.
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

class Flow : public support::WorkerFixture {
  protected:
    std::string live() { return database.sql("SELECT count(*) FROM barid.job"); }
    std::string state(const std::string& id) {
        return database.sql("SELECT state FROM barid.jobs WHERE id = " + id);
    }
    std::string enqueue(const std::string& kind, const std::string& more = "") {
        return database.sql("SELECT barid.enqueue('" + kind + "'" + more + ")");
    }
    /// Kinds: `ok` completes, `bad` fails for good, `slow` takes 50 ms.
    void handlers() {
        handle("ok", [this](JobContext& c) -> awaitable<Outcome> {
            ran.push_back(c.job.id);
            co_return queue::Done{R"({"from": )" + std::to_string(c.job.id) + "}"};
        });
        handle("slow", [this](JobContext& c) -> awaitable<Outcome> {
            co_await barid::sleep_for(50ms);
            ran.push_back(c.job.id);
            co_return queue::Done{};
        });
        handle("bad", [this](JobContext& c) -> awaitable<Outcome> {
            ran.push_back(c.job.id);
            if (mended) co_return queue::Done{};
            co_return queue::Fail{"broken"};
        });
    }
    bool run_while(const std::function<bool()>& busy) {
        Worker worker(io, blocking, pool, registry, options(), {});
        return run_until(worker, [&] { return !busy(); });
    }
    std::vector<std::int64_t> ran;
    bool mended = false;
};

TEST_F(Flow, AChildRunsAfterTheLastOfItsParents) {
    handlers();
    // Fan-out and fan-in; the last one has a key of its own to pass as well.
    const std::string first = enqueue("slow");
    const std::string left = enqueue("slow", ", after => ARRAY[" + first + "]");
    const std::string right = enqueue("ok", ", after => ARRAY[" + first + "]");
    const std::string last =
        enqueue("ok", ", after => ARRAY[" + left + "," + right + "], ordering_key => 'مفتاح'");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    ASSERT_EQ(ran.size(), 4U);
    EXPECT_EQ(ran.front(), 1);
    EXPECT_EQ(ran.back(), 4);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.dependency"), "0");
}

TEST_F(Flow, AChildEnqueuedAfterItsParentsEndStartsAtOnce) {
    handlers();
    const std::string parent = enqueue("ok");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    enqueue("ok", ", after => ARRAY[" + parent + "]");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    EXPECT_EQ(ran.size(), 2U);
}

TEST_F(Flow, WhenAParentFailsTheChildrenAreCancelledAllTheWayDown) {
    handlers();
    const std::string parent = enqueue("bad");
    const std::string child = enqueue("ok", ", after => ARRAY[" + parent + "]");
    const std::string grandchild = enqueue("ok", ", after => ARRAY[" + child + "]");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    EXPECT_EQ(ran, (std::vector<std::int64_t>{1}));
    EXPECT_EQ(state(child), "cancelled");
    EXPECT_EQ(state(grandchild), "cancelled");
    EXPECT_NE(database.sql("SELECT errors->-1->>'error' FROM barid.jobs WHERE id = " + child)
                  .find("has failed or was cancelled"),
              std::string::npos);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.dependency"), "0");
}

TEST_F(Flow, AChildMayRunAnyway) {
    handlers();
    const std::string parent = enqueue("bad");
    enqueue("ok", ", after => ARRAY[" + parent + "], on_parent_failure => 'run'");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    EXPECT_EQ(ran, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(Flow, AChildMayWaitUntilItsParentIsRepaired) {
    handlers();
    const std::string parent = enqueue("bad");
    const std::string child =
        enqueue("ok", ", after => ARRAY[" + parent + "], on_parent_failure => 'wait'");
    EXPECT_TRUE(run_while([&] { return state(parent) != "failed" || state(child) != "parked"; }));
    EXPECT_EQ(database.sql("SELECT barid.sweep()"), "0") << "it waits rightly";
    EXPECT_EQ(state(child), "parked");
    mended = true;
    EXPECT_EQ(database.sql("SELECT barid.retry(" + parent + ")"), "t");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    EXPECT_EQ(ran, (std::vector<std::int64_t>{1, 1, 2}));
}

TEST_F(Flow, CancellingAWaitingParentReachesItsChildren) {
    handlers();
    const std::string parent = enqueue("ok", ", delay => '1 hour'");
    const std::string child = enqueue("ok", ", after => ARRAY[" + parent + "]");
    EXPECT_TRUE(run_while([&] { return state(child) != "parked"; }));
    EXPECT_EQ(database.sql("SELECT barid.end_waiting(ARRAY[" + parent + "], 'no more')"), "1");
    EXPECT_EQ(state(child), "cancelled");
}

TEST_F(Flow, ABatchEndsWithItsCallbacks) {
    handlers();
    std::vector<std::string> called;
    handle("success", [&](JobContext& c) -> awaitable<Outcome> {
        called.push_back(c.job.kind + " " + c.job.payload);
        co_return queue::Done{};
    });
    handle("failure", [&](JobContext& c) -> awaitable<Outcome> {
        called.push_back(c.job.kind + " " + c.job.payload);
        co_return queue::Done{};
    });
    const std::string callbacks = R"(, 'صور اليوم', on_success => '{"kind": "success"}',
        on_failure => '{"kind": "failure", "payload": {"to": "نورة"}}'))";
    database.sql(R"(SELECT barid.enqueue_batch('[{"kind": "ok"}, {"kind": "slow"}]')" + callbacks);
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    database.sql(R"(SELECT barid.enqueue_batch('[{"kind": "ok"}, {"kind": "bad"}]')" + callbacks);
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    ASSERT_EQ(called.size(), 2U);
    EXPECT_TRUE(called[0].starts_with("success ")) << called[0];
    EXPECT_TRUE(called[1].starts_with("failure ")) << called[1];
    EXPECT_NE(called[1].find("نورة"), std::string::npos);
    EXPECT_EQ(database.sql("SELECT (name, completed, failed, live, total) FROM barid.batches "
                           "WHERE id = 2"),
              "(\"صور اليوم\",1,1,0,2)");
}

TEST_F(Flow, AnOpenBatchWaitsForItsClose) {
    handlers();
    const std::string batch =
        database.sql(R"(SELECT barid.open_batch('open', on_finished => '{"kind": "ok"}'))");
    enqueue("ok", ", batch_id => " + batch);
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    EXPECT_EQ(ran.size(), 1U);
    database.sql("SELECT barid.close_batch(" + batch + ")");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    EXPECT_EQ(ran.size(), 2U) << "the callback ran once";
    EXPECT_THROW(enqueue("ok", ", batch_id => " + batch), std::exception) << "it has finished";
}

TEST_F(Flow, ACallbackThatCanNotBeAJobIsRefusedWhenTheBatchIsMade) {
    EXPECT_THROW(database.sql(R"(SELECT barid.open_batch(on_success => '{"no": "kind"}'))"),
                 std::exception);
    EXPECT_THROW(database.sql(R"(SELECT barid.open_batch(on_finished => '[]'))"), std::exception);
}

TEST_F(Flow, JobsOfAPausedKindArePassedBy) {
    handlers();
    database.sql("INSERT INTO barid.paused_kind (kind) VALUES ('slow')");
    enqueue("slow");
    enqueue("ok");
    EXPECT_TRUE(run_while([&] { return live() != "1" || state("1") != "parked"; }));
    EXPECT_EQ(ran, (std::vector<std::int64_t>{2}));
    database.sql("DELETE FROM barid.paused_kind");
    EXPECT_EQ(database.sql("SELECT barid.sweep()"), "1");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }))
        << database.sql("SELECT to_jsonb(j) FROM barid.job j");
    EXPECT_EQ(ran, (std::vector<std::int64_t>{2, 1}));
}

TEST_F(Flow, AFinalFailureBlocksItsKeyWhereTheQueueSaysSo) {
    handlers();
    database.sql("UPDATE barid.queue SET on_ordering_failure = 'block' WHERE name = 'default'");
    enqueue("bad", ", ordering_key => 'k'");
    enqueue("ok", ", ordering_key => 'k'");
    enqueue("ok", ", ordering_key => 'other'");
    EXPECT_TRUE(run_while([&] { return live() != "1" || state("2") != "parked"; }));
    enqueue("ok", ", ordering_key => 'k'");
    EXPECT_TRUE(run_while([&] { return state("4") != "parked"; })) << "a new one waits as well";
    EXPECT_EQ(database.sql("SELECT barid.sweep()"), "0") << "the sweep leaves it blocked";
    EXPECT_EQ(database.sql("SELECT barid.unblock_key('k')"), "t");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
    EXPECT_EQ(ran, (std::vector<std::int64_t>{1, 3, 2, 4}));
}

TEST_F(Flow, WhatAnOlderWorkerSettledIsPutRightByTheSweep) {
    handlers();
    const std::string parent = enqueue("ok", ", delay => '1 hour'");
    const std::string child = enqueue("ok", ", after => ARRAY[" + parent + "]");
    const std::string batch =
        database.sql(R"(SELECT barid.enqueue_batch('[{"kind": "ok", "run_at": "2999-01-01"}]'))");
    EXPECT_TRUE(run_while([&] { return state(child) != "parked"; }));
    // An older worker knows of no children and no batches: it deletes its jobs.
    database.sql("DELETE FROM barid.job WHERE id <> " + child);
    EXPECT_EQ(database.sql("SELECT barid.sweep()"), "2");
    EXPECT_EQ(database.sql("SELECT finished_at IS NOT NULL FROM barid.batch"), "t");
    EXPECT_TRUE(run_while([&] { return live() != "0"; }));
}

}  // namespace
}  // namespace barid::worker
