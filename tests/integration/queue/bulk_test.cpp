// Operators' actions on many jobs by filter: what matches, what is refused, what is reported.
#include <thread>

#include "tests/integration/queue/queue_fixture.hpp"

namespace barid::queue {
namespace {

class Bulk : public support::QueueFixture {
  protected:
    /// "matched changed skipped more".
    std::string bulk(const std::string& arguments) {
        return sql("SELECT concat_ws(' ', matched, changed, skipped, more) FROM barid.bulk(" +
                   arguments + ")");
    }
    std::string preview(const std::string& action, const std::string& filter) {
        return sql("SELECT total FROM barid.bulk('" + action + "', '" + filter +
                   "', preview => true)");
    }
    std::string bad(const std::string& filter) {
        return refusal("SELECT barid.bulk('cancel', '" + filter + "')");
    }
};

TEST_F(Bulk, EachKeyOfTheFilterNarrowsIt) {
    sql(R"(SELECT barid.enqueue('mail.send', '{"to": {"name": "نورة"}, "n": 1}', queue => 'mail',
               unique_key => 'u1', tags => '{user:1,vip}', request_id => 'r1',
               batch_id => barid.open_batch()),
           barid.enqueue('image.process', ordering_key => 'k1'),
           barid.enqueue('image.process', limit_key => 'l1', delay => '1 hour'))");
    sql("UPDATE barid.job SET errors = '[{\"error\": \"no route to host\"}]' WHERE id = 2; "
        "UPDATE barid.job SET created_at = now() - interval '2 days', origin_id = 9, "
        "origin_queue = 'old' WHERE id = 3");
    const auto matches = [&](const std::string& filter) {
        return sql("SELECT array_to_string(barid.find_live('" + filter +
                   "', '{waiting,parked,running}', 10), ',')");
    };
    EXPECT_EQ(matches(R"({"queue": "mail"})"), "1");
    EXPECT_EQ(matches(R"({"kind": "image.process"})"), "2,3");
    EXPECT_EQ(matches(R"({"ids": [3, 1, 77]})"), "1,3");
    EXPECT_EQ(matches(R"({"all": true, "after_id": 1})"), "2,3");
    EXPECT_EQ(matches(R"({"tag": "user:1"})"), "1");
    EXPECT_EQ(matches(R"({"request_id": "r1"})"), "1");
    EXPECT_EQ(matches(R"({"unique_key": "u1"})"), "1");
    EXPECT_EQ(matches(R"({"ordering_key": "k1"})"), "2");
    EXPECT_EQ(matches(R"({"limit_key": "l1"})"), "3");
    EXPECT_EQ(matches(R"({"batch_id": 1})"), "1");
    EXPECT_EQ(matches(R"({"created_before": "yesterday"})"), "3");
    EXPECT_EQ(matches(R"({"created_after": "yesterday"})"), "1,2");
    EXPECT_EQ(matches(R"({"error": "no route"})"), "2");
    EXPECT_EQ(matches(R"({"payload": {"to": {"name": "نورة"}}})"), "1");
    EXPECT_EQ(matches(R"({"dead": true})"), "3");
    EXPECT_EQ(matches(R"({"origin_id": 9})"), "3");
    EXPECT_EQ(matches(R"({"origin_queue": "old"})"), "3");
    EXPECT_EQ(matches(R"({"kind": "image.process", "limit_key": "x"})"), "");
    EXPECT_EQ(
        sql("SELECT array_to_string(barid.find_live('{\"all\": true}', '{parked}', 10), ',')"), "");
}

TEST_F(Bulk, WhatIsWrongInAFilterIsNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {"{}", "give {\"all\": true}"},
        {R"({"after_id": 7})", "give {\"all\": true}"},
        {R"({"all": false})", "\"all\" is false, it must be true"},
        {R"({"quee": "mail"})", "no key \"quee\""},
        {R"({"queue": 7})", "\"queue\" is 7, it must be a string"},
        {R"({"queue": null})", "\"queue\" is null"},
        {R"({"ids": [1.5]})", "\"ids\""},
        {R"({"ids": "7"})", "an array of ids"},
        {R"({"ids": [99999999999999999999]})", "an array of ids"},
        {R"({"state": "done"})", "\"state\" is \"done\""},
        {R"({"state": "completed"})", "cannot be done to completed jobs"},
        {R"({"batch_id": "x"})", "an id"},
        {R"({"created_before": "soon"})", "a timestamp"},
        {R"({"payload": [1]})", "a JSON object"},
        {"[]", "filter must be a JSON object"},
    };
    for (const auto& [filter, words] : cases) {
        const std::string said = bad(filter);
        EXPECT_NE(said.find(words), std::string::npos) << filter << ": " << said;
    }
}

