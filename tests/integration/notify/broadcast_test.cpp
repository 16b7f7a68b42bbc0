// One message to many: who gets it, once, and what pausing, cancelling and dying change.
#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::notify {
namespace {

using queue::Fail;
using support::is;
using support::text_of;
using testing::HasSubstr;

class Broadcast : public support::NotifyTest {
  protected:
    /// Users u01 … with a phone each; every third reads Arabic.
    void users(int count) {
        sql("SELECT barid.register_device('u' || to_char(n, 'FM00'), 'phone-' || n, 'android', "
            "locale => CASE WHEN n % 3 = 0 THEN 'ar-SA' ELSE 'en' END) "
            "FROM generate_series(1, " +
            std::to_string(count) + ") n");
    }
    std::string draft(const std::string& audience, const std::string& more = "") {
        return sql(
            "SELECT barid.broadcast('general', title => '{\"en\": \"Sale\", \"ar\": \"تخفيضات\"}', "
            "body => '{\"en\": \"Half price today\", \"ar\": \"نصف السعر اليوم\"}', " +
            audience + more + ")");
    }
    std::string draft_to_all(const std::string& more = "") {
        return draft("segment => 'SELECT id AS user_id FROM customers'", more);
    }
    void customers() {
        sql("CREATE TABLE customers AS SELECT id, id < 'u05' AS vip FROM barid.app_user");
        sql("GRANT SELECT ON customers TO barid_segment");
    }
    std::string start(const std::string& id) {
        return sql("SELECT barid.broadcast_start('" + id + "', 'amal')");
    }
    std::string state(const std::string& id) {
        return sql("SELECT state FROM barid.broadcast WHERE id = '" + id + "'");
    }
    /// Whatever waits for a while is due now.
    void later() { sql("UPDATE barid.job SET run_at = now() WHERE run_at > now()"); }
    void finish() {
        for (int i = 0; i < 10 && sql("SELECT count(*) FROM barid.job") != "0"; ++i) {
            run_due_jobs();
            later();
        }
    }
};

TEST_F(Broadcast, ReachesEachUserOfItsSegmentOnceInTheirLanguage) {
    users(25);
    customers();
    const std::string id = draft_to_all();
    EXPECT_EQ(start(id), "running");
    finish();
    EXPECT_EQ(state(id), "done");
    EXPECT_EQ(channel.sent.size(), 25);
    EXPECT_EQ(sql("SELECT concat_ws('|', count(*), count(DISTINCT user_id)) FROM barid.inbox_item"),
              "25|25");
    EXPECT_EQ(sql("SELECT title || ' ' || locale FROM barid.inbox_item WHERE user_id = 'u03'"),
              "تخفيضات ar");
    for (const auto& [target, message] : channel.sent) {
        EXPECT_EQ(message.title,
                  target.user_id == "u03" || message.locale == "ar" ? "تخفيضات" : "Sale");
        EXPECT_EQ(message.lane, Lane::broadcast);
    }
    EXPECT_EQ(sql("SELECT concat_ws('|', state, users, materialised, sent_users, accepted, failed) "
                  "FROM barid.broadcast_progress('" +
                  id + "')"),
              "done|25|25|25|25|0");
}

TEST_F(Broadcast, StartedTwiceOrPreparedTwiceItIsSentOnce) {
    users(3);
    customers();
    const std::string id = draft_to_all(", actor => 'amal'");
    EXPECT_EQ(draft_to_all(", actor => 'badr'"), id);
    EXPECT_EQ(start(id), "running");
    EXPECT_EQ(start(id), "running");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "1");
    finish();
    EXPECT_EQ(start(id), "done");
    EXPECT_EQ(channel.sent.size(), 3);
    EXPECT_EQ(sql("SELECT string_agg(actor || ' ' || action, ', ' ORDER BY id) "
                  "FROM barid.broadcast_event"),
              "amal create, amal start");
}

TEST_F(Broadcast, GoesToNamedUsersToo) {
    users(5);
    const std::string id = draft("users => ARRAY['u02', 'u04', 'u02', 'nobody-yet']");
    start(id);
    finish();
    EXPECT_EQ(channel.sent.size(), 2);
    EXPECT_EQ(sql("SELECT string_agg(user_id || ':' || state || coalesce(':' || reason, ''), ' ' "
                  "ORDER BY user_id) FROM barid.delivery d "
                  "JOIN barid.notification n ON n.id = d.notification_id"),
              "nobody-yet:suppressed:no_device u02:accepted u04:accepted");
}

