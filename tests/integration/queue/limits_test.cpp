// Limits: how many jobs run at once and start in a time, for a queue and for each of its keys.
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

class Limits : public support::WorkerFixture {
  protected:
    void settings(const std::string& columns, const std::string& values) {
        database.sql("INSERT INTO barid.queue (name, " + columns + ") VALUES ('q', " + values +
                     ")");
    }
    std::string live() { return database.sql("SELECT count(*) FROM barid.job"); }
    /// A worker of queue `q`.
    WorkerOptions of_q(const std::string& name = "test") {
        auto made = options();
        made.name = name;
        made.queues = {"q"};
        return made;
    }
    void run_all() {
        Worker worker(io, blocking, pool, registry, of_q(), {});
        EXPECT_TRUE(run_until(worker, [&] { return live() == "0"; }));
        EXPECT_EQ(database.sql("SELECT count(*) FROM barid.limit_slot"), "0");
    }
    /// A handler that takes `each` and counts who runs beside it, in all and for its limit key.
    void count_at_once(std::chrono::milliseconds each) {
        handle("work", [this, each](JobContext& c) -> awaitable<Outcome> {
            const json::value payload = parse_json(c.job.payload);
            const auto* named = find_string(payload, "/key");
            const std::string key = named != nullptr ? std::string(*named) : "";
            most = std::max(most, ++at_once);
            most_of_key[key] = std::max(most_of_key[key], ++of_key[key]);
            order.push_back(key);
            co_await barid::sleep_for(each);
            --at_once;
            --of_key[key];
            co_return queue::Done{};
        });
    }
    int at_once = 0;
    int most = 0;
    std::map<std::string, int> of_key;
    std::map<std::string, int> most_of_key;
    std::vector<std::string> order;
};

TEST_F(Limits, AQueueRunsNoMoreThanItsConcurrencyOverTheFleet) {
    settings("concurrency", "3");
    count_at_once(5ms);
    database.sql("SELECT barid.enqueue('work', queue => 'q') FROM generate_series(1, 40)");
    Worker other(io, blocking, pool, registry, of_q("other"), {});
    bool ended = false;
    asio::co_spawn(io, other.run(), [&](const std::exception_ptr&, bool) { ended = true; });
    run_all();
    other.request_stop();
    run([&]() -> awaitable<void> {
        while (!ended) co_await barid::sleep_for(5ms);
    }(), 20s);
    EXPECT_EQ(most, 3);
    EXPECT_EQ(order.size(), 40U);
}

TEST_F(Limits, AProcessRunsNoMoreThanItsShare) {
    settings("process_concurrency", "2");
    count_at_once(5ms);
    database.sql("SELECT barid.enqueue('work', queue => 'q') FROM generate_series(1, 20)");
    run_all();
    EXPECT_EQ(most, 2);
    EXPECT_EQ(order.size(), 20U);
}

TEST_F(Limits, EachKeyHasItsOwnConcurrency) {
    settings("key_concurrency", "2");
    count_at_once(5ms);
    database.sql(R"(SELECT barid.enqueue('work', jsonb_build_object('key', 'متجر' || n % 3),
        queue => 'q', limit_key => 'متجر' || n % 3) FROM generate_series(1, 30) n)");
    run_all();
    EXPECT_EQ(most_of_key, (std::map<std::string, int>{{"متجر0", 2}, {"متجر1", 2}, {"متجر2", 2}}));
    EXPECT_EQ(most, 6);
}

TEST_F(Limits, OneTenantsMultitudeDoesNotStarveAnothersOneJob) {
    settings("concurrency", "1");
    count_at_once(1ms);
    database.sql(R"(SELECT barid.enqueue_many(jsonb_agg(jsonb_build_object('kind', 'work',
        'queue', 'q', 'limit_key', 'big', 'payload', '{"key": "big"}'::jsonb)))
        FROM generate_series(1, 2000))");
    database.sql(R"(SELECT barid.enqueue('work', '{"key": "small"}', queue => 'q',
                                         limit_key => 'small'))");
    Worker worker(io, blocking, pool, registry, of_q(), {});
    EXPECT_TRUE(run_until(worker, [&] { return of_key.contains("small"); }));
    const auto place = std::ranges::find(order, "small") - order.begin();
    EXPECT_LT(place, 4) << "keys are served in turn";
}

TEST_F(Limits, ARateIsABucketThatRefills) {
    // Five at once, then one in 100 ms.
    settings("rate_limit, rate_period, rate_burst", "10, '1 second', 5");
    std::vector<SteadyTime> starts;
    handle("work", [&](JobContext&) -> awaitable<Outcome> {
        starts.push_back(std::chrono::steady_clock::now());
        co_return queue::Done{};
    });
    database.sql("SELECT barid.enqueue('work', queue => 'q') FROM generate_series(1, 12)");
    run_all();
    ASSERT_EQ(starts.size(), 12U);
    // A start may be told late, never early: the 12th needs 7 tokens beyond the burst.
    EXPECT_GE(starts.back() - starts.front(), 600ms);
    const auto first_five = starts[4] - starts[0];
    EXPECT_LT(first_five, starts.back() - starts.front());
}