TEST_F(Bulk, WhatIsWrongInACallIsNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {"'destroy', '{\"all\": true}'", "no action \"destroy\""},
        {"'snooze', '{\"all\": true}'", "needs the argument \"pause\""},
        {"'snooze', '{\"all\": true}', '{\"pause\": \"soon\"}'", "arguments of snooze"},
        {"'set_priority', '{\"all\": true}', '{\"priority\": 12}'", "priority is 12"},
        {"'retry', '{\"all\": true}', '{\"reason\": \"x\"}'", "no key \"reason\""},
        {"'reschedule', '{\"all\": true}', '{\"run_at\": \"infinity\"}'", "finite"},
        {"'cancel', '{\"all\": true}', max => 0", "max is 0"},
        {"'cancel', '{\"all\": true}', max => 20000", "max is 20000"},
    };
    for (const auto& [call, words] : cases) {
        const std::string said = refusal(std::string("SELECT barid.bulk(") + call + ")");
        EXPECT_NE(said.find(words), std::string::npos) << call << ": " << said;
    }
}

TEST_F(Bulk, WorksThroughInIdOrderAndSaysWhetherMoreIsLeft) {
    sql("SELECT barid.enqueue('a') FROM generate_series(1, 25)");
    EXPECT_EQ(preview("cancel", R"({"kind": "a"})"), "25");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "25");
    EXPECT_EQ(bulk(R"('cancel', '{"kind": "a"}', max => 10)"), "10 10 0 t");
    EXPECT_EQ(sql("SELECT min(id) FROM barid.job"), "11");
    EXPECT_EQ(bulk(R"('set_priority', '{"kind": "a"}', '{"priority": 1}', max => 10)"),
              "10 10 0 t");
    EXPECT_EQ(bulk(R"('set_priority', '{"kind": "a", "after_id": 20}', '{"priority": 1}')"),
              "5 5 0 f");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE priority = 1"), "15");
}

TEST_F(Bulk, RetryTakesFailedOnesAndCancelledOnesOnlyWhenNamed) {
    const std::string failed = ended("'a'", "fail", "'host is down'");
    const std::string cancelled = ended("'a'", "cancel", "'x'");
    ended("'a'", "complete");
    EXPECT_EQ(preview("retry", R"({"kind": "a"})"), "1");
    EXPECT_EQ(preview("retry", R"({"kind": "a", "state": ["failed", "cancelled"]})"), "2");
    EXPECT_EQ(bulk(R"('retry', '{"error": "is down"}')"), "1 1 0 f");
    EXPECT_EQ(state(failed), "waiting");
    EXPECT_EQ(bulk("'retry', '{\"ids\": [" + cancelled + "]}'"), "1 1 0 f");
    EXPECT_EQ(state(cancelled), "waiting");
}

TEST_F(Bulk, RetryLeavesOutTakenUniqueKeysAndNamesThem) {
    const std::string taken = ended("'a', unique_key => 'u'", "fail");
    const std::string free = ended("'a'", "fail");
    sql("SELECT barid.enqueue('a', unique_key => 'u')");
    EXPECT_EQ(sql(R"(SELECT changed || ' ' || skipped_ids::text
                     FROM barid.bulk('retry', '{"kind": "a"}'))"),
              "1 {" + taken + "}");
    EXPECT_EQ(state(free), "waiting");
    EXPECT_EQ(state(taken), "failed");
}

TEST_F(Bulk, AJobThatIsHeldIsLeftOutAtOnce) {
    sql("SELECT barid.enqueue('a') FROM generate_series(1, 3)");
    // The job stays locked for as long as the session sleeps.
    std::thread holder([&] {
        try {
            database.sql(
                "SET application_name = 'holder'; BEGIN; "
                "SELECT 1 FROM barid.job WHERE id = 2 FOR UPDATE; SELECT pg_sleep(30)");
        } catch (const std::exception&) {  // ended by the test
        }
    });
    while (sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holder' "
               "AND wait_event = 'PgSleep'") != "1") {
        std::this_thread::yield();
    }
    EXPECT_EQ(sql(R"(SELECT changed || ' ' || skipped_ids::text
                     FROM barid.bulk('cancel', '{"kind": "a"}'))"),
              "2 {2}");
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'");
    holder.join();
    EXPECT_EQ(bulk(R"('cancel', '{"kind": "a"}')"), "1 1 0 f");
}

}  // namespace
}  // namespace barid::queue
