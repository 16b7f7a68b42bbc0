// The order in which a worker takes jobs, and keys that run one at a time.
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

class Order : public support::WorkerFixture {
  protected:
    bool live_is_empty() { return database.sql("SELECT count(*) FROM barid.job") == "0"; }
    std::vector<std::string> ran;
};

TEST_F(Order, PriorityThenStartThenId) {
    handle("step", [&](JobContext& c) -> awaitable<Outcome> {
        ran.push_back(c.job.payload);
        co_return queue::Done{};
    });
    database.sql(R"(INSERT INTO barid.job (kind, priority, run_at, payload) VALUES
        ('step', 5, now() - interval '1 s', '4'), ('step', 9, now() - interval '9 s', '6'),
        ('step', 0, now() - interval '1 s', '2'), ('step', 0, now() - interval '5 s', '1'),
        ('step', 5, now() - interval '2 s', '3'), ('step', 5, now() - interval '1 s', '5'))");
    auto one_at_a_time = options();
    one_at_a_time.concurrency = 1;
    Worker worker(io, blocking, pool, registry, one_at_a_time, {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_EQ(ran, (std::vector<std::string>{"1", "2", "3", "4", "5", "6"}));
}

TEST_F(Order, AKeyRunsOneAtATimeInEnqueueOrderAlsoAcrossRetries) {
    std::map<std::string, int> at_once;
    bool overlapped = false;
    handle("keyed", [&](JobContext& c) -> awaitable<Outcome> {
        const json::value payload = parse_json(c.job.payload);
        const std::string key(*find_string(payload, "/key"));
        overlapped = overlapped || ++at_once[key] > 1;
        co_await barid::sleep_for(2ms);
        --at_once[key];
        if (c.job.attempt == 1 && c.job.id % 3 == 0) throw Error(Error::Retry::transient, "again");
        ran.push_back(key + ":" + std::to_string(c.job.id));
        co_return queue::Done{};
    });
    database.sql(R"(SELECT barid.enqueue('keyed', jsonb_build_object('key', 'k' || n % 4),
        ordering_key => 'k' || n % 4, priority => n % 10) FROM generate_series(1, 80) n)");
    Worker first(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(first, [&] { return live_is_empty(); }, 40s));
    EXPECT_FALSE(overlapped);
    ASSERT_EQ(ran.size(), 80U);
    std::map<std::string, std::int64_t> last;
    for (const std::string& entry : ran) {
        const std::int64_t id = std::stoll(entry.substr(3));
        EXPECT_GT(id, last[entry.substr(0, 2)]) << entry;
        last[entry.substr(0, 2)] = id;
    }
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.ordering_slot"), "0");
}

TEST_F(Order, AFailedHeadFreesItsKey) {
    handle("head", [&](JobContext& c) -> awaitable<Outcome> {
        ran.push_back(std::to_string(c.job.id));
        if (c.job.id == 1) co_return queue::Fail{"broken"};
        co_return queue::Done{};
    });
    database.sql("SELECT barid.enqueue('head', ordering_key => 'k') FROM generate_series(1, 3)");
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_EQ(ran, (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(Order, CancellingAParkedHeadFreesTheNext) {
    handle("head", [&](JobContext& c) -> awaitable<Outcome> {
        ran.push_back(std::to_string(c.job.id));
        co_return queue::Done{};
    });
    database.sql("SELECT barid.enqueue('head', ordering_key => 'k', delay => '1 hour')");
    database.sql("SELECT barid.enqueue('head', ordering_key => 'k')");
    bool cancelled = false;
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        const bool parked = database.sql("SELECT state FROM barid.jobs WHERE id = 2") == "parked";
        if (parked && !cancelled) {
            EXPECT_TRUE(ran.empty());
            database.sql("SELECT barid.cancel(1)");
            cancelled = true;
        }
        return live_is_empty();
    }));
    EXPECT_EQ(ran, std::vector<std::string>{"2"});
}

TEST_F(Order, ARunningJobIsToldThatItIsCancelled) {
    bool begun = false;
    bool told = false;
    handle("long", [&](JobContext& c) -> awaitable<Outcome> {
        begun = true;
        co_await barid::sleep_for(60s);
        told = c.cancelled();
        throw boost::system::system_error(asio::error::operation_aborted);
    });
    const std::string id = database.sql("SELECT barid.enqueue('long')");
    bool asked = false;
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        // The row says "running" a moment before the handler begins; cancelled then, it never does.
        if (begun && !asked) asked = database.sql("SELECT barid.cancel(" + id + ")") == "t";
        return live_is_empty();
    }));
    EXPECT_TRUE(told);
    EXPECT_EQ(database.sql("SELECT state FROM barid.jobs"), "cancelled");
}

TEST_F(Order, APausedQueueWaitsUntilItIsResumed) {
    handle("step", [&](JobContext& c) -> awaitable<Outcome> {
        ran.push_back(c.job.queue);
        co_return queue::Done{};
    });
    database.sql("SELECT barid.pause('mail')");
    database.sql("SELECT barid.enqueue('step', queue => 'mail'), barid.enqueue('step')");
    auto both = options();
    both.queues = {"*"};
    Worker worker(io, blocking, pool, registry, both, {});
    EXPECT_TRUE(run_until(worker, [&] {
        if (ran.size() == 1) database.sql("SELECT barid.resume('mail')");
        return live_is_empty();
    }));
    EXPECT_EQ(ran, (std::vector<std::string>{"default", "mail"}));
}

}  // namespace
}  // namespace barid::worker