TEST_F(Limits, AKeysRateLeavesOtherKeysAlone) {
    settings("key_rate_limit, key_rate_period, key_rate_burst", "1, '1 hour', 2");
    count_at_once(1ms);
    database.sql(R"(SELECT barid.enqueue('work', jsonb_build_object('key', 'k' || n % 2),
        queue => 'q', limit_key => 'k' || n % 2) FROM generate_series(1, 10) n)");
    Worker worker(io, blocking, pool, registry, of_q(), {});
    EXPECT_TRUE(run_until(worker, [&] { return order.size() == 4; }));
    EXPECT_EQ(std::ranges::count(order, "k0"), 2);
    EXPECT_EQ(live(), "6");
}

TEST_F(Limits, ADelayedJobOfAKeyTakesItsTurnWhenItIsDue) {
    settings("key_concurrency", "1");
    count_at_once(1ms);
    database.sql(R"(SELECT barid.enqueue('work', queue => 'q', limit_key => 'k',
                                         delay => '300 milliseconds'))");
    EXPECT_EQ(database.sql("SELECT state FROM barid.jobs"), "waiting");
    run_all();
    EXPECT_EQ(order.size(), 1U);
}

TEST_F(Limits, ARetriedJobGivesItsSlotBackMeanwhile) {
    settings("concurrency", "1");
    std::vector<std::int64_t> ran;
    handle("work", [&](JobContext& c) -> awaitable<Outcome> {
        ran.push_back(c.job.id);
        if (c.job.id == 1 && c.job.attempt == 1) {
            co_return queue::Retry{.error = "again", .after = 500ms};
        }
        co_return queue::Done{};
    });
    database.sql("SELECT barid.enqueue('work', queue => 'q') FROM generate_series(1, 3)");
    run_all();
    EXPECT_EQ(ran, (std::vector<std::int64_t>{1, 2, 3, 1}));
}

TEST_F(Limits, ARescueFreesTheSlotsOfALostWorker) {
    settings("concurrency", "2");
    database.sql("SELECT barid.enqueue('work', queue => 'q') FROM generate_series(1, 3)");
    database.sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) "
                 "VALUES (7, '8 s', 'lost', '{q}')");
    const std::string claim = "SELECT count(job_id) FROM barid.claim_limited(7, 1, "
                              "gen_random_uuid(), 'q', 10, 0, '{5}', '{-infinity}', '{0}', '')";
    EXPECT_EQ(database.sql(claim), "2");
    EXPECT_EQ(database.sql(claim), "0") << "both slots are taken";
    database.sql("SELECT barid.rescue(7, 0)");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.limit_slot"), "0");
    count_at_once(1ms);
    run_all();
    EXPECT_EQ(order.size(), 3U);
}

TEST_F(Limits, TheSweepRemovesASlotWithoutARunningJob) {
    database.sql("INSERT INTO barid.limit_slot (job_id, queue) VALUES (99, 'q')");
    EXPECT_EQ(database.sql("SELECT barid.sweep()"), "1");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.limit_slot"), "0");
}

TEST_F(Limits, OrderingKeysHoldInALimitedQueue) {
    settings("concurrency", "4");
    std::vector<std::int64_t> ran;
    int at_work = 0;
    handle("work", [&](JobContext& c) -> awaitable<Outcome> {
        EXPECT_EQ(++at_work, 1);
        ran.push_back(c.job.id);
        co_await barid::sleep_for(1ms);
        --at_work;
        co_return queue::Done{};
    });
    database.sql("SELECT barid.enqueue('work', queue => 'q', ordering_key => 'k') "
                 "FROM generate_series(1, 10)");
    run_all();
    EXPECT_TRUE(std::ranges::is_sorted(ran));
    EXPECT_EQ(ran.size(), 10U);
}

TEST_F(Limits, APausedLimitedQueueStands) {
    settings("concurrency, paused", "4, true");
    database.sql("SELECT barid.enqueue('work', queue => 'q', limit_key => 'k')");
    database.sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) "
                 "VALUES (7, '8 s', 'w', '{q}')");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.limited_queues('{q}')"), "0");
    EXPECT_EQ(database.sql("SELECT count(job_id) FROM barid.claim_limited(7, 1, gen_random_uuid(),"
                           " 'q', 10, 0, '{5}', '{-infinity}', '{0}', '')"),
              "0");
}

}  // namespace
}  // namespace barid::worker
