// From barid.notify to the phone: what the decision does when a worker runs it.
#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::notify {
namespace {

class DecidedRun : public support::NotifyTest {
  protected:
    /// Asks for a notification and returns its id.
    std::string notify(const std::string& more = "", const std::string& title = "Hi") const {
        return sql("SELECT barid.notify('u', title => '{\"en\": \"" + title +
                   "\"}', body => '{\"en\": \"There\"}'" + more + ")");
    }
    /// Quiet from an hour ago on, for two hours.
    void quiet_now() const {
        sql("SELECT barid.set_quiet_hours('u', jsonb_build_array(jsonb_build_object('start', "
            "to_char(now() AT TIME ZONE 'UTC' - interval '1 hour', 'HH24:MI'), 'end', "
            "to_char(now() AT TIME ZONE 'UTC' + interval '1 hour', 'HH24:MI'))))");
    }
    /// As if the time for everything that waits had come.
    void time_passes() const {
        sql("UPDATE barid.delivery SET not_before = now() WHERE state = 'deferred'; "
            "UPDATE barid.job SET run_at = now()");
    }
    std::string pushes() const {
        return sql(
            "SELECT string_agg(concat_ws(':', generation, state, reason), ' ' ORDER BY id) "
            "FROM barid.delivery WHERE channel = 'push'");
    }
};

TEST_F(DecidedRun, WhatComesInQuietHoursIsSentAfterThem) {
    register_device("u", "phone");
    quiet_now();
    notify();
    run_due_jobs();
    EXPECT_EQ(pushes(), "0:deferred:quiet_hours");
    EXPECT_EQ(
        sql("SELECT not_before BETWEEN now() + interval '58 minutes' AND now() + interval '66 "
            "minutes' FROM barid.delivery"),
        "t");
    EXPECT_EQ(sql("SELECT run_at > now() + interval '50 minutes' FROM barid.job"), "t");
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "1") << "the inbox does not wait";
    EXPECT_EQ(channel.sends_to("phone"), 0);
    sql("SELECT barid.set_quiet_hours('u', NULL)");
    time_passes();
    run_due_jobs();
    EXPECT_EQ(channel.sends_to("phone"), 1);
    EXPECT_EQ(pushes(), "0:accepted");
}

TEST_F(DecidedRun, WhatWaitedIsDecidedAnew) {
    register_device("u", "phone");
    quiet_now();
    notify();
    run_due_jobs();
    time_passes();
    run_due_jobs();
    EXPECT_EQ(pushes(), "0:deferred:quiet_hours") << "it is still quiet";
    sql("SELECT barid.set_preference('u', false, channel => 'push')");
    time_passes();
    run_due_jobs();
    EXPECT_EQ(pushes(), "0:suppressed:preference:channel");
    EXPECT_EQ(channel.sends_to("phone"), 0);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "0");
}

TEST_F(DecidedRun, WhatWouldBeTooLateAfterThemExpires) {
    register_device("u", "phone");
    quiet_now();
    notify(", ttl => '10 minutes'");
    run_due_jobs();
    EXPECT_EQ(pushes(), "0:expired:expires_in_quiet_hours");
}

TEST_F(DecidedRun, ACriticalOneIsHeardAtNight) {
    register_device("u", "phone");
    quiet_now();
    sql("SELECT barid.upsert_category('otp', critical => true)");
    notify(", category => 'otp'");
    run_due_jobs();
    EXPECT_EQ(channel.sends_to("phone"), 1);
}

TEST_F(DecidedRun, AThrottleLeavesOutTheThird) {
    register_device("u", "phone");
    sql("SELECT barid.upsert_category('offers', throttle_n => 2, throttle_window => '1 hour')");
    for (int n = 0; n < 3; ++n) notify(", category => 'offers'");
    run_due_jobs();
    EXPECT_EQ(channel.sends_to("phone"), 2);
    EXPECT_EQ(pushes(), "0:accepted 0:accepted 0:suppressed:throttled");
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "3");
}

class DigestRun : public DecidedRun {
  protected:
    DigestRun() {
        sql(R"(SELECT barid.upsert_template('many', '{"en": {"title": )"
            R"("{count, plural, one {# order} other {# orders}} shipped",
            "body": "The last is {no}"}}',
            '{"count": {"type": "integer"}, "no": {"type": "string"}}'::jsonb))");
        sql(R"(SELECT barid.upsert_template('one', '{"en": {"title": "{no} shipped", "body": "."}}',
            '{no}'))");
        sql("SELECT barid.upsert_category('orders', digest_window => '1 hour', digest_template => "
            "'many')");
        register_device("u", "phone");
    }
    void order(const std::string& no) const {
        sql("SELECT barid.notify('u', 'orders', template => 'one', vars => '{\"no\": \"" + no +
            "\"}')");
    }
};

