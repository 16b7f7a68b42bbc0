// The fence, and what a settle does to a job: straight at the SQL functions.
#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

class Settle : public testing::Test {
  protected:
    void SetUp() override {
        for (const char* id : {"1", "2"}) {
            sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES (" +
                std::string(id) + ", '8 s', 'w" + id + "', '{default}')");
        }
    }
    std::string sql(const std::string& text) { return database.sql(text); }

    /// What the claim statement does to one job; returns the token.
    std::string claim(const std::string& job, const std::string& worker) {
        std::string token = random_uuid();
        sql("UPDATE barid.job SET state = 'running', attempt = attempt + 1, claimed_at = now(), "
            "claim_id = '" +
            token + "' WHERE id = " + job);
        sql("INSERT INTO barid.claim (claim_id, worker_id, job_ids) VALUES ('" + token + "', " +
            worker + ", '{" + job + "}')");
        return token;
    }
    std::string settle(const std::string& job, const std::string& token, const std::string& action,
                       const std::string& error = "NULL", const std::string& delay_ms = "0") {
        return sql("SELECT result FROM barid.settle('{" + job + "}', '{" + token + "}', '{" +
                   action + "}', '{" + delay_ms + "}', ARRAY[" + error +
                   "]::text[], "
                   "ARRAY[NULL]::text[], 'w', '{" +
                   token + "}')");
    }
    std::string state(const std::string& job) {
        return sql("SELECT state FROM barid.jobs WHERE id = " + job);
    }

    support::TestDatabase database;
};

TEST_F(Settle, AnOldTokenChangesNothingAndSaysSo) {
    const std::string job = sql("SELECT barid.enqueue('a')");
    const std::string old_token = claim(job, "1");
    sql("SELECT barid.rescue(1, 0)");
    const std::string new_token = claim(job, "2");
    for (const char* action : {"complete", "fail", "cancel", "retry", "refund"}) {
        EXPECT_EQ(settle(job, old_token, action), "stale") << action;
        EXPECT_EQ(
            sql("SELECT state::text || attempt FROM barid.job "
                "WHERE claim_id = '" + new_token + "'"),
            "running2")
            << action;
    }
    EXPECT_EQ(settle(job, new_token, "complete"), "settled");
    EXPECT_EQ(state(job), "completed");
}

TEST_F(Settle, ALateSettleOfARescuedJobIsStaleAlsoWhileItWaits) {
    const std::string job = sql("SELECT barid.enqueue('a')");
    const std::string token = claim(job, "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.rescue(1, 0)"), "1");
    EXPECT_EQ(settle(job, token, "complete"), "stale");
    EXPECT_EQ(state(job), "waiting");
}

TEST_F(Settle, ARepeatedSettleIsToldFromALostLease) {
    const std::string done = sql("SELECT barid.enqueue('a')");
    const std::string done_token = claim(done, "1");
    EXPECT_EQ(settle(done, done_token, "complete"), "settled");
    EXPECT_EQ(settle(done, done_token, "complete"), "already");
    const std::string retried = sql("SELECT barid.enqueue('a')");
    const std::string retried_token = claim(retried, "1");
    EXPECT_EQ(settle(retried, retried_token, "retry", "'x'", "60000"), "settled");
    EXPECT_EQ(settle(retried, retried_token, "retry", "'x'", "60000"), "already");
    EXPECT_EQ(sql("SELECT jsonb_array_length(errors) FROM barid.job WHERE id = " + retried), "1");
}

TEST_F(Settle, RescueSparesALeaseThatMovedSinceItWasSeen) {
    const std::string job = sql("SELECT barid.enqueue('a')");
    claim(job, "1");
    sql("UPDATE barid.worker SET renewals = 7 WHERE id = 1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.rescue(1, 6)"), "0");
    EXPECT_EQ(state(job), "running");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.rescue(1, 7)"), "1");
    EXPECT_EQ(state(job), "waiting");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.worker WHERE id = 1"), "0");
}

TEST_F(Settle, AJobWithoutAttemptsLeftEndsInItsDeadLetterQueue) {
    sql("INSERT INTO barid.queue (name) VALUES ('dead'); "
        "INSERT INTO barid.queue (name, dead_letter, max_attempts) VALUES ('mail', 'dead', 2)");
    const std::string job = sql("SELECT barid.enqueue('a', '{\"x\":1}', queue => 'mail')");
    claim(job, "1");
    sql("SELECT barid.rescue(1, 0)");
    EXPECT_EQ(state(job), "waiting");
    claim(job, "2");
    sql("SELECT barid.rescue(2, 0)");
    EXPECT_EQ(state(job), "failed");
    EXPECT_EQ(sql("SELECT errors->-1->>'error' FROM barid.jobs WHERE id = " + job),
              "the worker process was lost");
    EXPECT_EQ(sql("SELECT concat_ws(' ', kind, payload->>'x', origin_id = " + job +
                  ", attempt) "
                  "FROM barid.job WHERE queue = 'dead'"),
              "a 1 t 0");
}

TEST_F(Settle, ClosingAnEpochGivesBackWhatTheProcessDoesNotKnow) {
    const std::string known = sql("SELECT barid.enqueue('a')");
    const std::string unknown = sql("SELECT barid.enqueue('a')");
    const std::string known_token = claim(known, "1");
    claim(unknown, "1");
    EXPECT_EQ(sql("SELECT barid.close_epoch(1, 1, '{" + known_token + "}')"), "2");
    EXPECT_EQ(state(known), "running");
    EXPECT_EQ(sql("SELECT state || attempt FROM barid.jobs WHERE id = " + unknown), "waiting0");
    EXPECT_EQ(sql("SELECT barid.close_epoch(99, 1, '{}')"), "0");
}

TEST_F(Settle, KeepsTheLastErrorsOfAJobBounded) {
    const std::string job = sql("SELECT barid.enqueue('a', max_attempts => 100)");
    for (int i = 1; i <= 25; ++i) {
        settle(job, claim(job, "1"), "retry", "repeat('e" + std::to_string(i) + "', 4000)");
    }
    EXPECT_EQ(sql("SELECT jsonb_array_length(errors) FROM barid.job WHERE id = " + job), "20");
    EXPECT_EQ(sql("SELECT errors->-1->>'attempt' FROM barid.job WHERE id = " + job), "25");
    EXPECT_EQ(sql("SELECT max(length(e->>'error')) FROM barid.job, jsonb_array_elements(errors) e"),
              "2000");
}

TEST_F(Settle, TheSweepFindsRunningJobsWithoutAClaim) {
    const std::string job = sql("SELECT barid.enqueue('a')");
    const std::string token = claim(job, "1");
    sql("DELETE FROM barid.claim; UPDATE barid.job SET claimed_at = now() - interval '1 minute'");
    EXPECT_EQ(sql("SELECT barid.sweep()"), "1");
    EXPECT_EQ(state(job), "waiting");
    EXPECT_EQ(sql("SELECT barid.sweep()"), "0");
}

TEST_F(Settle, AQueueWithoutHistoryKeepsNothing) {
    sql("UPDATE barid.queue SET keep_history = false");
    const std::string job = sql("SELECT barid.enqueue('a')");
    EXPECT_EQ(settle(job, claim(job, "1"), "complete"), "settled");
    EXPECT_EQ(state(job), "");
}

}  // namespace
}  // namespace barid::queue
