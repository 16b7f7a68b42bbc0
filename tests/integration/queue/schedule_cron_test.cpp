// Cron expressions: what they mean, what is refused and how, and what happens where clocks change.
#include <gtest/gtest.h>

#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

class Cron : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }
    /// The next `n` fires after `after`, as UTC "MM-DD HH:MM" (with ":SS" when it isn't 0).
    std::string fires(const std::string& expression, const std::string& after, int n,
                      const std::string& tz = "UTC") {
        return sql(
            "SELECT string_agg(to_char(t AT TIME ZONE 'UTC', CASE WHEN extract(second FROM "
            "t) = 0 THEN 'MM-DD HH24:MI' ELSE 'MM-DD HH24:MI:SS' END), ', ') FROM "
            "barid.schedule_preview('" +
            expression + "', '" + tz + "', " + std::to_string(n) + ", '" + after + "+00') t");
    }
    /// The message that the expression is refused with.
    std::string refusal(const std::string& expression, const std::string& tz = "UTC") {
        return sql(
            "CREATE OR REPLACE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS $try$ BEGIN "
            "PERFORM barid.next_fire($x$" +
            expression + "$x$, $x$" + tz +
            "$x$); RETURN 'taken'; EXCEPTION WHEN invalid_parameter_value THEN RETURN SQLERRM; END "
            "$try$; SELECT pg_temp.try()");
    }
    support::TestDatabase database;
};

TEST_F(Cron, FiveFieldsMeanMinutesAndSixSeconds) {
    EXPECT_EQ(fires("30 4 * * *", "2026-05-01 04:29:59.5", 2), "05-01 04:30, 05-02 04:30");
    EXPECT_EQ(fires("15 30 4 * * *", "2026-05-01 04:30", 2), "05-01 04:30:15, 05-02 04:30:15");
    EXPECT_EQ(fires("*/20 * * * * *", "2026-05-01 04:30", 3),
              "05-01 04:30:20, 05-01 04:30:40, 05-01 04:31");
}

TEST_F(Cron, TheTimeItselfIsNotAfterItself) {
    EXPECT_EQ(fires("30 4 * * *", "2026-05-01 04:30", 1), "05-02 04:30");
    EXPECT_EQ(fires("30 4 * * *", "2026-05-01 04:30:00.000001", 1), "05-02 04:30");
    EXPECT_EQ(fires("30 4 * * *", "2026-05-01 04:29:59.999999", 1), "05-01 04:30");
}

TEST_F(Cron, TakesListsRangesAndSteps) {
    EXPECT_EQ(fires("5,50 8-10/2 * * *", "2026-05-01", 4),
              "05-01 08:05, 05-01 08:50, 05-01 10:05, 05-01 10:50");
    EXPECT_EQ(fires("40/10 0 * * *", "2026-05-01", 2), "05-01 00:40, 05-01 00:50");
    EXPECT_EQ(fires("  0   0\t1 * *  ", "2026-05-01", 1), "06-01 00:00");
}

TEST_F(Cron, TakesNamesInAnyCaseAndSundayAs0And7) {
    EXPECT_EQ(fires("0 0 1 feb,AUG *", "2026-05-01", 2), "08-01 00:00, 02-01 00:00");
    EXPECT_EQ(fires("0 0 * * Fri-Sat", "2026-05-01 01:00", 2), "05-02 00:00, 05-08 00:00");
    EXPECT_EQ(fires("0 0 * * SAT-SUN", "2026-05-01", 2), "05-02 00:00, 05-03 00:00");
    EXPECT_EQ(fires("0 0 * * 0", "2026-05-01", 1), "05-03 00:00");
    EXPECT_EQ(fires("0 0 * * 7", "2026-05-01", 1), "05-03 00:00");
}

TEST_F(Cron, ADayOfTheMonthOrAWeekdayIsEnoughWhenBothAreRestricted) {
    EXPECT_EQ(fires("0 0 13 * FRI", "2026-05-01 01:00", 3),
              "05-08 00:00, 05-13 00:00, 05-15 00:00");
    EXPECT_EQ(fires("0 0 */2 * FRI", "2026-05-01 01:00", 2), "05-15 00:00, 05-29 00:00");
    EXPECT_EQ(fires("0 0 ? * FRI", "2026-05-01 01:00", 1), "05-08 00:00");
    EXPECT_EQ(fires("0 0 13 * ?", "2026-05-01 01:00", 1), "05-13 00:00");
}

TEST_F(Cron, LIsTheLastDayOfTheMonth) {
    EXPECT_EQ(fires("0 0 L * *", "2028-01-31 01:00", 3), "02-29 00:00, 03-31 00:00, 04-30 00:00");
    EXPECT_EQ(fires("0 0 15,L 2 *", "2026-01-31", 3), "02-15 00:00, 02-28 00:00, 02-15 00:00");
}