TEST_F(Broadcast, RespectsWhoDoesNotWantIt) {
    users(4);
    customers();
    sql("SELECT barid.set_preference('u01', false, 'general', 'push')");
    sql("SELECT barid.set_preference('u02', false, 'general')");
    sql("UPDATE barid.device SET last_registered_at = now() - interval '61 days' "
        "WHERE user_id = 'u03'");
    start(draft_to_all());
    finish();
    EXPECT_EQ(sql("SELECT string_agg(n.user_id || ' ' || d.channel || ' ' || d.reason, ', ' "
                  "ORDER BY n.user_id, d.channel) FROM barid.delivery d "
                  "JOIN barid.notification n ON n.id = d.notification_id "
                  "WHERE d.state = 'suppressed'"),
              "u01 push preference:category+channel, u02 inbox preference:category, "
              "u02 push preference:category, u03 push no_device");
    EXPECT_EQ(channel.sent.size(), 1);
}

TEST_F(Broadcast, APauseHoldsWhatIsMadeAndAResumeGoesOn) {
    users(30);
    customers();
    const std::string id = draft_to_all();
    start(id);
    run_due_jobs(2);  // the coordinator, and one chunk of ten
    EXPECT_EQ(channel.sent.size(), 10);
    EXPECT_EQ(sql("SELECT barid.broadcast_pause('" + id + "')"), "paused");
    EXPECT_EQ(sql("SELECT barid.broadcast_pause('" + id + "')"), "paused");
    run_due_jobs();
    later();
    run_due_jobs();
    EXPECT_EQ(channel.sent.size(), 10);
    EXPECT_EQ(sql("SELECT barid.broadcast_resume('" + id + "')"), "running");
    later();
    finish();
    EXPECT_EQ(channel.sent.size(), 30);
    EXPECT_EQ(state(id), "done");
}

TEST_F(Broadcast, ACancelledOneSendsNothingMoreAndSaysSo) {
    users(30);
    customers();
    const std::string id = draft_to_all();
    start(id);
    run_due_jobs(2);
    EXPECT_EQ(sql("SELECT barid.broadcast_cancel('" + id + "')"), "cancelled");
    finish();
    EXPECT_EQ(channel.sent.size(), 10);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery WHERE reason = 'cancelled'"), "20");
    EXPECT_EQ(sql("SELECT finished_at IS NOT NULL FROM barid.broadcast"), "t");
    EXPECT_EQ(sql("SELECT barid.broadcast_resume('" + id + "')"), "cancelled");
}

TEST_F(Broadcast, ACoordinatorThatDiedIsContinuedWhereItWas) {
    users(30);
    customers();
    const std::string id = draft_to_all();
    start(id);
    const std::string job = sql("SELECT job_id FROM barid.broadcast");
    // Its last words: one chunk is committed.
    EXPECT_EQ(sql("SELECT barid.broadcast_collect('" + id + "', " + job + ")"), "t");
    sql("INSERT INTO barid.broadcast_text SELECT id, 'en', 'Sale', 'Half' FROM barid.broadcast");
    EXPECT_EQ(sql("SELECT concat_ws('|', next, made) FROM barid.broadcast_step('" + id + "', " +
                  job + ", 10)"),
              "more|10");
    finish();
    EXPECT_EQ(channel.sent.size(), 30);
    EXPECT_EQ(sql("SELECT concat_ws('|', count(*), sum(users)) FROM barid.broadcast_chunk"),
              "3|30");
    // Another job is not in charge.
    EXPECT_EQ(sql("SELECT next FROM barid.broadcast_step('" + id + "', 1)"), "stop");
}

TEST_F(Broadcast, ASegmentReadsOnlyWhatItsRoleWasGranted) {
    users(2);
    sql("CREATE TABLE secrets AS SELECT id FROM barid.app_user");
    const std::string id = draft("segment => 'SELECT id AS user_id FROM secrets'");
    start(id);
    run_due_jobs(1);
    EXPECT_TRUE(is<Fail>(last_outcome));
    EXPECT_THAT(text_of(last_outcome), HasSubstr("permission denied for table secrets"));
    EXPECT_EQ(sql("SELECT state || ' ' || (error ~ 'permission denied') FROM barid.broadcast"),
              "failed true");
    EXPECT_TRUE(channel.sent.empty());
}

TEST_F(Broadcast, ASegmentCanNotWriteNorHoldTwoStatements) {
    users(2);
    customers();
    sql("GRANT DELETE ON customers TO barid_segment");
    for (const std::string query :
         {"SELECT 'x' AS user_id) AS s; DELETE FROM customers; SELECT * FROM (SELECT 1 AS user_id",
          "WITH gone AS (DELETE FROM customers RETURNING id) SELECT id AS user_id FROM gone"}) {
        start(draft("segment => $q$" + query + "$q$"));
        run_due_jobs(1);
        EXPECT_TRUE(is<Fail>(last_outcome)) << query;
        EXPECT_EQ(sql("SELECT count(*) FROM customers"), "2") << query;
    }
}

