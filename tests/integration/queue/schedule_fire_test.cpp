// Schedules that fire: once each, whoever asks and how often, and what becomes of missed times.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

class Schedule : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }
    std::string fire() { return sql("SELECT added FROM barid.fire_schedules()"); }
    std::string jobs() { return sql("SELECT count(*) FROM barid.job"); }
    /// As if nobody had fired for so long. The schedule's times are whole seconds or minutes.
    void miss(const std::string& how_long) {
        sql("UPDATE barid.schedule SET planned_at = planned_at - interval '" + how_long +
            "', next_at = barid.next_fire(cron, tz, clock_timestamp() - interval '" + how_long +
            "')");
    }
    std::string refusal(const std::string& statement) {
        return sql(
            "CREATE OR REPLACE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS $try$ BEGIN "
            "EXECUTE $stmt$" +
            statement +
            "$stmt$; RETURN ''; EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $try$; "
            "SELECT pg_temp.try()");
    }
    support::TestDatabase database;
};

TEST_F(Schedule, IsMadeOnceAndChangedByItsName) {
    EXPECT_EQ(sql("SELECT barid.schedule('report', '0 3 * * *', 'report.make', tz => "
                  "'Asia/Riyadh') = barid.next_fire('0 3 * * *', 'Asia/Riyadh')"),
              "t");
    sql("SELECT barid.schedule('report', '0 4 * * *', 'report.make', '{\"to\": \"نورة\"}', "
        "queue => 'slow', priority => 7, max_attempts => 3, missed => 'all', jitter => '5 min', "
        "unique_key => 'u', ordering_key => 'o', tags => '{night}')");
    EXPECT_EQ(sql("SELECT concat_ws('|', name, cron, tz, kind, payload->>'to', queue, priority, "
                  "max_attempts, missed, jitter, unique_key, ordering_key, tags[1], next_fire = "
                  "barid.next_fire('0 4 * * *')) FROM barid.schedules"),
              "report|0 4 * * *|UTC|report.make|نورة|slow|7|3|all|00:05:00|u|o|night|t");
    EXPECT_EQ(sql("SELECT barid.unschedule('report')"), "t");
    EXPECT_EQ(sql("SELECT barid.unschedule('report')"), "f");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.schedules"), "0");
}

TEST_F(Schedule, RefusesWhatCannotBeRight) {
    EXPECT_TRUE(refusal("SELECT barid.schedule('a', '61 * * * *', 'k')").starts_with("minute"));
    EXPECT_TRUE(refusal("SELECT barid.schedule('a', '@daily', 'k', tz => 'Mars/Base')")
                    .contains("time zone \"Mars/Base\""));
    EXPECT_NE(refusal("SELECT barid.schedule('A b', '@daily', 'k')"), "");
    EXPECT_NE(refusal("SELECT barid.schedule('a', '@daily', 'Bad kind')"), "");
    EXPECT_NE(refusal("SELECT barid.schedule('a', '@daily', 'k', '[1]')"), "");
    EXPECT_NE(refusal("SELECT barid.schedule('a', '@daily', 'k', missed => 'maybe')"), "");
    EXPECT_NE(refusal("SELECT barid.schedule('a', '@daily', 'k', jitter => '-1 s')"), "");
    EXPECT_NE(refusal("SELECT barid.schedule('a', '@daily', 'k', priority => 10)"), "");
    EXPECT_NE(refusal("SELECT barid.schedule('a', '@daily', 'k', starts_at => '2030-01-02', "
                      "ends_at => '2030-01-01')"),
              "");
    EXPECT_NE(refusal("SELECT barid.schedule('a', '@daily', 'k', ends_at => 'infinity')"), "");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.schedule"), "0");
}

TEST_F(Schedule, AddsItsJobWithTheTimeItStandsFor) {
    sql("SELECT barid.schedule('report', '* * * * *', 'report.make', '{\"x\": 1}', queue => 'q', "
        "priority => 2, max_attempts => 4, ordering_key => 'o', tags => '{t}')");
    EXPECT_EQ(fire(), "0");
    miss("1 minute");
    EXPECT_EQ(fire(), "1");
    EXPECT_EQ(fire(), "0");
    EXPECT_EQ(sql("SELECT concat_ws('|', kind, queue, priority, max_attempts, ordering_key, tags[1]"
                  ", payload->>'x', payload->'schedule'->>'name', payload->'schedule'->>'fire_at' "
                  "= to_char(date_trunc('minute', now() AT TIME ZONE 'UTC'), "
                  "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), payload->'schedule'->>'previous' IS NULL) "
                  "FROM barid.job"),
              "report.make|q|2|4|o|t|1|report|t|t");
    EXPECT_EQ(sql("SELECT last_job = (SELECT id FROM barid.job) AND last_fire = "
                  "date_trunc('minute', now()) AND next_fire = last_fire + interval '1 minute' "
                  "FROM barid.schedules"),
              "t");
    EXPECT_EQ(sql("SELECT job_id = (SELECT id FROM barid.job) FROM barid.schedule_run"), "t");
}