TEST_F(Cron, KnowsTheUsualNames) {
    EXPECT_EQ(fires("@hourly", "2026-05-01 10:10", 1), "05-01 11:00");
    EXPECT_EQ(fires("@daily", "2026-05-01 10:10", 1), "05-02 00:00");
    EXPECT_EQ(fires("@midnight", "2026-05-01 10:10", 1, "Asia/Riyadh"), "05-01 21:00");
    EXPECT_EQ(fires("@weekly", "2026-05-01 10:10", 1), "05-03 00:00");
    EXPECT_EQ(fires("@Monthly", "2026-05-01 10:10", 1), "06-01 00:00");
    EXPECT_EQ(fires("@yearly", "2026-05-01 10:10", 1), "01-01 00:00");
    EXPECT_EQ(fires("@annually", "2026-05-01 10:10", 1), "01-01 00:00");
    EXPECT_EQ(fires("@every 90 seconds", "2026-05-01 10:00", 2), "05-01 10:01:30, 05-01 10:03");
    EXPECT_EQ(fires("@every 2 days", "2026-05-01 10:00", 2), "05-03 00:00, 05-05 00:00");
}

TEST_F(Cron, ComesBackAfterYears) {
    EXPECT_EQ(
        sql("SELECT barid.next_fire('0 0 29 2 *', 'UTC', '2096-02-29') = '2104-02-29 00:00+00'"),
        "t");
    // */28 is 1 and 29, and as it begins with * the weekday is asked for besides.
    EXPECT_EQ(sql("SELECT string_agg(t::date::text, ' ') FROM barid.schedule_preview("
                  "'0 0 */28 2 MON', 'UTC', 3, '2044-03-01') t"),
              "2049-02-01 2055-02-01 2066-02-01");
    EXPECT_EQ(sql("SELECT n FROM (SELECT count(*) AS n, clock_timestamp() - now() AS took FROM "
                  "barid.schedule_preview('0 0 29 2 *', 'Europe/Berlin', 200)) x "
                  "WHERE took < '2 seconds'"),
              "200");
}

TEST_F(Cron, SaysWhichFieldIsWrongAndWhatItTakes) {
    EXPECT_EQ(refusal("60 * * * *"), "minute: \"60\" is not 0 to 59");
    EXPECT_EQ(refusal("* 24 * * *"), "hour: \"24\" is not 0 to 23");
    EXPECT_EQ(refusal("* * 0 * *"), "day of month: \"0\" is not 1 to 31");
    EXPECT_EQ(refusal("* * * 13 *"), "month: \"13\" is not 1 to 12 or JAN to DEC");
    EXPECT_EQ(refusal("* * * * MOND"), "weekday: \"MOND\" is not 0 to 7 or SUN to SAT");
    EXPECT_EQ(refusal("99999999999 * * * * *"), "second: \"99999999999\" is not 0 to 59");
    EXPECT_EQ(refusal("* 9-5 * * *"), "hour: the range \"9-5\" runs backwards");
    EXPECT_EQ(refusal("*/60 * * * *"), "minute: the step of \"*/60\" is not 1 to 59");
    EXPECT_EQ(refusal("*/0 * * * *"), "minute: the step of \"*/0\" is not 1 to 59");
    for (const char* bad : {"1,, * * * *", "-1 * * * *", "*-5 * * * *", "1- * * * *", "? * * * *",
                            "1/ * * * *", "L * * * *", "1.5 * * * *", "١ * * * *"}) {
        EXPECT_TRUE(refusal(bad).starts_with("minute: \"")) << bad << ": " << refusal(bad);
    }
    EXPECT_TRUE(refusal("* * * *").contains("has 4 fields, not 5")) << refusal("* * * *");
    EXPECT_TRUE(refusal("* * * * * * *").contains("has 7 fields"));
    EXPECT_TRUE(refusal("").contains("needs a cron expression"));
    EXPECT_TRUE(refusal(std::string(300, '*')).contains("256 characters"));
    EXPECT_TRUE(refusal("@dayly").starts_with("\"@dayly\" is none of @hourly"));
}

TEST_F(Cron, RefusesLengthsThatAreNone) {
    EXPECT_EQ(refusal("@every soon"), "@every: \"soon\" is no length of time, such as 90 seconds");
    EXPECT_TRUE(refusal("@every 1 month").contains("months differ in length"));
    EXPECT_TRUE(refusal("@every 0 s").contains("1 second to 365 days"));
    EXPECT_TRUE(refusal("@every -5 s").contains("1 second to 365 days"));
    EXPECT_TRUE(refusal("@every 1.5 s").contains("whole seconds"));
    EXPECT_TRUE(refusal("@every 2 years").contains("months differ"));
}

