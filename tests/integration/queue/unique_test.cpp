// Which jobs a unique key keeps out, for how long, and what the producer is told.
#include <set>
#include <thread>

#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

class Unique : public support::WorkerFixture {
  protected:
    /// `id outcome` of one try_enqueue('work', …).
    std::string attempt(const std::string& arguments) {
        return database.sql("SELECT id || ' ' || outcome FROM barid.try_enqueue('work', " +
                            arguments + ")");
    }
    void run_all() {
        auto all = options();
        all.queues = {"*"};
        Worker worker(io, blocking, pool, registry, all, {});
        EXPECT_TRUE(run_until(worker, [&] { return live() == "0"; }));
    }
    std::string live() { return database.sql("SELECT count(*) FROM barid.job"); }
};

TEST_F(Unique, AKeyIsTakenUntilItsJobHasEnded) {
    handle("work", [](JobContext&) -> awaitable<Outcome> { co_return queue::Done{}; });
    EXPECT_EQ(attempt("unique_key => 'طلب-١٧'"), "1 inserted");
    EXPECT_EQ(attempt("unique_key => 'طلب-١٧'"), "1 deduplicated");
    EXPECT_EQ(attempt("unique_key => 'طلب-١٧', queue => 'other'"), "3 inserted")
        << "a key belongs to its queue";
    run_all();
    EXPECT_TRUE(attempt("unique_key => 'طلب-١٧'").ends_with(" inserted"));
}

TEST_F(Unique, EnqueueReturnsTheIdThatStandsForTheRequest) {
    const std::string id = database.sql("SELECT barid.enqueue('work', unique_key => 'k')");
    EXPECT_EQ(database.sql("SELECT barid.enqueue('work', unique_key => 'k')"), id);
}

TEST_F(Unique, WhileWaitingTheKeyIsFreeAsSoonAsTheJobRuns) {
    int ran = 0;
    std::string seen;
    handle("work", [&](JobContext&) -> awaitable<Outcome> {
        if (++ran == 1) {
            seen = attempt("unique_key => 'k', unique_while => 'waiting'");
            seen += ", " + attempt("unique_key => 'k', unique_while => 'waiting'");
        }
        co_return queue::Done{};
    });
    attempt("unique_key => 'k', unique_while => 'waiting'");
    EXPECT_EQ(attempt("unique_key => 'k', unique_while => 'waiting'"), "1 deduplicated");
    run_all();
    EXPECT_EQ(seen, "3 inserted, 3 deduplicated");
    EXPECT_EQ(ran, 2);
    EXPECT_EQ(database.sql("SELECT DISTINCT unique_key FROM barid.job_history"), "k")
        << "people still see the key that the claim gave up";
}

TEST_F(Unique, WhileRunningManyWaitAndOneRuns) {
    int at_once = 0;
    int most = 0;
    int ran = 0;
    handle("work", [&](JobContext&) -> awaitable<Outcome> {
        most = std::max(most, ++at_once);
        ++ran;
        co_await barid::sleep_for(5ms);
        --at_once;
        co_return queue::Done{};
    });
    for (int i = 1; i <= 6; ++i) {
        EXPECT_EQ(attempt("unique_key => 'k', unique_while => 'running'"),
                  std::to_string(i) + " inserted");
    }
    run_all();
    EXPECT_EQ(ran, 6);
    EXPECT_EQ(most, 1);
}

TEST_F(Unique, OnePerStateMeansOneWaitsWhileOneRuns) {
    std::vector<std::string> seen;
    int ran = 0;
    handle("work", [&](JobContext&) -> awaitable<Outcome> {
        if (++ran == 1) {
            seen.push_back(attempt("unique_key => 'k', unique_while => 'state'"));
            seen.push_back(attempt("unique_key => 'k', unique_while => 'state'"));
            co_await barid::sleep_for(50ms);
            EXPECT_EQ(ran, 1) << "the one that waits doesn't run beside us";
        }
        co_return queue::Done{};
    });
    attempt("unique_key => 'k', unique_while => 'state'");
    EXPECT_EQ(attempt("unique_key => 'k', unique_while => 'state'"), "1 deduplicated");
    run_all();
    EXPECT_EQ(seen, (std::vector<std::string>{"3 inserted", "3 deduplicated"}));
    EXPECT_EQ(ran, 2);
}

TEST_F(Unique, AThrottleLetsOneThroughAWindowEvenAfterItsEnd) {
    handle("work", [](JobContext&) -> awaitable<Outcome> { co_return queue::Done{}; });
    // A window of a year: the test cannot straddle its end, but on one night.
    EXPECT_EQ(attempt("unique_key => 'k', throttle => '300 days'"), "1 inserted");
    run_all();
    EXPECT_EQ(attempt("unique_key => 'k', throttle => '300 days'"), "1 deduplicated");
    EXPECT_TRUE(attempt("unique_key => 'other', throttle => '300 days'").ends_with("inserted"));
    database.sql("UPDATE barid.throttle SET starts_at = starts_at - interval '300 days'");
    EXPECT_TRUE(attempt("unique_key => 'k', throttle => '300 days'").ends_with("inserted"));
}