TEST_F(Schedule, OnceMakesOneJobOfAllThatWasMissed) {
    sql("SELECT barid.schedule('s', '*/5 * * * * *', 'k')");
    miss("300 days");
    EXPECT_EQ(fire(), "1");
    EXPECT_EQ(sql("SELECT clock_timestamp() - last_fire < interval '6 seconds' AND next_fire > "
                  "clock_timestamp() - interval '1 second' FROM barid.schedules"),
              "t");
}

TEST_F(Schedule, AllMakesUpForEachOldestFirst) {
    sql("SELECT barid.schedule('s', '* * * * *', 'k', missed => 'all')");
    miss("5 hours");
    EXPECT_EQ(fire(), "100");  // a turn
    EXPECT_EQ(sql("SELECT added FROM barid.fire_schedules(50)"), "50");
    while (fire() != "0") {
    }
    EXPECT_EQ(jobs(), "300");
    EXPECT_EQ(sql("SELECT count(*) FROM (SELECT fire_at - lag(fire_at) OVER (ORDER BY job_id) AS "
                  "step FROM barid.schedule_run) x WHERE step = interval '1 minute'"),
              "299");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE (payload->'schedule'->>'previous')"
                  "::timestamptz + interval '1 minute' = (payload->'schedule'->>'fire_at')"
                  "::timestamptz"),
              "299");
}

TEST_F(Schedule, OneWithMuchToMakeUpForDoesNotHoldUpAnother) {
    sql("SELECT barid.schedule('s', '* * * * * *', 'k', missed => 'all')");
    miss("100 days");
    fire();
    sql("SELECT barid.schedule('t', '* * * * *', 'k2'); UPDATE barid.schedule SET planned_at = "
        "planned_at - interval '1 minute', next_at = next_at - interval '1 minute' "
        "WHERE name = 't'");
    EXPECT_EQ(sql("SELECT added FROM barid.fire_schedules(60)"), "60");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE kind = 'k2'"), "1");
}

TEST_F(Schedule, SkipFiresOnlyWhatIsAMinuteLateAtMost) {
    sql("SELECT barid.schedule('s', '@every 100 days', 'k', missed => 'skip')");
    miss("150 days");
    EXPECT_EQ(fire(), "0");
    EXPECT_EQ(sql("SELECT next_fire > now() AND last_fire IS NULL FROM barid.schedules"), "t");
    sql("SELECT barid.schedule('s', '* * * * * *', 'k', missed => 'skip')");
    miss("1 day");
    EXPECT_EQ(fire(), "1");
}

TEST_F(Schedule, StartsAndEndsWhenToldTo) {
    EXPECT_EQ(sql("SELECT barid.schedule('s', '0 0 * * *', 'k', starts_at => '2040-01-01', "
                  "ends_at => '2040-01-02')"),
              "2040-01-01 00:00:00+00");
    EXPECT_EQ(sql("SELECT barid.schedule('s', '0 0 * * *', 'k', ends_at => '2020-01-01')"), "");
    EXPECT_EQ(fire(), "0");
    // It ended while nobody fired: what was missed before its end is made up for.
    sql("SELECT barid.schedule('s', '* * * * *', 'k', missed => 'all', ends_at => "
        "date_trunc('minute', clock_timestamp()) + interval '1 minute')");
    sql("UPDATE barid.schedule SET next_at = date_trunc('minute', now()) - interval '5 minutes', "
        "ends_at = date_trunc('minute', now()) - interval '3 minutes'");
    EXPECT_EQ(fire(), "3");
    EXPECT_EQ(sql("SELECT next_fire IS NULL FROM barid.schedules"), "t");
    EXPECT_EQ(sql("SELECT next_ms IS NULL FROM barid.fire_schedules()"), "t");
}