TEST_F(DigestRun, ThreeOrdersAreOnePushAndThreeInboxItems) {
    for (const char* no : {"A-1", "A-2", "A-3"}) order(no);
    run_due_jobs();
    EXPECT_EQ(channel.sent.size(), 0U);
    EXPECT_EQ(pushes(), "0:collected:digest 0:collected:digest 0:collected:digest");
    time_passes();
    run_due_jobs();
    ASSERT_EQ(channel.sent.size(), 1U);
    EXPECT_EQ(channel.sent.at(0).second.title, "3 orders shipped");
    EXPECT_EQ(channel.sent.at(0).second.body, "The last is A-3");
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "3");
    EXPECT_EQ(sql("SELECT string_agg(state, ' ' ORDER BY state) FROM barid.delivery"),
              "accepted collected collected collected");
}

TEST_F(DigestRun, ASingleOrderIsToldInItsOwnWords) {
    order("A-1");
    run_due_jobs();
    time_passes();
    run_due_jobs();
    ASSERT_EQ(channel.sent.size(), 1U);
    EXPECT_EQ(channel.sent.at(0).second.title, "A-1 shipped");
}

TEST_F(DigestRun, ItsJobRunTwiceTellsItOnce) {
    order("A-1");
    order("A-2");
    run_due_jobs();
    const std::string id = sql("SELECT id FROM barid.job");
    for (int turn = 0; turn < 2; ++turn) {
        run_job(std::stoll(id), R"({"digest": 1})", {.kind = "notify.digest"});
    }
    EXPECT_EQ(channel.sent.size(), 1U);
}

class ResendRun : public DecidedRun {
  protected:
    std::string resend(const std::string& key, const std::string& more = "") const {
        return sql("SELECT deliveries FROM barid.resend('" + key +
                   "', 'outage', 'failed', '{\"user_ids\": [\"u\"]}'" + more + ")");
    }
    /// A push that the provider refused.
    std::string refused() {
        register_device("u", "phone");
        channel.answers["phone"] = [] {
            return SendResult{.kind = SendClass::sender_mismatch, .reason = "wrong_project"};
        };
        const std::string id = notify();
        run_due_jobs();
        channel.answers.clear();
        return id;
    }
};

TEST_F(ResendRun, SendsTheSameNotificationAgain) {
    const std::string id = refused();
    ASSERT_EQ(pushes(), "0:failed:wrong_project");
    sql("UPDATE barid.device SET state = 'active'");
    EXPECT_EQ(resend("k"), "1");
    run_due_jobs();
    EXPECT_EQ(pushes(), "0:failed:wrong_project 1:accepted");
    ASSERT_EQ(channel.sent.size(), 2U);
    EXPECT_EQ(channel.sent.at(1).second.nid, id);
    EXPECT_EQ(channel.sent.at(1).second.title, "Hi");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox_item"), "1");
    EXPECT_EQ(sql("SELECT state || accepted FROM barid.resends()"), "done1");
}

TEST_F(ResendRun, TheFirstJobRunAgainSendsNothingBesideIt) {
    refused();
    sql("UPDATE barid.device SET state = 'active'; UPDATE barid.delivery SET reason = "
        "'attempts_exhausted'");
    const std::string job = sql("SELECT job_id FROM barid.notification");
    const std::string id = sql("SELECT id FROM barid.notification");
    resend("k");
    run_job(std::stoll(job), R"({"notification": ")" + id + R"("})", {.kind = "notify.deliver"});
    EXPECT_EQ(channel.sends_to("phone"), 1);
    run_due_jobs();
    EXPECT_EQ(channel.sends_to("phone"), 2);
}

TEST_F(ResendRun, AsksAgainWhatTheUserWants) {
    refused();
    sql("UPDATE barid.device SET state = 'active'");
    sql("SELECT barid.set_preference('u', false)");
    resend("k1");
    run_due_jobs();
    EXPECT_EQ(pushes(), "0:failed:wrong_project 1:suppressed:preference:global");
    EXPECT_EQ(sql("SELECT deliveries FROM barid.resend('k2', 'recall', 'all', '{\"user_ids\": "
                  "[\"u\"]}', override => true)"),
              "1");
    run_due_jobs();
    EXPECT_EQ(channel.sends_to("phone"), 2) << "an operator insisted";
}

TEST_F(ResendRun, NewWordsLeaveWithItWhenTheyAreAskedFor) {
    const auto save = [&](const std::string& title) {
        sql("SELECT barid.upsert_template('t', '{\"en\": {\"title\": \"" + title +
            "\", \"body\": \"b\"}}', '{no}')");
    };
    register_device("u", "phone");
    save("Odrer {no}");
    channel.answers["phone"] = [] {
        return SendResult{.kind = SendClass::sender_mismatch, .reason = "wrong_project"};
    };
    sql(R"(SELECT barid.notify('u', template => 't', vars => '{"no": "A-7"}'))");
    run_due_jobs();
    channel.answers.clear();
    save("Order {no}");
    sql("UPDATE barid.device SET state = 'active'");
    resend("k", ", content => 'rendered'");
    run_due_jobs();
    ASSERT_EQ(channel.sent.size(), 2U);
    EXPECT_EQ(channel.sent.at(1).second.title, "Order A-7");
    EXPECT_EQ(sql("SELECT title FROM barid.inbox_item"), "Odrer A-7");
}

}  // namespace
}  // namespace barid::notify
