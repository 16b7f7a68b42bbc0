// What a job leaves behind: attempts, lines for people, checkpoints, and outputs for its children.
#include <fmt/format.h>

#include "tests/support/worker_fixture.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;

class Results : public support::WorkerFixture {
  protected:
    std::string sql(const std::string& text) const { return database.sql(text); }
    bool live_is_empty() { return sql("SELECT count(*) FROM barid.job") == "0"; }

    /// Runs a worker until no job is left.
    void work() {
        worker::Worker worker(io, blocking, pool, registry, options(), {});
        EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    }
    /// What the claim does to a job, for a worker of this id; returns the token.
    std::string claim(const std::string& job, const std::string& suffix = "aaaa") {
        sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES "
            "(x'1111222233334444'::bigint, '8 s', 'قارئ:7', '{default}') ON CONFLICT DO NOTHING");
        std::string token = "11112222-3333-4444-" + suffix + "-000000000000";
        sql("UPDATE barid.job SET state = 'running', attempt = attempt + 1, claim_id = '" + token +
            "', claimed_at = clock_timestamp() WHERE id = " + job);
        return token;
    }
    std::string settle(const std::string& job, const std::string& token, const std::string& action,
                       const std::string& error = "NULL") {
        return sql("SELECT result FROM barid.settle('{" + job + "}', '{" + token + "}', '{" +
                   action + "}', '{0}', ARRAY[" + error +
                   "]::text[], ARRAY[NULL]::text[], 'w1', '{}')");
    }
    std::string attempts(const std::string& job) {
        return sql(
            "SELECT coalesce(string_agg(concat_ws(' ', attempt, outcome, worker, error), "
            "', '), '') FROM barid.attempts(" +
            job + ")");
    }
    std::string lines(const std::string& job) {
        return sql(
            "SELECT coalesce(string_agg(e->>'line', '|'), '') FROM "
            "jsonb_array_elements(barid.job_report(" +
            job + ")->'log') e");
    }
};

TEST_F(Results, EveryAttemptIsARowWithItsOutcomeAndWorker) {
    const std::string job = sql("SELECT barid.enqueue('a')");
    EXPECT_EQ(attempts(job), "");
    settle(job, claim(job, "0001"), "retry", "'مزود الخدمة لا يجيب'");
    EXPECT_EQ(attempts(job), "1 failed w1 مزود الخدمة لا يجيب");
    const std::string token = claim(job, "0002");
    EXPECT_EQ(attempts(job), "1 failed w1 مزود الخدمة لا يجيب, 2 running قارئ:7");
    sql("DELETE FROM barid.worker");  // its name outlives it
    settle(job, token, "complete");
    EXPECT_EQ(attempts(job), "1 failed w1 مزود الخدمة لا يجيب, 2 completed قارئ:7");
    EXPECT_EQ(sql("SELECT bool_and(ended_at >= started_at AND duration < '1 minute') FROM "
                  "barid.attempts(" +
                  job + ")"),
              "t");
}

TEST_F(Results, AFinalFailureIsOneRowAndACancelBesideAnAttemptItsOwn) {
    const std::string failed = sql("SELECT barid.enqueue('a')");
    settle(failed, claim(failed), "fail", "'broken'");
    EXPECT_EQ(attempts(failed), "1 failed w1 broken");
    const std::string cancelled = sql("SELECT barid.enqueue('a')");
    settle(cancelled, claim(cancelled), "retry", "'later'");
    sql("SELECT barid.cancel(" + cancelled + ", 'nobody wants it')");
    EXPECT_EQ(attempts(cancelled), "1 failed w1 later, 1 cancelled nobody wants it");
    EXPECT_EQ(attempts("4711"), "");
}

TEST_F(Results, LinesOfAHandlerCanBeReadWhenTheJobIsDone) {
    handle("report", [](JobContext& c) -> awaitable<Outcome> {
        c.note("قرأت 40 طلبًا");
        c.note(fmt::format("attempt {}\nends", c.job.attempt));
        if (c.job.attempt == 1) co_return queue::Retry{.error = "again", .after = {}};
        co_return queue::Done{};
    });
    handle("silent", [](JobContext&) -> awaitable<Outcome> { co_return queue::Done{}; });
    const std::string job = sql("SELECT barid.enqueue('report')");
    sql("SELECT count(barid.enqueue('silent')) FROM generate_series(1, 50)");
    work();
    EXPECT_EQ(lines(job), "قرأت 40 طلبًا|attempt 1 ends|قرأت 40 طلبًا|attempt 2 ends");
    EXPECT_EQ(sql("SELECT count(DISTINCT claim_id) FROM barid.job_log"), "2");
}