TEST_F(Schedule, JitterIsDrawnOncePerFireAndKept) {
    sql("SELECT barid.schedule('s', '* * * * *', 'k', missed => 'all', jitter => '2 hours')");
    miss("30 minutes");
    while (fire() != "0") {
    }
    EXPECT_EQ(sql("SELECT count(*) FROM barid.schedule_run r JOIN barid.job j ON j.id = r.job_id "
                  "WHERE r.run_at BETWEEN r.fire_at AND r.fire_at + interval '2 hours' AND "
                  "(j.run_at = r.run_at OR r.run_at <= r.fired_at + interval '1 second')"),
              "30");
    EXPECT_EQ(sql("SELECT count(DISTINCT run_at - fire_at) > 25 FROM barid.schedule_run"), "t");
}

TEST_F(Schedule, ACallAtEachStartKeepsWhatWasMissed) {
    const std::string make = "SELECT barid.schedule('s', '@hourly', 'k', '{\"v\": 2}')";
    sql(make);
    miss("2 hours");
    sql(make);
    EXPECT_EQ(fire(), "1");
    miss("2 hours");
    sql("SELECT barid.schedule('s', '30 * * * *', 'k')");  // another rhythm begins anew
    EXPECT_EQ(fire(), "0");
}

TEST_F(Schedule, APauseMakesUpForNothing) {
    sql("SELECT barid.schedule('s', '@hourly', 'k', missed => 'all')");
    EXPECT_EQ(sql("SELECT barid.pause_schedule('s')"), "t");
    miss("5 hours");
    EXPECT_EQ(fire(), "0");
    EXPECT_EQ(sql("SELECT paused AND next_fire IS NULL FROM barid.schedules"), "t");
    EXPECT_EQ(sql("SELECT barid.resume_schedule('s')"), "t");
    EXPECT_EQ(fire(), "0");
    EXPECT_EQ(sql("SELECT next_fire = barid.next_fire('@hourly') FROM barid.schedules"), "t");
    EXPECT_EQ(sql("SELECT barid.pause_schedule('x') OR barid.resume_schedule('x')"), "f");
}

TEST_F(Schedule, ResumingWhatIsNotPausedForgetsNothing) {
    sql("SELECT barid.schedule('s', '@hourly', 'k')");
    miss("2 hours");
    EXPECT_EQ(sql("SELECT barid.resume_schedule('s')"), "t");
    EXPECT_EQ(fire(), "1");
}

TEST_F(Schedule, RunsNowOnDemandToo) {
    sql("SELECT barid.schedule('s', '@yearly', 'k', jitter => '1 day')");
    sql("SELECT barid.pause_schedule('s')");
    const std::string id = sql("SELECT barid.run_schedule('s')");
    EXPECT_EQ(sql("SELECT run_at <= clock_timestamp() FROM barid.job WHERE id = " + id), "t");
    EXPECT_EQ(sql("SELECT last_job FROM barid.schedules"), id);
    EXPECT_EQ(sql("SELECT manual FROM barid.schedule_run WHERE job_id = " + id), "t");
    EXPECT_NE(sql("SELECT barid.run_schedule('s')"), id);
    EXPECT_EQ(refusal("SELECT barid.run_schedule('x')"), "there is no schedule \"x\"");
}

TEST_F(Schedule, WithAUniqueKeyAJobThatStillLivesStandsForTheNext) {
    sql("SELECT barid.schedule('s', '* * * * *', 'k', missed => 'all', unique_key => 's')");
    miss("3 minutes");
    fire();
    EXPECT_EQ(jobs(), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.schedule_run WHERE job_id = (SELECT id FROM "
                  "barid.job)"),
              "3");
}

TEST_F(Schedule, EachTimeFiresOnceHoweverManyAsk) {
    sql("SELECT barid.schedule('s' || n, '* * * * * *', 'k', missed => 'all') "
        "FROM generate_series(1, 5) n");
    miss("60 seconds");
    {
        std::vector<std::jthread> sessions;
        for (int i = 0; i < 8; ++i) {
            sessions.emplace_back([this] {
                for (int n = 0; n < 30; ++n) sql("SELECT barid.fire_schedules(20)");
            });
        }
    }
    while (fire() != "0") {
    }
    EXPECT_EQ(sql("SELECT bool_and(n >= 300) FROM (SELECT count(*) AS n FROM barid.job) x"), "t");
    EXPECT_EQ(sql("SELECT count(*) - count(DISTINCT (payload->'schedule'->>'name', "
                  "payload->'schedule'->>'fire_at')) FROM barid.job"),
              "0");
    // None was left out either: every second has its row.
    EXPECT_EQ(sql("SELECT count(*) FROM (SELECT fire_at - lag(fire_at) OVER (PARTITION BY schedule "
                  "ORDER BY fire_at) AS step FROM barid.schedule_run) x "
                  "WHERE step <> interval '1 second'"),
              "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.schedule_run"), jobs());
}