TEST_F(Cron, RefusesWhatNeverFires) {
    EXPECT_EQ(refusal("0 0 31 2 *"), "\"0 0 31 2 *\" never fires: no month of 2 has a day 31");
    EXPECT_TRUE(refusal("0 0 31 4,6,9,11 *").contains("never fires"));
    EXPECT_EQ(refusal("0 0 29 2 *"), "taken");
    EXPECT_EQ(refusal("0 0 31 2 MON"), "taken");  // on Mondays
    EXPECT_EQ(refusal("0 0 31,L 2 *"), "taken");
}

TEST_F(Cron, RefusesZonesThatAreNone) {
    for (const char* bad : {"Asia/Riyad", "Riyadh", "Foo1", "Foo/Bar1", "UTC+3", "+03", "", " ",
                            "../etc/passwd", "Asia/", "الرياض"}) {
        EXPECT_TRUE(refusal("@daily", bad).starts_with("time zone \"")) << bad;
    }
    for (const char* good : {"UTC", "Asia/Riyadh", "asia/riyadh", "America/Argentina/Ushuaia",
                             "Etc/GMT+3", "America/Port-au-Prince"}) {
        EXPECT_EQ(refusal("@daily", good), "taken") << good;
    }
}

TEST_F(Cron, AZoneWithoutSummerTimeIsJustShifted) {
    EXPECT_EQ(fires("0 9 * * SUN-THU", "2026-03-28", 3, "Asia/Riyadh"),
              "03-29 06:00, 03-30 06:00, 03-31 06:00");
    EXPECT_EQ(fires("0 9 * * *", "2026-10-24 12:00", 2, "Asia/Dubai"), "10-25 05:00, 10-26 05:00");
}

// Berlin 2026: 29 March 02:00 becomes 03:00 (01:00 UTC), 25 October 03:00 becomes 02:00.
TEST_F(Cron, AFixedTimeInAGapFiresAtItsEnd) {
    EXPECT_EQ(fires("30 2 * * *", "2026-03-28", 3, "Europe/Berlin"),
              "03-28 01:30, 03-29 01:00, 03-30 00:30");
    EXPECT_EQ(fires("10,50 2,3 * * *", "2026-03-28 23:00", 3, "Europe/Berlin"),
              "03-29 01:00, 03-29 01:10, 03-29 01:50");
    // Once, although 02:00 and 03:00 are the same instant then.
    EXPECT_EQ(fires("0 2,3 * * *", "2026-03-28 12:00", 2, "Europe/Berlin"),
              "03-29 01:00, 03-30 00:00");
    // New York, 8 March 02:00 to 03:00; Lord Howe, 4 October 02:00 to 02:30.
    EXPECT_EQ(fires("30 2 * * *", "2026-03-08", 2, "America/New_York"), "03-08 07:00, 03-09 06:30");
    EXPECT_EQ(fires("15 2 * * *", "2026-10-03 12:00", 2, "Australia/Lord_Howe"),
              "10-03 15:30, 10-04 15:15");
}

TEST_F(Cron, AFixedTimeThatComesTwiceFiresTheFirstTime) {
    EXPECT_EQ(fires("30 2 * * *", "2026-10-24 12:00", 2, "Europe/Berlin"),
              "10-25 00:30, 10-26 01:30");
    // Asked between the two.
    EXPECT_EQ(fires("30 2 * * *", "2026-10-25 01:00", 1, "Europe/Berlin"), "10-26 01:30");
    EXPECT_EQ(fires("45 1 * * *", "2026-04-04 12:00", 2, "Australia/Lord_Howe"),
              "04-04 14:45, 04-05 15:15");
    EXPECT_EQ(fires("0 1 * * *", "2026-10-31 12:00", 2, "America/New_York"),
              "11-01 05:00, 11-02 06:00");
}

TEST_F(Cron, ARepeatingTimeFollowsTheClock) {
    EXPECT_EQ(fires("*/30 * * * *", "2026-03-29 00:00", 4, "Europe/Berlin"),
              "03-29 00:30, 03-29 01:00, 03-29 01:30, 03-29 02:00");
    EXPECT_EQ(fires("*/30 * * * *", "2026-10-24 23:30", 6, "Europe/Berlin"),
              "10-25 00:00, 10-25 00:30, 10-25 01:00, 10-25 01:30, 10-25 02:00, 10-25 02:30");
    EXPECT_EQ(fires("*/30 2 * * *", "2026-03-28 12:00", 1, "Europe/Berlin"), "03-30 00:00");
    EXPECT_EQ(fires("*/30 2 * * *", "2026-10-24 23:30", 4, "Europe/Berlin"),
              "10-25 00:00, 10-25 00:30, 10-25 01:00, 10-25 01:30");
    EXPECT_EQ(fires("0 */2 * * *", "2026-03-28 23:30", 2, "Europe/Berlin"),
              "03-29 02:00, 03-29 04:00");
}