TEST_F(Results, LinesOfARunningJobCanBeReadWithinSeconds) {
    bool seen = false;
    handle("long", [&](JobContext& c) -> awaitable<Outcome> {
        c.note("half way");
        c.progress(0.5, "half way");
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (!seen && std::chrono::steady_clock::now() < until) co_await sleep_for(5ms);
        co_return queue::Done{};
    });
    const std::string job = sql("SELECT barid.enqueue('long')");
    worker::Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        seen = seen || (lines(job) == "half way" &&
                        sql("SELECT state || progress || progress_note FROM barid.jobs") ==
                            "running0.5half way");
        return live_is_empty();
    }));
    EXPECT_TRUE(seen);
}

TEST_F(Results, LinesOfALostClaimAreNotWritten) {
    const std::string job = sql("SELECT barid.enqueue('a')");
    const std::string token = claim(job);
    const auto write = [&](const std::string& claim_id, int n) {
        sql(
            fmt::format("SELECT barid.write_log('{{{}}}', '{{{}}}', '{{1}}', '{{{}}}', '{{0}}', "
                        "'{{line {}}}')",
                        job, claim_id, n, n));
    };
    write("99999999-0000-0000-0000-000000000000", 1);
    EXPECT_EQ(lines(job), "");
    write(token, 1);
    write(token, 1);  // the answer was lost: sent again
    EXPECT_EQ(lines(job), "line 1");
    settle(job, token, "complete");
    write(token, 2);  // later than its outcome
    EXPECT_EQ(lines(job), "line 1|line 2");
}

TEST_F(Results, AJobKeepsItsFirstAndNewestLines) {
    const std::string job = sql("SELECT barid.enqueue('a')");
    const std::string token = claim(job);
    for (int from = 1; from <= 901; from += 100) {
        sql(
            fmt::format("SELECT barid.write_log(array_fill({}::bigint, '{{100}}'), "
                        "array_fill('{}'::uuid, '{{100}}'), array_fill(1, '{{100}}'), "
                        "array_agg(n), array_fill(0::bigint, '{{100}}'), "
                        "array_agg('line ' || n)) FROM generate_series({}, {}) n",
                        job, token, from, from + 99));
    }
    EXPECT_EQ(sql("SELECT count(*) || ' ' || min(n) || ' ' || max(n) || ' ' || "
                  "count(*) FILTER (WHERE n <= 20) || ' ' || min(n) FILTER (WHERE n > 20) "
                  "FROM barid.job_log"),
              "200 1 1000 20 821");
}

TEST_F(Results, ALongJobContinuesAtItsCheckpoint) {
    std::vector<std::int64_t> steps;
    handle("import", [&](JobContext& c) -> awaitable<Outcome> {
        const auto last = co_await c.last_checkpoint();
        for (std::int64_t page = last ? last->at("page").as_int64() + 1 : 1; page <= 5; ++page) {
            steps.push_back(page);
            co_await c.checkpoint({{"page", page}, {"متجر", "نور"}});
            if (page == 3 && c.job.attempt == 1) throw std::runtime_error("the power is gone");
        }
        co_return queue::Done{};
    });
    const std::string job = sql("SELECT barid.enqueue('import')");
    worker::Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
    EXPECT_TRUE(attempts(job).starts_with("1 failed test the power is gone, 2 completed test"));
}

TEST_F(Results, AFailedJobRetriedByAnOperatorContinuesToo) {
    const std::string job = sql("SELECT barid.enqueue('a')");
    std::string token = claim(job, "0001");
    EXPECT_EQ(sql("SELECT barid.save_checkpoint(" + job + ", '" + token + "', '{\"page\": 7}')"),
              "t");
    EXPECT_EQ(sql("SELECT special FROM barid.job"), "t");
    settle(job, token, "fail", "'broken'");
    sql("SELECT barid.drop_checkpoints('{" + job + "}'); SELECT barid.prune_results()");
    EXPECT_EQ(sql("SELECT data->>'page' FROM barid.checkpoint"), "7");
    sql("SELECT barid.retry(" + job + ")");
    token = claim(job, "0002");
    EXPECT_EQ(sql("SELECT data->>'page' FROM barid.checkpoint"), "7");
    settle(job, token, "complete");
    sql("SELECT barid.prune_results()");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.checkpoint"), "0");
}