TEST_F(Schedule, AClockThatStepsBackFiresNothingTwice) {
    sql("SELECT barid.schedule('s', '* * * * *', 'k')");
    miss("1 minute");
    EXPECT_EQ(fire(), "1");
    // The same minute is due again: the clock went back, or the schedule was made again.
    sql("UPDATE barid.schedule SET next_at = last_fire_at");
    EXPECT_EQ(fire(), "0");
    sql("SELECT barid.unschedule('s'), barid.schedule('s', '* * * * *', 'k')");
    miss("1 minute");
    EXPECT_EQ(fire(), "0");
    EXPECT_EQ(jobs(), "1");
}

TEST_F(Schedule, WhatAClockInTheFuturePlannedIsPlannedAgain) {
    sql("SELECT barid.schedule('s', '@hourly', 'k')");
    sql("UPDATE barid.schedule SET next_at = next_at + interval '1 year', "
        "planned_at = planned_at + interval '1 year'");
    EXPECT_EQ(fire(), "0");
    EXPECT_EQ(sql("SELECT next_fire = barid.next_fire('@hourly') FROM barid.schedules"), "t");
}

TEST_F(Schedule, AFireAndItsJobAreOneTransaction) {
    sql("SELECT barid.schedule('s', '* * * * *', 'k')");
    miss("1 minute");
    sql("BEGIN; SELECT barid.fire_schedules(); ROLLBACK");
    EXPECT_EQ(jobs(), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.schedule_run"), "0");
    EXPECT_EQ(fire(), "1");
}

TEST_F(Schedule, OneThatCannotAddItsJobHoldsUpNoOther) {
    sql("SELECT barid.schedule('bad', '* * * * *', 'k', jsonb_build_object('x', (SELECT "
        "string_agg(md5(n::text), '') FROM generate_series(1, 40000) n)))");
    sql("SELECT barid.schedule('good', '* * * * *', 'k')");
    miss("1 minute");
    EXPECT_EQ(sql("SELECT added || ' ' || refused FROM barid.fire_schedules()"), "1 1");
    EXPECT_EQ(sql("SELECT last_error LIKE '%payload%' AND last_fire IS NULL AND next_fire > now() "
                  "FROM barid.schedules WHERE name = 'bad'"),
              "t");
    EXPECT_EQ(fire(), "0");
}

TEST_F(Schedule, OldRowsOfFiresArePruned) {
    sql("INSERT INTO barid.schedule_run (schedule, fire_at, run_at) SELECT 's', t, t FROM "
        "generate_series(now() - interval '10 days', now(), '1 day') t");
    EXPECT_EQ(sql("SELECT barid.prune_schedule_runs(batch => 2)"), "2");
    EXPECT_EQ(sql("SELECT barid.prune_schedule_runs()"), "2");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.schedule_run"), "7");
}

TEST_F(Schedule, RolesMayDoTheirPart) {
    const auto as = [&](const std::string& role, const std::string& statement) {
        return sql(
            "CREATE OR REPLACE FUNCTION public.try() RETURNS text LANGUAGE plpgsql AS $try$ BEGIN "
            "EXECUTE $stmt$" +
            statement +
            "$stmt$; RETURN ''; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $try$; SET ROLE " +
            role + "; SELECT public.try()");
    };
    const std::string make = "SELECT barid.schedule('s', '@daily', 'k')";
    EXPECT_EQ(as("barid_operator", make), "");
    EXPECT_EQ(as("barid_operator", "SELECT barid.run_schedule('s')"), "");
    EXPECT_EQ(as("barid_worker", "SELECT barid.fire_schedules()"), "");
    EXPECT_EQ(as("barid_worker", "SELECT barid.prune_schedule_runs()"), "");
    EXPECT_EQ(as("barid_readonly", "SELECT * FROM barid.schedules"), "");
    EXPECT_EQ(as("barid_producer", "SELECT barid.schedule_preview('@daily')"), "");
    for (const char* role : {"barid_producer", "barid_readonly"}) {
        EXPECT_EQ(as(role, make), "42501") << role;
        EXPECT_EQ(as(role, "SELECT barid.unschedule('s')"), "42501") << role;
        EXPECT_EQ(as(role, "SELECT barid.fire_schedules()"), "42501") << role;
    }
    EXPECT_EQ(as("barid_operator", "DELETE FROM barid.schedule"), "42501");
}

}  // namespace
}  // namespace barid::queue