TEST_F(Broadcast, ASegmentLeavesNothingBehindInItsSession) {
    // The session serves others afterwards: a lock would keep them out, a setting would stop them.
    const std::string left =
        "SELECT current_setting('default_transaction_read_only') || ' ' || (SELECT count(*) FROM "
        "pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) || ' ' || (SELECT "
        "count(*) FROM pg_largeobject_metadata)";
    EXPECT_EQ(sql("SELECT pg_advisory_xact_lock(6); SELECT user_id FROM barid.segment_rows("
                  "$q$SELECT 'x' AS user_id, pg_advisory_lock(5), pg_advisory_lock(5), "
                  "pg_advisory_lock(-5), pg_advisory_lock_shared(-7, 8), pg_advisory_lock(7, -8), "
                  "set_config('default_transaction_read_only', 'on', false), "
                  "lo_from_bytea(0, 'x')$q$); " +
                  left),
              "off 1 0");
    EXPECT_EQ(sql("DO $do$ BEGIN PERFORM barid.segment_rows('SELECT "
                  "pg_advisory_lock_shared(5)::text::int AS user_id'); "
                  "EXCEPTION WHEN data_exception THEN NULL; END $do$; " +
                  left),
              "off 0 0");
    EXPECT_EQ(sql("SELECT string_agg(user_id, ',') FROM barid.segment_rows("
                  "'SELECT n AS user_id FROM generate_series(1, 3) n')"),
              "1,2,3");
}

TEST_F(Broadcast, APersonalOneRendersEachUsersValues) {
    users(3);
    customers();
    sql("SELECT barid.upsert_template('points', '{\"en\": {\"title\": \"Hi {name}\", \"body\": "
        "\"You have {n, plural, one {# point} other {# points}}\"}, \"ar\": {\"title\": \"مرحبا "
        "{name}\", \"body\": \"لديك {n, plural, zero {لا نقاط} one {نقطة واحدة} two {نقطتان} few "
        "{# نقاط} many {# نقطة} other {# نقطة}}\"}}', "
        "'{\"name\": {\"type\": \"string\"}, \"n\": {\"type\": \"integer\"}}'::jsonb)");
    const std::string id =
        sql("SELECT barid.broadcast('general', template => 'points', personal => true, segment => "
            "$q$SELECT id AS user_id, jsonb_build_object('name', upper(id), 'n', "
            "right(id, 1)::int) AS vars FROM customers$q$)");
    start(id);
    finish();
    EXPECT_EQ(sql("SELECT string_agg(title || ': ' || body, '; ' ORDER BY user_id) "
                  "FROM barid.inbox_item WHERE locale = 'en'"),
              "Hi U01: You have 1 point; Hi U02: You have 2 points");
    EXPECT_THAT(sql("SELECT body FROM barid.inbox_item WHERE user_id = 'u03'"),
                HasSubstr("3 نقاط"));
    EXPECT_EQ(channel.sent.size(), 3);
}

TEST_F(Broadcast, APreviewCountsWithoutSendingAnything) {
    users(6);
    customers();
    sql("SELECT barid.set_preference('u01', false, 'general', 'push')");
    sql("UPDATE barid.device SET state = 'dead' WHERE user_id = 'u02'");
    const std::string id = draft("segment => 'SELECT id AS user_id FROM customers WHERE vip'");
    const std::string counts =
        "SELECT concat_ws('|', p->>'users', p->>'reachable', p->>'devices', p->>'opted_out', "
        "p->>'without_device', p->'locales') FROM barid.broadcast_preview('" +
        id + "') p";
    EXPECT_EQ(sql(counts), R"(4|2|2|1|1|{"en": 3, "ar-SA": 1})");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.notification"), "0");
    EXPECT_EQ(state(id), "draft");
}

TEST_F(Broadcast, QuietUsersGetTheirsLaterAndHoldNobodyUp) {
    users(20);
    customers();
    sql("SELECT barid.set_quiet_hours('u01', '[{\"start\": \"00:00\", \"end\": \"23:59\"}]')");
    const std::string id = draft_to_all();
    start(id);
    run_due_jobs();
    EXPECT_GE(channel.sent.size(), 19);
    if (channel.sent.size() == 19) {  // but for one minute of the day
        EXPECT_EQ(
            sql("SELECT concat_ws('|', deferred, suppressed) FROM barid.broadcast_progress('" + id +
                "')"),
            "1|0");
        EXPECT_EQ(state(id), "running");
        sql("SELECT barid.set_quiet_hours('u01', NULL)");
        sql("UPDATE barid.delivery SET not_before = now() WHERE state = 'deferred'");
        later();
        finish();
    }
    EXPECT_EQ(channel.sent.size(), 20);
    EXPECT_EQ(state(id), "done");
}

}  // namespace
}  // namespace barid::notify
