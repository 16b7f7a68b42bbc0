// Re-sends: a new generation, never a second inbox item, never twice at once, all of it on record.
#include "tests/integration/notify/decision_fixture.hpp"

namespace barid::notify {
namespace {

using support::Session;
using testing::HasSubstr;

class Resend : public support::DecisionTest {
  protected:
    /// A notification whose job is over, with one push for each "target:state".
    std::string sent(const std::string& user, const std::vector<std::string>& pushes) {
        const std::string id = sql(notify(user));
        sql("DELETE FROM barid.job");
        for (const std::string& push : pushes) {
            const std::size_t colon = push.find(':');
            const std::string device = sql("SELECT barid.register_device('" + user + "', '" +
                                           push.substr(0, colon) + "', 'ios')");
            sql("INSERT INTO barid.delivery (notification_id, channel, device_id, job_id, state) "
                "SELECT id, 'push', " +
                device + ", job_id, '" + push.substr(colon + 1) +
                "' FROM barid.notification WHERE id = '" + id + "'");
        }
        return id;
    }
    static std::string for_user(const std::string& user) {
        return R"('{"user_ids": [")" + user + R"("]}')";
    }
    static std::string call(const std::string& mode, const std::string& filter,
                            const std::string& more = "", const std::string& key = "k1") {
        return "SELECT deliveries FROM barid.resend('" + key + "', 'a bad night', '" + mode +
               "', " + filter + more + ")";
    }
    std::string preview(const std::string& mode, const std::string& filter,
                        const std::string& more = "") const {
        return sql(
            "SELECT concat_ws(' ', notifications, deliveries, users, was) FROM "
            "barid.resend_preview('" +
            mode + "', " + filter + more + ")");
    }
    /// The targets of a generation.
    std::string generation(int number) const {
        return sql(
            "SELECT string_agg(v.target || ':' || d.state, ' ' ORDER BY v.target) FROM "
            "barid.delivery d JOIN barid.device v ON v.id = d.device_id WHERE "
            "d.generation = " +
            std::to_string(number));
    }
    /// What a run of the re-send's jobs would leave behind.
    void finish(const std::string& state) {
        sql("UPDATE barid.delivery SET state = '" + state +
            "' WHERE state = 'pending'; "
            "DELETE FROM barid.job");
    }
};

TEST_F(Resend, EachModeTakesItsOwn) {
    sent("u", {"a:accepted", "b:failed", "c:unknown", "d:suppressed"});
    sql("SELECT barid.register_device('u', 'new', 'web')");
    const std::string u = for_user("u");
    EXPECT_EQ(preview("failed", u), R"(1 1 1 {"failed": 1})");
    EXPECT_EQ(preview("unknown", u), R"(1 1 1 {"unknown": 1})");
    EXPECT_EQ(preview("new_devices", u), R"(1 1 1 {"new_device": 1})");
    EXPECT_EQ(preview("all", u),
              R"(1 4 1 {"failed": 1, "unknown": 1, "new_device": 1, "suppressed": 1})");
    EXPECT_EQ(
        preview("all", u, ", true"),
        R"(1 5 1 {"failed": 1, "unknown": 1, "accepted": 1, "new_device": 1, "suppressed": 1})");
    EXPECT_EQ(sql(call("failed", u)), "1");
    EXPECT_EQ(generation(1), "b:pending");
    EXPECT_EQ(sql("SELECT payload FROM barid.job"), R"({"part": 1, "resend": 1})");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery d, barid.job j WHERE d.job_id = j.id"), "1");
}

TEST_F(Resend, ADeviceThatAcceptedInAnyGenerationIsLeftOut) {
    sent("u", {"a:failed"});
    sql(call("failed", for_user("u")));
    finish("accepted");
    EXPECT_EQ(preview("all", for_user("u")), "0 0 0 {}");
    EXPECT_EQ(sql(call("all", for_user("u"), ", include_accepted => true", "k2")), "1");
    finish("failed");
    EXPECT_EQ(preview("failed", for_user("u")), "0 0 0 {}") << "it has it, from generation 1";
    EXPECT_EQ(sql("SELECT string_agg(generation || state, ' ' ORDER BY generation) FROM "
                  "barid.delivery"),
              "0failed 1accepted 2failed");
}

TEST_F(Resend, NeverTouchesTheInbox) {
    sent("u", {"a:failed"});
    const std::string before = sql("SELECT i::text FROM barid.inbox_item i");
    sql(call("all", for_user("u")));
    EXPECT_EQ(sql("SELECT i::text FROM barid.inbox_item i"), before);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery WHERE channel = 'inbox'"), "0");
}

TEST_F(Resend, TheSameKeyIsTheSameReSend) {
    sent("u", {"a:failed"});
    sql(call("failed", for_user("u")));
    EXPECT_EQ(sql("SELECT concat_ws(' ', id, created, deliveries, cardinality(jobs)) FROM "
                  "barid.resend('k1', 'again', 'failed', " +
                  for_user("u") + ")"),
              "1 f 1 1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "1");
    EXPECT_THAT(error_of(call("all", for_user("u"))), HasSubstr("stands for another re-send"));
}

TEST_F(Resend, WhatIsUnderWayIsLeftAlone) {
    sent("u", {"a:pending", "b:deferred", "c:sending"});
    const std::string job = sql("SELECT barid.enqueue('notify.deliver')");
    sql("UPDATE barid.delivery SET job_id = " + job);
    EXPECT_EQ(preview("all", for_user("u")), "0 0 0 {}");
    sql("DELETE FROM barid.job");
    EXPECT_EQ(preview("all", for_user("u")), R"(1 3 1 {"failed": 2, "unknown": 1})")
        << "the job is gone";
    sql(call("all", for_user("u")));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery WHERE generation = 0 AND job_id IS NULL"),
              "3")
        << "and should it come back, it sends nothing beside us";
}

TEST_F(Resend, TwoAtOnceMakeOneGeneration) {
    sent("u", {"a:failed", "b:failed"});
    Session one(database.url());
    Session two(database.url());
    one("BEGIN");
    EXPECT_EQ(one(call("failed", for_user("u"))), "2");
    std::string second;
    std::thread other([&] { second = two(call("failed", for_user("u"), "", "k2")); });
    EXPECT_TRUE(waits_for_lock(two));
    one("COMMIT");
    other.join();
    EXPECT_EQ(second, "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery WHERE generation > 0"), "2");
}

TEST_F(Resend, LeavesOutWhatCantArrive) {
    sent("u", {"a:failed", "moved:failed", "dead:failed"});
    sql("SELECT barid.register_device('v', 'moved', 'ios'), barid.unregister_device('u', 'dead')");
    EXPECT_EQ(preview("all", for_user("u")), R"(1 1 1 {"failed": 1})");
    sql("UPDATE barid.notification SET expires_at = now()");
    EXPECT_EQ(preview("all", for_user("u")), "0 0 0 {}") << "too late";
}

TEST_F(Resend, AUserWhoHadNoDeviceIsReachedOnTheNewOne) {
    const std::string id = sent("u", {});
    sql("INSERT INTO barid.delivery (notification_id, channel, state, reason) VALUES ('" + id +
        "', 'push', 'suppressed', 'no_device')");
    sql("SELECT barid.register_device('u', 'first', 'android')");
    EXPECT_EQ(preview("new_devices", for_user("u")), R"(1 1 1 {"new_device": 1})");
    sql("UPDATE barid.delivery SET reason = 'preference:global'");
    EXPECT_EQ(preview("new_devices", for_user("u")), "0 0 0 {}") << "it was not wanted";
    EXPECT_EQ(preview("all", for_user("u")), R"(1 1 1 {"new_device": 1})") << "decided anew";
    sql("UPDATE barid.delivery SET state = 'collected', reason = 'digest'");
    EXPECT_EQ(preview("all", for_user("u")), "0 0 0 {}") << "its digest told it";
}

TEST_F(Resend, AnEmailGoesToAnAddressThatMayBeWrittenTo) {
    const std::string id = sent("u", {});
    sql("INSERT INTO barid.delivery (notification_id, channel, state) VALUES ('" + id +
        "', 'email', 'failed')");
    EXPECT_EQ(preview("failed", for_user("u")), "0 0 0 {}");
    sql("SELECT barid.upsert_user('u'); INSERT INTO barid.contact (user_id, channel, address) "
        "VALUES ('u', 'email', 'Noura@example.com')");
    EXPECT_EQ(preview("failed", for_user("u")), R"(1 1 1 {"failed": 1})");
    sql("INSERT INTO barid.suppression (channel, address, reason) VALUES ('email', "
        "'noura@example.com', 'bounce')");
    EXPECT_EQ(preview("failed", for_user("u")), "0 0 0 {}");
}

TEST_F(Resend, TheFilterNarrows) {
    const std::string first = sent("u", {"a:failed"});
    sent("v", {"b:failed"});
    sql("SELECT barid.upsert_category('other')");
    sql("UPDATE barid.notification SET category = 'other' WHERE user_id = 'v'");
    sql("UPDATE barid.delivery SET reason = 'unavailable' WHERE notification_id = '" + first + "'");
    const auto count = [&](const std::string& filter) {
        return sql("SELECT deliveries FROM barid.resend_preview('failed', '" + filter + "')");
    };
    EXPECT_EQ(count(R"({"user_ids": ["u", "v"]})"), "2");
    EXPECT_EQ(count(R"({"notification_ids": [")" + first + R"("]})"), "1");
    EXPECT_EQ(count(R"({"since": "2020-01-01"})"), "2");
    EXPECT_EQ(count(R"({"since": "2020-01-01", "until": "2020-02-01"})"), "0");
    EXPECT_EQ(count(R"({"since": "2020-01-01", "category": "other"})"), "1");
    EXPECT_EQ(count(R"({"since": "2020-01-01", "reasons": ["unavailable"]})"), "1");
    EXPECT_EQ(count(R"({"since": "2020-01-01", "channel": "email"})"), "0");
    EXPECT_EQ(count(R"({"broadcast_id": "11111111-1111-7111-8111-111111111111"})"), "0");
}

TEST_F(Resend, EveryMistakeIsNamed) {
    const auto error = [&](const std::string& mode, const std::string& filter,
                           const std::string& more = "") {
        return error_of(call(mode, "'" + filter + "'", more));
    };
    EXPECT_THAT(error("some", R"({"since": "2020-01-01"})"), HasSubstr("mode must be"));
    EXPECT_THAT(error("all", "{}"), HasSubstr("filter must have"));
    EXPECT_THAT(error("all", R"({"category": "x"})"), HasSubstr("filter must have"));
    EXPECT_THAT(error("all", R"({"users": ["u"]})"), HasSubstr("filter.users"));
    EXPECT_THAT(error("all", R"({"user_ids": "u"})"), HasSubstr("filter.user_ids"));
    EXPECT_THAT(error("all", R"({"user_ids": ["u"], "channel": "inbox"})"),
                HasSubstr("filter.channel"));
    EXPECT_THAT(error("all", R"({"user_ids": ["u"]})", ", content => 'new'"),
                HasSubstr("content must be"));
    EXPECT_THAT(error_of("SELECT barid.resend('k', ' ', 'all', '{}')"), HasSubstr("reason"));
    EXPECT_THAT(error_of("SELECT barid.resend(NULL, 'r', 'all', '{}')"), HasSubstr("request_key"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.resend"), "0");
}

TEST_F(Resend, OnlyAnOperatorPassesWhatUsersChose) {
    sent("u", {"a:failed"});
    const std::string wish = call("failed", for_user("u"), ", override => true");
    EXPECT_THAT(error_of("SET ROLE barid_producer; " + wish), HasSubstr("barid_operator"));
    EXPECT_THAT(error_of("SET ROLE barid_readonly; " + wish), HasSubstr("denied"));
    EXPECT_EQ(error_of("SET ROLE barid_operator; " + wish), "");
    EXPECT_EQ(sql("SELECT concat_ws(' ', actor, role, override) FROM barid.resend"),
              "barid_operator barid_operator t");
}

TEST_F(Resend, WhatWasAskedIsKept) {
    sent("u", {"a:failed"});
    sql(call("failed", for_user("u"), ", actor => 'sara@shop'"));
    EXPECT_EQ(sql("SELECT concat_ws(' ', actor, reason, mode, preview_count, deliveries, "
                  "notifications) FROM barid.resend"),
              "sara@shop a bad night failed 1 1 1");
    for (const char* change : {"UPDATE barid.resend SET reason = 'x'", "DELETE FROM barid.resend",
                               "TRUNCATE barid.resend CASCADE", "DELETE FROM barid.resend_job",
                               "UPDATE barid.resend_job SET job_id = 1"}) {
        EXPECT_THAT(error_of(change), HasSubstr("is not changed")) << change;
    }
}

TEST_F(Resend, ManyDeliveriesAreSeveralJobs) {
    sql("INSERT INTO barid.app_user (id) SELECT 'm' || g FROM generate_series(1, 12000) g");
    sql("INSERT INTO barid.device (user_id, target, platform) SELECT id, id, 'ios' FROM "
        "barid.app_user");
    sql("INSERT INTO barid.notification (user_id, category, dedupe_key, expires_at) SELECT id, "
        "'general', 'k', now() + interval '1 day' FROM barid.app_user");
    sql("INSERT INTO barid.delivery (notification_id, channel, device_id, state) SELECT n.id, "
        "'push', v.id, 'failed' FROM barid.notification n JOIN barid.device v USING (user_id)");
    EXPECT_EQ(sql(call("failed", R"('{"since": "2020-01-01"}')")), "12000");
    EXPECT_EQ(sql("SELECT string_agg(deliveries || '', ' ' ORDER BY part) FROM barid.resend_job"),
              "10000 2000");
    EXPECT_EQ(sql("SELECT count(*) FROM (SELECT d.job_id FROM barid.delivery d JOIN barid.job j "
                  "ON j.id = d.job_id GROUP BY 1 HAVING count(*) IN (10000, 2000)) x"),
              "2");
}

TEST_F(Resend, CanTellItInTheTemplatesNewWords) {
    const auto save = [&](const std::string& title, const std::string& variables) {
        sql("SELECT barid.upsert_template('t', '{\"en\": {\"title\": \"" + title +
            "\", \"body\": \"b\"}}', '" + variables + "')");
    };
    save("Odrer {no}", "{no}");
    const std::string id =
        sql(R"(SELECT barid.notify('u', template => 't', vars => '{"no": "7"}'))");
    sql("DELETE FROM barid.job");
    sql("INSERT INTO barid.delivery (notification_id, channel, device_id, state) SELECT '" + id +
        "', 'push', barid.register_device('u', 'a', 'ios'), 'failed'");
    save("Order {no}", "{no}");
    sql(call("failed", for_user("u")));
    EXPECT_EQ(sql("SELECT template_version || title FROM barid.notification"), "1Odrer 7");
    finish("failed");
    sql(call("failed", for_user("u"), ", content => 'rendered'", "k2"));
    EXPECT_EQ(sql("SELECT template_version || coalesce(title, '-') FROM barid.notification"), "2-");
    EXPECT_EQ(sql("SELECT title FROM barid.inbox_item"), "Odrer 7") << "as it was shown";
    finish("failed");
    save("Order {no} of {shop}", "{no,shop}");
    sql(call("failed", for_user("u"), ", content => 'rendered'", "k3"));
    EXPECT_EQ(sql("SELECT template_version FROM barid.notification"), "2")
        << "the newest can't be filled";
}

TEST_F(Resend, TheListSaysWhatHasBecomeOfEach) {
    sent("u", {"a:failed", "b:failed"});
    sql(call("failed", for_user("u")));
    const auto row = [&](const std::string& id) {
        return sql(
            "SELECT concat_ws(' ', state, deliveries, accepted, failed, waiting, "
            "superseded) FROM barid.resends() WHERE id = " +
            id);
    };
    EXPECT_EQ(row("1"), "running 2 0 0 2 0");
    sql("UPDATE barid.delivery d SET state = 'accepted' FROM barid.device v WHERE v.id = "
        "d.device_id AND v.target = 'a' AND d.generation = 1");
    finish("failed");
    EXPECT_EQ(row("1"), "done 2 1 1 0 0");
    sql(call("failed", for_user("u"), "", "k2"));
    EXPECT_EQ(row("1"), "done 2 1 0 0 1");
    EXPECT_EQ(row("2"), "running 1 0 0 1 0");
}

}  // namespace
}  // namespace barid::notify