// Cairo 2026: 24 April 00:00 becomes 01:00, 30 October 00:00 becomes 29 October 23:00.
TEST_F(Cron, MidnightMayBeLeftOutOrComeBack) {
    EXPECT_EQ(fires("@daily", "2026-04-22 23:00", 3, "Africa/Cairo"),
              "04-23 22:00, 04-24 21:00, 04-25 21:00");
    EXPECT_EQ(fires("30 23 * * *", "2026-10-28 21:30", 2, "Africa/Cairo"),
              "10-29 20:30, 10-30 21:30");
    EXPECT_EQ(fires("@daily", "2026-10-29", 2, "Africa/Cairo"), "10-29 22:00, 10-30 22:00");
    EXPECT_EQ(fires("*/30 23 * * *", "2026-10-29 19:30", 5, "Africa/Cairo"),
              "10-29 20:00, 10-29 20:30, 10-29 21:00, 10-29 21:30, 10-30 21:00");
    // Gaza, 29 October 2016: 01:00 becomes 00:00.
    EXPECT_EQ(fires("15 0 * * *", "2016-10-28 12:00", 2, "Asia/Gaza"), "10-28 21:15, 10-29 22:15");
}

// St John's, 1 November 2009: at 00:01 the clock goes back to 23:01 of the day before.
TEST_F(Cron, ADayMayComeBack) {
    EXPECT_EQ(fires("*/30 * 31 10 *", "2009-11-01 01:45", 4, "America/St_Johns"),
              "11-01 02:00, 11-01 03:00, 10-31 02:30, 10-31 03:00");
}

TEST_F(Cron, ADayThatComesBackIsNotLookedAtForEver) {
    // Asked at 23:30 of the second 31 October, after 00:00 of 1 November was there once.
    EXPECT_EQ(fires("45 23/1 1 11 *", "2009-11-01 03:00", 1, "America/St_Johns"), "11-02 03:15");
}

// Apia had no 30 December 2011.
TEST_F(Cron, ADayMayBeLeftOut) {
    EXPECT_EQ(fires("0 12 * * *", "2011-12-29", 4, "Pacific/Apia"),
              "12-29 22:00, 12-30 10:00, 12-30 22:00, 12-31 22:00");
    EXPECT_EQ(fires("0 */6 30 12 *", "2011-12-29 22:00", 1, "Pacific/Apia"), "12-29 10:00");
}

TEST_F(Cron, TheLatestFireIsFoundWithoutTryingEach) {
    for (const char* expression : {"30 2 * * *", "*/7 2 * * *", "0 3 * * MON", "7 */5 * * *",
                                   "0 0 29 2 *", "@every 7 hours", "5,10 10 2 * * *"}) {
        EXPECT_EQ(
            sql(std::string(
                    "WITH g AS MATERIALIZED (SELECT e, z, barid.next_fire(e, z, a) AS first "
                    "FROM (VALUES ('") +
                expression +
                "', 'Europe/Berlin', '2026-10-20'::timestamptz)) v(e, z, a)), "
                "f AS MATERIALIZED (SELECT t FROM g, barid.schedule_preview(e, z, 1000, first - "
                "interval '1 second') t), "
                "u AS MATERIALIZED (SELECT first + n * interval '3217.5 seconds' AS until "
                "FROM g, generate_series(0, 300) n) "
                "SELECT count(*) FROM g, u WHERE barid.cron_latest(barid.cron_parse(e), z, first, "
                "until) IS DISTINCT FROM (SELECT max(t) FROM f WHERE t <= until)"),
            "0")
            << expression;
    }
}

TEST_F(Cron, TheSessionsZoneMakesNoDifference) {
    const std::string ask =
        "SELECT string_agg(extract(epoch FROM t)::bigint::text, ' ') FROM barid.schedule_preview("
        "'0 3 * * *', 'America/New_York', 500, '2026-01-01 00:00+00') t";
    const std::string utc = sql("SET timezone = 'UTC'; " + ask);
    EXPECT_EQ(sql("SET timezone = 'Europe/Berlin'; " + ask), utc);
    EXPECT_EQ(sql("SET timezone = 'America/New_York'; " + ask), utc);
    EXPECT_TRUE(utc.starts_with("1767254400 ")) << utc;
}

}  // namespace
}  // namespace barid::queue
