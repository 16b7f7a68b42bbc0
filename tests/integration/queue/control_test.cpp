// What operators do to one job, by the SQL functions.
#include "tests/integration/queue/queue_fixture.hpp"

namespace barid::queue {
namespace {

class Control : public support::QueueFixture {
  protected:
    /// The job's start, in whole seconds from now.
    std::string starts_in(const std::string& job) {
        return sql("SELECT round(extract(epoch FROM run_at - now())) FROM barid.jobs WHERE id = " +
                   job);
    }
    std::string enqueue(const std::string& arguments) {
        return sql("SELECT barid.enqueue(" + arguments + ")");
    }
};

TEST_F(Control, RunNowStartsAFutureJobAboveTheCursors) {
    const std::string job = enqueue("'a', delay => '1 hour'");
    const std::string before = sql("SELECT clock_timestamp()");
    EXPECT_EQ(sql("SELECT barid.run_now(" + job + ")"), "t");
    EXPECT_EQ(sql("SELECT run_at BETWEEN '" + before +
                  "' AND clock_timestamp() FROM barid.job WHERE id = " + job),
              "t");
}

TEST_F(Control, RescheduleNeverMovesAJobIntoThePast) {
    const std::string job = enqueue("'a'");
    EXPECT_EQ(sql("SELECT barid.reschedule(" + job + ", now() + interval '2 hours')"), "t");
    EXPECT_EQ(starts_in(job), "7200");
    const std::string before = sql("SELECT clock_timestamp()");
    EXPECT_EQ(sql("SELECT barid.reschedule(" + job + ", '2001-01-01')"), "t");
    EXPECT_EQ(sql("SELECT run_at >= '" + before + "' FROM barid.job WHERE id = " + job), "t");
    EXPECT_NE(refusal("SELECT barid.reschedule(" + job + ", 'infinity')").find("finite"),
              std::string::npos);
}

TEST_F(Control, SnoozeCountsFromTheStartOrFromNow) {
    const std::string later = enqueue("'a', delay => '1 hour'");
    const std::string due = enqueue("'a'");
    sql("UPDATE barid.job SET run_at = now() - interval '1 day' WHERE id = " + due);
    sql("SELECT barid.snooze(" + later + ", '10 minutes'), barid.snooze(" + due +
        ", '10 minutes')");
    EXPECT_EQ(starts_in(later), "4200");
    EXPECT_EQ(starts_in(due), "600");
    EXPECT_NE(refusal("SELECT barid.snooze(" + due + ", '-1 hour')").find("0 to 100 years"),
              std::string::npos);
}

TEST_F(Control, APriorityIsChangedWithoutFallingBehindTheCursors) {
    const std::string job = enqueue("'a'");
    sql("UPDATE barid.job SET run_at = now() - interval '1 hour' WHERE id = " + job);
    const std::string before = sql("SELECT clock_timestamp()");
    EXPECT_EQ(sql("SELECT barid.set_priority(" + job + ", 0)"), "t");
    EXPECT_EQ(sql("SELECT priority || ' ' || (run_at >= '" + before +
                  "') FROM barid.job WHERE id = " + job),
              "0 true");
    EXPECT_NE(refusal("SELECT barid.set_priority(" + job + ", 10)").find("priority is 10"),
              std::string::npos);
}

TEST_F(Control, ARunningJobIsNotMovedButTakesItsPriorityAlong) {
    const std::string job = enqueue("'a'");
    const std::string token = claim(job);
    const std::string start = sql("SELECT run_at FROM barid.job WHERE id = " + job);
    EXPECT_EQ(sql("SELECT barid.run_now(" + job + ")"), "f");
    EXPECT_EQ(sql("SELECT barid.snooze(" + job + ", '1 hour')"), "f");
    EXPECT_EQ(sql("SELECT barid.reschedule(" + job + ", now())"), "f");
    EXPECT_EQ(sql("SELECT barid.set_priority(" + job + ", 2)"), "t");
    EXPECT_EQ(sql("SELECT run_at FROM barid.job WHERE id = " + job), start);
    EXPECT_EQ(settle(job, token, "retry", "'again'"), "settled");
    EXPECT_EQ(sql("SELECT priority FROM barid.job WHERE id = " + job), "2");
}

TEST_F(Control, AnUnknownJobIsNeverTouched) {
    for (const char* call : {"cancel(77)", "retry(77)", "run_now(77)", "snooze(77, '1 s')",
                             "set_priority(77, 1)", "reschedule(77, now())"}) {
        EXPECT_EQ(sql(std::string("SELECT barid.") + call), "f") << call;
    }
}

TEST_F(Control, AParkedJobThatIsRescheduledLeavesItsPlace) {
    sql("SELECT barid.enqueue('a', ordering_key => 'k') FROM generate_series(1, 2)");
    claim("1");
    sql("INSERT INTO barid.ordering_slot VALUES ('k', 1)");
    sql("SELECT barid.claim_keyed(1, 1, gen_random_uuid(), '{2}')");
    ASSERT_EQ(state("2"), "parked");
    EXPECT_EQ(sql("SELECT barid.reschedule(2, now() + interval '1 hour')"), "t");
    EXPECT_EQ(state("2"), "waiting");
    EXPECT_EQ(starts_in("2"), "3600");
    EXPECT_EQ(sql("SELECT due_at || parked_by FROM barid.job WHERE id = 2"), "-infinity");
}

TEST_F(Control, ARetriedJobKeepsAllThatItWas) {
    const std::string job = ended(
        "'a', '{\"to\": \"نورة\"}', queue => 'mail', priority => 2, max_attempts => 3, unique_key "
        "=> "
        "'u', request_id => 'r', traceparent => 't', tags => '{x,y}', limit_key => 'tenant'",
        "fail", "'no'");
    sql("UPDATE barid.job_history SET origin_id = 5, origin_queue = 'o', after = '{3,4}'");
    EXPECT_EQ(sql("SELECT barid.retry(" + job + ")"), "t");
    EXPECT_EQ(
        sql("SELECT concat_ws('|', payload->>'to', queue, priority, max_attempts, unique_key, "
            "request_id, traceparent, tags, limit_key, origin_id, origin_queue, after, "
            "attempt, errors->0->>'error') FROM barid.job WHERE id = " +
            job),
        "نورة|mail|2|3|u|r|t|{x,y}|tenant|5|o|{3,4}|0|no");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job_history"), "0");
}

TEST_F(Control, ARetryWhoseUniqueKeyIsTakenSaysByWhom) {
    const std::string job = ended("'a', unique_key => 'order-7'", "fail");
    const std::string other = enqueue("'a', unique_key => 'order-7'");
    const std::string said = refusal("SELECT barid.retry(" + job + ")");
    EXPECT_NE(said.find("\"order-7\" is taken by job " + other), std::string::npos) << said;
    EXPECT_EQ(state(job), "failed");
    sql("SELECT barid.cancel(" + other + ")");
    EXPECT_EQ(sql("SELECT barid.retry(" + job + ")"), "t");
}

TEST_F(Control, ARetriedHeadRunsFirstAndItsKeyIsFree) {
    sql("SELECT barid.set_queue('default', '{\"on_ordering_failure\": \"block\"}')");
    sql("SELECT barid.enqueue('a', ordering_key => 'k') FROM generate_series(1, 2)");
    const std::string token = random_uuid();
    ASSERT_EQ(sql("SELECT barid.claim_keyed(1, 1, '" + token + "', '{1,2}')"), "1");
    settle("1", token, "fail", "'broken'");
    ASSERT_EQ(sql("SELECT blocked FROM barid.ordering_slot"), "t");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.claim_keyed(1, 1, gen_random_uuid(), '{2}')"), "0");
    EXPECT_EQ(sql("SELECT barid.retry(1)"), "t");
    EXPECT_EQ(sql("SELECT barid.claim_keyed(1, 1, gen_random_uuid(), '{1,2}')"), "1");
    EXPECT_EQ(state("2"), "parked");
}

TEST_F(Control, ARetriedJobOfALiveBatchIsCountedOnce) {
    const std::string batch = sql("SELECT barid.open_batch('b')");
    const std::string job = ended("'a', batch_id => " + batch, "fail");
    ASSERT_EQ(sql("SELECT failed FROM barid.batch"), "1");
    sql("SELECT barid.retry(" + job + ")");
    EXPECT_EQ(sql("SELECT failed FROM barid.batch"), "0");
    settle(job, claim(job), "complete");
    sql("SELECT barid.close_batch(" + batch + ")");
    EXPECT_EQ(sql("SELECT concat_ws(' ', completed, failed, finished_at IS NOT NULL) "
                  "FROM barid.batch"),
              "1 0 t");
}

TEST_F(Control, AJobOfAFinishedBatchIsRetriedWithoutIt) {
    const std::string batch = sql("SELECT barid.open_batch('b')");
    const std::string job = ended("'a', batch_id => " + batch, "fail");
    sql("SELECT barid.close_batch(" + batch + ")");
    EXPECT_EQ(sql("SELECT barid.retry(" + job + ")"), "t");
    EXPECT_EQ(sql("SELECT batch_id IS NULL FROM barid.job WHERE id = " + job), "t");
    EXPECT_EQ(sql("SELECT failed FROM barid.batch"), "1");
}

TEST_F(Control, AChildThatWaitsForItsFailedParentRunsAfterTheParentsRetry) {
    const std::string parent = enqueue("'a'");
    const std::string child =
        enqueue("'b', after => '{" + parent + "}', on_parent_failure => 'wait'");
    sql("SELECT barid.claim_keyed(1, 1, gen_random_uuid(), '{" + child + "}')");
    settle(parent, claim(parent), "fail", "'no'");
    ASSERT_EQ(state(child), "parked");
    sql("SELECT barid.retry(" + parent + ")");
    settle(parent, claim(parent), "complete");
    EXPECT_EQ(state(child), "waiting");
}

TEST_F(Control, ACancelledJobThatCameBackToWaitingIsEndedByTheSweep) {
    const std::string job = enqueue("'a'");
    const std::string token = claim(job);
    EXPECT_EQ(sql("SELECT barid.cancel(" + job + ", 'the order is gone')"), "t");
    EXPECT_EQ(state(job), "running");
    settle(job, token, "retry", "'just then'");
    EXPECT_EQ(state(job), "waiting");
    sql("SELECT barid.tidy()");
    EXPECT_EQ(state(job), "cancelled");
    EXPECT_EQ(sql("SELECT errors->-1->>'error' FROM barid.jobs WHERE id = " + job),
              "the order is gone");
    sql("SELECT barid.tidy()");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.cancel_request"), "0");
}

TEST_F(Control, KindsThatAreResumedAreFreedInBoundedSteps) {
    sql("SELECT barid.pause_kind('a'), barid.pause_kind('b')");
    sql("INSERT INTO barid.job (kind, run_at, due_at, parked_by) SELECT 'a', 'infinity', "
        "now() - interval '1 minute', 'kind' FROM generate_series(1, 25)");
    sql("INSERT INTO barid.job (kind, run_at, due_at, parked_by) VALUES ('b', 'infinity', now(), "
        "'kind')");
    const std::string before = sql("SELECT clock_timestamp()");
    EXPECT_EQ(sql("SELECT barid.resume_kind('a', 10)"), "10");
    EXPECT_EQ(sql("SELECT concat_ws(' ', paused, held, waiting) FROM barid.kinds WHERE kind = 'a'"),
              "f 15 25");
    EXPECT_EQ(sql("SELECT barid.resume_kind('a', 100)"), "15");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE kind = 'a' AND parked_by = '' "
                  "AND due_at = '-infinity' AND run_at >= '" +
                  before + "'"),
              "25");
    EXPECT_EQ(sql("SELECT barid.resume_kind('a', 100)"), "0");
    EXPECT_EQ(state("26"), "parked");
    EXPECT_NE(refusal("SELECT barid.pause_kind('No Kind')").find("is no kind"), std::string::npos);
}

TEST_F(Control, AJobParkedByAClaimThatDidNotSeeTheResumeIsFreedByTheSweep) {
    sql("INSERT INTO barid.job (kind, run_at, due_at, parked_by) VALUES ('a', 'infinity', now(), "
        "'kind')");
    sql("SELECT barid.tidy()");
    EXPECT_EQ(state("1"), "waiting");
}

}  // namespace
}  // namespace barid::queue