TEST_F(Results, ACheckpointOfALostLeaseIsRefused) {
    std::string said;
    handle("import", [&](JobContext& c) -> awaitable<Outcome> {
        co_await c.checkpoint({{"page", 1}});
        if (c.job.attempt > 1) co_return queue::Done{};
        sql("UPDATE barid.job SET claim_id = gen_random_uuid()");
        try {
            co_await c.checkpoint({{"page", 2}});
        } catch (const Error& e) {
            said = e.what();
            sql("UPDATE barid.job SET claim_id = '" + c.job.claim_id + "'");
            throw;
        }
        co_return queue::Done{};
    });
    sql("SELECT barid.enqueue('import')");
    work();
    EXPECT_NE(said.find("the lease is lost"), std::string::npos) << said;
}

TEST_F(Results, ACheckpointThatCannotBeKeptEndsTheJob) {
    handle("huge", [](JobContext& c) -> awaitable<Outcome> {
        co_await c.checkpoint({{"text", std::string(70'000, 'x')}});
        co_return queue::Done{};
    });
    handle("nul", [](JobContext& c) -> awaitable<Outcome> {
        co_await c.checkpoint({{"text", std::string("a\0b", 3)}});
        co_return queue::Done{};
    });
    const std::string huge = sql("SELECT barid.enqueue('huge')");
    const std::string nul = sql("SELECT barid.enqueue('nul')");
    work();
    EXPECT_NE(attempts(huge).find("the checkpoint has 70011 bytes, at most 65536 are stored"),
              std::string::npos)
        << attempts(huge);
    EXPECT_NE(attempts(nul).find("the checkpoint contains \\u0000"), std::string::npos);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job_history WHERE state = 'failed'"), "2");
}

TEST_F(Results, AChildReadsItsParentsOutputs) {
    handle("part", [](JobContext& c) -> awaitable<Outcome> {
        co_return queue::Done{fmt::format(R"({{"sum": {}, "متجر": "نور"}})", c.job.id * 10)};
    });
    handle("quiet", [](JobContext&) -> awaitable<Outcome> { co_return queue::Done{}; });
    std::vector<jobs::ParentOutput> read;
    handle("total", [&](JobContext& c) -> awaitable<Outcome> {
        read = co_await c.parent_outputs();
        co_return queue::Done{};
    });
    const std::string first = sql("SELECT barid.enqueue('part')");
    const std::string second = sql("SELECT barid.enqueue('quiet')");
    bool born = false;
    worker::Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        if (born || !live_is_empty()) return born && live_is_empty();
        sql("SELECT barid.enqueue('total'); UPDATE barid.job SET after = ARRAY[" + second + ", " +
            first + ", 4711]");
        born = true;
        return false;
    }));
    ASSERT_EQ(read.size(), 3U);
    EXPECT_EQ(std::to_string(read[0].id), second);
    EXPECT_TRUE(read[0].output.is_null());
    EXPECT_EQ(read[1].state, "completed");
    EXPECT_EQ(read[1].output.at("sum").as_int64(), std::stoll(first) * 10);
    EXPECT_EQ(read[2].state, "gone");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.parent_outputs(" + first + ")"), "0");
}

TEST_F(Results, WhatCanNoLongerBeReadIsPruned) {
    for (int i = 0; i < 3; ++i) {
        const std::string job = sql("SELECT barid.enqueue('a')");
        const std::string token = claim(job, "000" + job);
        sql("INSERT INTO barid.job_log VALUES (" + job + ", '" + token + "', 1, now(), 1, 'x')");
        sql("SELECT barid.save_checkpoint(" + job + ", '" + token + "', '{}')");
        settle(job, token, "fail", "'x'");
    }
    sql("DELETE FROM barid.job_history WHERE id <> 2");
    EXPECT_EQ(sql("SELECT next || ' ' || pruned FROM barid.prune_results(0, 2)"), "2 2");
    EXPECT_EQ(sql("SELECT next || ' ' || pruned FROM barid.prune_results(2, 2)"), "0 2");
    EXPECT_EQ(sql("SELECT string_agg(job_id::text, ' ') FROM barid.job_log"), "2");
    EXPECT_EQ(sql("SELECT string_agg(job_id::text, ' ') FROM barid.checkpoint"), "2");
    sql("DELETE FROM barid.worker; UPDATE barid.worker_log SET ended_at = now() - '13 "
        "days'::interval");
    sql("SELECT barid.prune_results()");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.worker_log"), "1");
    sql("UPDATE barid.worker_log SET ended_at = now() - interval '15 days'");
    sql("SELECT barid.prune_results()");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.worker_log"), "0");
}

}  // namespace
}  // namespace barid::queue