TEST_F(Unique, WindowsOfAThrottleAreAligned) {
    attempt("unique_key => 'k', throttle => '1 hour'");
    EXPECT_EQ(database.sql("SELECT starts_at = date_trunc('hour', starts_at) AND "
                           "ends_at - starts_at = '1 hour' FROM barid.throttle"),
              "t");
}

TEST_F(Unique, ADebouncePushesTheStartBackAndTheLastOneWins) {
    EXPECT_EQ(attempt(R"('{"v": 1}', unique_key => 'k', debounce => '1 hour')"), "1 inserted");
    const std::string first = database.sql("SELECT run_at FROM barid.job");
    EXPECT_EQ(attempt(R"('{"v": 2}', unique_key => 'k', debounce => '1 hour')"), "1 replaced");
    EXPECT_EQ(database.sql("SELECT (payload->>'v', run_at > '" + first +
                           "', run_at > now() + interval '59 minutes') FROM barid.job"),
              "(2,t,t)");
}

TEST_F(Unique, ReplaceGivesAWaitingJobANewPayload) {
    attempt(R"('{"v": 1}', unique_key => 'k')");
    EXPECT_EQ(attempt(R"('{"v": 2}', priority => 1, unique_key => 'k', on_conflict => 'replace')"),
              "1 replaced");
    EXPECT_EQ(database.sql("SELECT (payload->>'v', priority) FROM barid.job"), "(2,1)");
}

TEST_F(Unique, ReplaceLeavesARunningJobAlone) {
    std::string seen;
    handle("work", [&](JobContext&) -> awaitable<Outcome> {
        seen = attempt(R"('{"v": 2}', unique_key => 'k', on_conflict => 'replace')");
        co_return queue::Done{};
    });
    attempt(R"('{"v": 1}', unique_key => 'k')");
    run_all();
    EXPECT_EQ(seen, "1 deduplicated");
    EXPECT_EQ(database.sql("SELECT payload->>'v' FROM barid.job_history"), "1");
}

TEST_F(Unique, RawInsertsAndBulkFollowTheSameRules) {
    EXPECT_EQ(database.sql(R"(WITH a AS (
        INSERT INTO barid.job (kind, unique_key, throttle, payload) VALUES
            ('work', 't', '300 days', '{"v": 1}'), ('work', 't', '300 days', '{"v": 2}')
        RETURNING payload) SELECT (count(*), min(payload->>'v')) FROM a)"),
              "(1,1)");
    database.sql(R"(INSERT INTO barid.job (kind, unique_key, debounce, payload) VALUES
        ('work', 'd', '1 hour', '{"v": 1}'))");
    database.sql(R"(INSERT INTO barid.job (kind, unique_key, debounce, payload) VALUES
        ('work', 'd', '1 hour', '{"v": 2}'))");
    EXPECT_EQ(database.sql("SELECT payload->>'v' FROM barid.job WHERE unique_key = 'd'"), "2");
    EXPECT_EQ(database.sql(R"(SELECT string_agg(n || outcome, ',' ORDER BY n)
        FROM barid.try_enqueue_many('[{"kind": "work"},
            {"kind": "work", "unique_key": "d", "debounce": "1 hour", "payload": {"v": 3}},
            {"kind": "work", "unique_key": "new"}, {"kind": "work", "unique_key": "new"}]'))"),
              "1inserted,2replaced,3inserted,4deduplicated");
    EXPECT_EQ(database.sql(R"(SELECT string_agg(coalesce(id::text, '-'), ',') FROM
        barid.enqueue_many('[{"kind": "work", "unique_key": "new"}, {"kind": "work"}]') id)"),
              "-," + database.sql("SELECT max(id) FROM barid.job"));
}

TEST_F(Unique, ConcurrentProducersOfOneKeyAgreeOnOneJob) {
    constexpr int kProducers = 8;
    std::vector<std::string> ids(kProducers);
    {
        std::vector<std::jthread> producers;
        producers.reserve(kProducers);
        for (int i = 0; i < kProducers; ++i) {
            producers.emplace_back([&, i] {
                for (int turn = 0; turn < 20; ++turn) {
                    ids[static_cast<std::size_t>(i)] += database.sql(
                        "SELECT barid.enqueue('work', unique_key => 'k" + std::to_string(turn) +
                        "', on_conflict => '" + (i % 2 == 0 ? "keep" : "replace") + "')") + ",";
                }
            });
        }
    }
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1U);
    EXPECT_EQ(live(), "20");
}

TEST_F(Unique, WhatCannotBeMeantIsRefused) {
    const auto refusal = [&](const std::string& arguments) {
        try {
            attempt(arguments);
        } catch (const std::exception& e) {
            return std::string(e.what());
        }
        return std::string("accepted");
    };
    EXPECT_NE(refusal("throttle => '1 hour'").find("need a unique_key"), std::string::npos);
    EXPECT_NE(refusal("unique_key => 'k', throttle => '1 h', debounce => '1 h'").find("not both"),
              std::string::npos);
    EXPECT_NE(refusal("limit_key => 'a', ordering_key => 'b'").find("give one of them"),
              std::string::npos);
    EXPECT_NE(refusal("unique_key => 'k', unique_while => 'always'").find("unique_while"),
              std::string::npos);
    EXPECT_EQ(live(), "0");
}

}  // namespace
}  // namespace barid::worker
