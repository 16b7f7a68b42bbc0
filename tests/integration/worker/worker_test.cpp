#include "worker/worker.hpp"

#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

class WorkerTest : public support::WorkerFixture {
  protected:
    std::string state_of(const std::string& id) {
        return database.sql("SELECT state FROM barid.jobs WHERE id = " + id);
    }
    bool live_is_empty() { return database.sql("SELECT count(*) FROM barid.job") == "0"; }
};

TEST_F(WorkerTest, RunsAJobFromEnqueueToHistory) {
    handle("greet", [](JobContext&) -> awaitable<Outcome> {
        co_return queue::Done{R"({"said": "مرحبا"})"};
    });
    const std::string id =
        database.sql(R"(SELECT barid.enqueue('greet', '{"to": "Noura"}'))");
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_TRUE(clean_);
    EXPECT_EQ(state_of(id), "completed");
    EXPECT_EQ(database.sql("SELECT output->>'said' FROM barid.jobs WHERE id = " + id), "مرحبا");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.worker"), "0");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.claim"), "0");
}

TEST_F(WorkerTest, RetriesUntilItWorksAndKeepsEachError) {
    handle("flaky", [](JobContext& c) -> awaitable<Outcome> {
        if (c.job.attempt < 3) throw Error(Error::Retry::transient, "try " +
                                           std::to_string(c.job.attempt));
        co_return queue::Done{};
    });
    const std::string id = database.sql("SELECT barid.enqueue('flaky')");
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_EQ(state_of(id), "completed");
    EXPECT_EQ(database.sql("SELECT attempt FROM barid.jobs WHERE id = " + id), "3");
    EXPECT_EQ(database.sql("SELECT errors->0->>'error' || '|' || (errors->1->>'error') "
                           "FROM barid.jobs WHERE id = " + id),
              "try 1|try 2");
}

TEST_F(WorkerTest, APermanentErrorEndsTheJobAtOnce) {
    handle("broken", [](JobContext&) -> awaitable<Outcome> {
        throw Error(Error::Retry::permanent, "no such picture");
        co_return queue::Done{};
    });
    const std::string id = database.sql("SELECT barid.enqueue('broken')");
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_EQ(state_of(id), "failed");
    EXPECT_EQ(database.sql("SELECT attempt FROM barid.jobs WHERE id = " + id), "1");
}

TEST_F(WorkerTest, AHandlerPastItsTimeoutIsCancelledAndRetried) {
    handle("slow", [](JobContext& c) -> awaitable<Outcome> {
        if (c.job.attempt == 1) co_await barid::sleep_for(60s);
        if (c.cancelled()) throw boost::system::system_error(asio::error::operation_aborted);
        co_return queue::Done{};
    }, 300ms);
    const std::string id = database.sql("SELECT barid.enqueue('slow')");
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_EQ(state_of(id), "completed");
    EXPECT_EQ(database.sql("SELECT errors->0->>'error' FROM barid.jobs WHERE id = " + id),
              "timed out after 300 ms");
}

TEST_F(WorkerTest, DrainsThousandsOfJobsOnce) {
    std::map<std::int64_t, int> ran;
    handle("count", [&](JobContext& c) -> awaitable<Outcome> {
        ++ran[c.job.id];
        co_return queue::Done{};
    });
    database.sql("INSERT INTO barid.job (kind, priority) "
                 "SELECT 'count', n % 10 FROM generate_series(1, 5000) n");
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return ran.size() == 5000; }));
    EXPECT_TRUE(clean_);
    EXPECT_TRUE(live_is_empty());
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history"), "5000");
    for (const auto& [id, times] : ran) ASSERT_EQ(times, 1) << "job " << id;
}

}  // namespace
}  // namespace barid::worker
