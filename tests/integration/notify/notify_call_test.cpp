// barid.notify: once for each key, in the caller's transaction, and every mistake by its name.
#include <latch>
#include <set>
#include <vector>

#include "notify/fcm_message.hpp"
#include "notify/locale.hpp"
#include "tests/integration/notify/decision_fixture.hpp"

namespace barid::notify {
namespace {

using support::Session;
using testing::HasSubstr;

class NotifyCall : public support::DecisionTest {
  protected:
    std::string items() const { return sql("SELECT count(*) FROM barid.inbox_item"); }
    std::string jobs() const { return sql("SELECT count(*) FROM barid.job"); }
};

TEST_F(NotifyCall, MakesTheInboxItemAndAJobThatDelivers) {
    const std::string id = sql(notify("u", ", priority => 2, tags => '{shop}', request_id => 'r'"));
    EXPECT_EQ(sql("SELECT title || ' ' || body || ' ' || locale FROM barid.inbox_item "
                  "WHERE notification_id = '" +
                  id + "'"),
              "Hello There en");
    EXPECT_EQ(sql("SELECT concat_ws(' ', j.kind, j.payload->>'notification' = '" + id +
                  "', j.priority, j.tags, j.request_id, n.job_id = j.id) FROM barid.job j, "
                  "barid.notification n"),
              "notify.deliver t 2 {shop} r t");
}

TEST_F(NotifyCall, TheSameKeyAgainIsTheSameNotification) {
    const std::string id = sql(notify("u", ", dedupe_key => 'order-1'"));
    EXPECT_EQ(sql("SELECT barid.notify('u', title => '{\"en\": \"Other\"}', body => "
                  "'{\"en\": \"Text\"}', dedupe_key => 'order-1')"),
              id);
    EXPECT_EQ(items() + jobs(), "11");
    EXPECT_NE(sql(notify("v", ", dedupe_key => 'order-1'")), id);
    EXPECT_NE(sql(notify("u")), sql(notify("u"))) << "without a key each is a new one";
}

TEST_F(NotifyCall, CallersAtOnceMakeOne) {
    constexpr int kThreads = 6;
    std::latch start(kThreads);
    std::vector<std::string> ids(kThreads);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            Session session(database.url());
            start.arrive_and_wait();
            ids[i] = session(notify("u", ", dedupe_key => 'k'"));
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1U);
    EXPECT_EQ(items() + jobs(), "11");
}

TEST_F(NotifyCall, NothingIsLeftOfATransactionThatIsRolledBack) {
    Session session(database.url());
    session("BEGIN");
    session(notify("u"));
    session("ROLLBACK");
    EXPECT_EQ(items() + jobs() + sql("SELECT count(*) FROM barid.notification"), "000");
}

TEST_F(NotifyCall, AnInboxItemAloneNeedsNoJob) {
    sql(notify("u", ", channels => '{inbox}'"));
    EXPECT_EQ(items() + jobs(), "10");
}

TEST_F(NotifyCall, UsesTheUsersLanguage) {
    const std::string both = R"(, title => '{"en": "Shipped", "ar": "شُحن"}',)"
                             R"( body => '{"en": "A-7", "ar": "طلبك A-7"}')";
    sql("SELECT barid.upsert_user('u', 'ar-EG')");
    sql("SELECT barid.notify('u'" + both + ")");
    EXPECT_EQ(sql("SELECT locale || title || body FROM barid.inbox_item"), "arشُحنطلبك A-7");
    EXPECT_EQ(sql("SELECT locale || title || body FROM barid.notification"), "arشُحنطلبك A-7");
    sql("SELECT barid.notify('unknown'" + both + ")");
    EXPECT_EQ(sql("SELECT locale FROM barid.inbox_item WHERE user_id = 'unknown'"), "en");
    sql("SET barid.default_locale = 'ar'; SELECT barid.notify('other'" + both + ")");
    EXPECT_EQ(sql("SELECT locale FROM barid.inbox_item WHERE user_id = 'other'"), "ar");
}

TEST_F(NotifyCall, ATemplateWithoutPluralsIsInTheInboxAtOnce) {
    sql(R"(SELECT barid.upsert_template('t', '{"en": {"title": "Order {no}", "body": "b"},
        "ar": {"title": "الطلب {no}", "body": "ب"}}', '{no}'))");
    sql("SELECT barid.upsert_user('u', 'ar')");
    sql(R"(SELECT barid.notify('u', template => 't', vars => '{"no": "A-7"}'))");
    EXPECT_EQ(sql("SELECT title FROM barid.inbox_item"), "الطلب \u2068A-7\u2069");
    EXPECT_THAT(error_of("SELECT barid.notify('u', template => 't')"), HasSubstr("vars.no"));
    EXPECT_THAT(error_of("SELECT barid.notify('u', template => 'none')"), HasSubstr("'none'"));
}

TEST_F(NotifyCall, ADelayedOneIsListedFromItsTimeOn) {
    sql(notify("u", ", delay => '1 hour'"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox('u', filter => 'all')"), "0");
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "0");
    EXPECT_EQ(sql("SELECT run_at > now() + interval '50 minutes' FROM barid.job"), "t");
    EXPECT_EQ(sql("SELECT expires_at - not_before FROM barid.notification"), "28 days");
    sql("UPDATE barid.inbox_item SET created_at = now() - interval '1 second'");
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "1");
}

TEST_F(NotifyCall, WritesDownThatTheInboxWasRefused) {
    sql("SELECT barid.set_preference('u', false, channel => 'inbox')");
    sql(notify("u", ", channels => '{inbox}'"));
    EXPECT_EQ(items(), "0");
    EXPECT_EQ(sql("SELECT concat_ws(' ', channel, state, reason) FROM barid.delivery"),
              "inbox suppressed preference:channel");
    EXPECT_EQ(jobs(), "0");
    sql("SELECT barid.upsert_category('late', quiet => 'drop')");
    sql("SELECT barid.set_preference('u', NULL, channel => 'inbox')");
    sql("INSERT INTO barid.quiet_hours VALUES ('u', 1, 127, '00:00', '12:00'), "
        "('u', 2, 127, '12:00', '00:00')");
    sql(notify("u", ", category => 'late'"));
    EXPECT_EQ(sql("SELECT reason FROM barid.delivery WHERE notification_id = (SELECT id FROM "
                  "barid.notification WHERE category = 'late')"),
              "quiet_hours");
}

TEST_F(NotifyCall, ACategorySaysWhereItGoes) {
    sql("SELECT barid.upsert_category('mail', channels => '{email}')");
    sql(notify("u", ", category => 'mail'"));
    EXPECT_EQ(sql("SELECT channels FROM barid.notification"), "{email}");
    EXPECT_EQ(items() + jobs(), "01");
}

TEST_F(NotifyCall, EveryMistakeIsNamed) {
    const auto error = [&](const std::string& more) { return error_of(notify("u", ", " + more)); };
    EXPECT_THAT(error("category => 'nope'"), HasSubstr("category 'nope' does not exist"));
    EXPECT_THAT(error("data => '{\"from\": \"x\"}'"), HasSubstr("data.from is reserved"));
    EXPECT_THAT(error("data => '{\"nid\": \"x\"}'"), HasSubstr("Barid's own"));
    EXPECT_THAT(error("data => '{\"a\": 1}'"), HasSubstr("data.a must be a text"));
    EXPECT_THAT(error("data => '[]'"), HasSubstr("object of texts"));
    EXPECT_THAT(error("options => '{\"sms\": {}}'"), HasSubstr("options.sms"));
    EXPECT_THAT(error("options => '{\"apns\": 1}'"), HasSubstr("options.apns"));
    EXPECT_THAT(error("channels => '{fax}'"), HasSubstr("channels must name"));
    EXPECT_THAT(error("channels => '{push,push}'"), HasSubstr("each once"));
    EXPECT_THAT(error("channels => '{}'"), HasSubstr("channels must name"));
    EXPECT_THAT(error("image => 'ftp://x/y'"), HasSubstr("image must be"));
    EXPECT_THAT(error("ttl => '29 days'"), HasSubstr("ttl must be"));
    EXPECT_THAT(error("delay => '400 days'"), HasSubstr("a year ahead"));
    EXPECT_THAT(error("delay => '1 day', run_at => now()"), HasSubstr("not both"));
    EXPECT_THAT(error("run_at => 'infinity'"), HasSubstr("finite"));
    EXPECT_THAT(error("dedupe_key => ''"), HasSubstr("dedupe_key must have"));
    EXPECT_THAT(error("dedupe_key => 'digest:1'"), HasSubstr("digest:"));
    EXPECT_THAT(error("vars => '{\"a\": 1}'"), HasSubstr("vars need a template"));
    EXPECT_THAT(error("template => 't'"), HasSubstr("not both"));
    EXPECT_THAT(error_of("SELECT barid.notify('u')"), HasSubstr("a template, or texts"));
    EXPECT_THAT(error_of("SELECT barid.notify('')"), HasSubstr("user_id"));
    const auto texts = [&](const std::string& title, const std::string& body) {
        return error_of("SELECT barid.notify('u', title => '" + title + "', body => '" + body +
                        "')");
    };
    EXPECT_THAT(texts(R"({"en": "x", "ar": "y"})", R"({"en": "z"})"), HasSubstr("'ar'"));
    EXPECT_THAT(texts(R"({"en": ""})", R"({"en": "z"})"), HasSubstr("texts.en"));
    EXPECT_THAT(texts(R"({"en": 1})", R"({"en": "z"})"), HasSubstr("texts.en"));
    EXPECT_THAT(texts(R"({"e!": "x"})", R"({"e!": "z"})"), HasSubstr("language tag"));
    EXPECT_THAT(texts(R"({"en_us": "x", "en-US": "x"})", R"({"en_us": "y", "en-US": "y"})"),
                HasSubstr("en-US twice"));
    EXPECT_THAT(texts(R"("Hello")", R"({"en": "z"})"), HasSubstr("objects of languages"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.notification") + jobs(), "00");
}

TEST_F(NotifyCall, APayloadIsRefusedOnlyWhenItCantFit) {
    // The smallest push of this text that the client would build.
    const auto push = [](std::size_t body) {
        PushMessage message{
            .nid = std::string(36, '0'), .title = "t", .body = std::string(body, 'x')};
        return payload_bytes(message);
    };
    const auto call = [&](std::size_t body, std::size_t data) {
        return error_of(
            "SELECT barid.notify('u', title => '{\"en\": \"t\"}', body => "
            "jsonb_build_object('en', repeat('x', " +
            std::to_string(body) + ")), data => jsonb_build_object('k', repeat('y', " +
            std::to_string(data) + ")))");
    };
    EXPECT_LE(push(3500), 4096U);
    EXPECT_EQ(call(3500, 1), "");
    EXPECT_EQ(call(3000, 4096 - push(3000) - 8), "") << "a full push";
    EXPECT_THAT(call(3000, 1100), HasSubstr("more than 4096 bytes in \"en\""));
    EXPECT_EQ(error_of(notify("u",
                              ", channels => '{inbox}', data => jsonb_build_object('a', "
                              "repeat('x', 3400), 'b', repeat('x', 3400))")),
              "")
        << "no push, no limit of a push";
}

TEST_F(NotifyCall, AProducerMayCallItAndTouchNoTable) {
    const std::string as = "SET ROLE barid_producer; ";
    EXPECT_EQ(error_of(as + notify("u")), "");
    EXPECT_EQ(error_of(as + "SELECT barid.set_quiet_hours('u', '[]')"), "");
    EXPECT_EQ(error_of(as + "SELECT barid.inbox_counts('u'), barid.mark_seen('u'), "
                            "barid.mark_archived('u')"),
              "");
    EXPECT_EQ(error_of(as + "SELECT * FROM barid.delivery_report('u')"), "");
    EXPECT_EQ(error_of(as + "SELECT * FROM barid.explain_notification('u')"), "");
    EXPECT_THAT(error_of(as + "SELECT barid.create_notification('u', 'general', 'k')"),
                HasSubstr("denied"));
    EXPECT_THAT(error_of(as + "SELECT barid.close_digest(1, 1)"), HasSubstr("denied"));
    for (const char* table : {"quiet_hours", "digest", "digest_item", "notify_throttle"}) {
        EXPECT_THAT(error_of(as + "SELECT * FROM barid." + table), HasSubstr("denied")) << table;
    }
}

TEST_F(NotifyCall, TheReportSaysWhatBecameOfIt) {
    const std::string id = sql(notify("u", ", channels => '{push,inbox,email}'"));
    const auto report = [&](const std::string& channel) {
        return sql(
            "SELECT concat_ws(' ', state, reason, platform, app_version, attempts, "
            "provider_id, latency_ms) FROM barid.delivery_report('u') WHERE channel = '" +
            channel + "'");
    };
    EXPECT_THAT(report("push"), HasSubstr("waiting job 1 is waiting"));
    EXPECT_EQ(report("inbox"), "in_inbox unread 0");
    sql("SELECT barid.register_device('u', 'secret', 'ios', app_version => '4.2')");
    sql("INSERT INTO barid.delivery (notification_id, channel, device_id, state, attempts) "
        "SELECT '" +
        id + "', 'push', id, 'accepted', 2 FROM barid.device");
    sql("INSERT INTO barid.delivery_attempt (notification_id, delivery_id, attempt_no, class, "
        "reason, finished_at, provider_id, latency_ms) SELECT notification_id, id, 1, 'retry', "
        "'http_503', now(), NULL, 90 FROM barid.delivery UNION ALL SELECT notification_id, id, 2, "
        "'accepted', NULL, now(), 'p/1', 35 FROM barid.delivery");
    sql("SELECT barid.mark_read('u')");
    EXPECT_EQ(report("push"), "accepted ios 4.2 2 p/1 35");
    EXPECT_EQ(report("inbox"), "in_inbox read 0");
    EXPECT_THAT(report("email"), HasSubstr("waiting"));
    EXPECT_EQ(sql("SELECT history->0->>'reason' FROM barid.delivery_report(notification_id => '" +
                  id + "') WHERE channel = 'push'"),
              "http_503");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery_report('u') r WHERE r::text LIKE "
                  "'%secret%'"),
              "0");
    EXPECT_THAT(error_of("SELECT * FROM barid.delivery_report('u', '" + id + "')"),
                HasSubstr("give one of"));
}

TEST_F(NotifyCall, TheReportOfAUserComesInPages) {
    for (int n = 0; n < 5; ++n) sql(notify("u", ", channels => '{inbox}'"));
    std::string before = "NULL";
    std::set<std::string> seen;
    for (int page = 0; page < 3; ++page) {
        const std::string ids =
            sql("SELECT string_agg(notification::text, ',') FROM "
                "barid.delivery_report('u', page_size => 2, before => " +
                before + ")");
        for (std::size_t at = 0; at < ids.size(); at += 37) seen.insert(ids.substr(at, 36));
        before = "'" + ids.substr(ids.size() - 36) + "'";
    }
    EXPECT_EQ(seen.size(), 5U);
}

TEST_F(NotifyCall, ChoosesALanguageAsTheWorkerDoes) {
    const std::vector<std::string> wanted = {"ar-EG", "AR_eg", "ar",    "en",         "en-GB", "fr",
                                             "",      "x!",    "pt-BR", "zh-Hant-TW", "zh",    "e"};
    const std::vector<std::vector<std::string>> available = {{"en"},
                                                             {"ar"},
                                                             {"en", "ar"},
                                                             {"ar-SA", "en"},
                                                             {"en-US", "ar-EG"},
                                                             {"fr", "de"},
                                                             {"zh-Hans", "zh-Hant", "zh-Hant-TW"},
                                                             {"pt", "pt-PT"},
                                                             {"de", "en_GB", "AR"}};
    for (const std::string& tag : wanted) {
        EXPECT_EQ(sql("SELECT barid.normalize_locale('" + tag + "')"), normalize_locale(tag))
            << tag;
        for (const std::string& fallback : {std::string("en"), std::string("ar-SA")}) {
            for (const auto& texts : available) {
                std::string list;
                for (const std::string& text : texts) {
                    list += (list.empty() ? "'" : ",'") + text + "'";
                }
                const std::size_t choice = choose_locale(locale_chain(tag, fallback), texts);
                EXPECT_EQ(sql("SELECT barid.choose_locale('" + tag + "', ARRAY[" + list + "], '" +
                              fallback + "')"),
                          texts.at(choice))
                    << tag << " of " << list << " or " << fallback;
            }
        }
    }
}

}  // namespace
}  // namespace barid::notify
