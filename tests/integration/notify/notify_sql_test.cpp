// The functions that a shop's backend calls, and who may call them.
#include "notify/dev_channel.hpp"
#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;

class NotifySql : public support::NotifyTest {
  protected:
    /// The error that `text` raises; "" when it raises none.
    std::string error_of(const std::string& text) const {
        try {
            sql(text);
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }
};

TEST_F(NotifySql, RegisteringAgainMovesTheOwnerAndRevives) {
    register_device("a", "phone");
    sql("UPDATE barid.device SET state = 'dead', strikes = 2, first_strike_at = now()");
    const std::string before = sql("SELECT last_registered_at FROM barid.device");
    register_device("b", "phone", ", app_version => '2.0'");
    EXPECT_EQ(sql("SELECT concat_ws(' ', count(*), max(user_id), max(state), max(strikes), "
                  "bool_and(first_strike_at IS NULL), max(app_version)) FROM barid.device"),
              "1 b active 0 t 2.0");
    EXPECT_EQ(sql("SELECT last_registered_at > '" + before + "' FROM barid.device"), "t");
}

TEST_F(NotifySql, TheSameTextAsTokenAndAsFidIsTwoDevices) {
    register_device("a", "x");
    register_device("a", "x", ", target_kind => 'fid'");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.device"), "2");
}

TEST_F(NotifySql, UnregisteringIsForTheOwnerOnly) {
    register_device("a", "phone");
    EXPECT_EQ(sql("SELECT barid.unregister_device('b', 'phone')"), "f");
    EXPECT_EQ(device_state("phone"), "active");
    EXPECT_EQ(sql("SELECT barid.unregister_device('a', 'phone')"), "t");
    EXPECT_EQ(device_state("phone"), "dead");
}

TEST_F(NotifySql, APreferenceCanBeChangedAndTakenBack) {
    sql("SELECT barid.set_preference('u', false, 'general', 'push')");
    sql("SELECT barid.set_preference('u', true, 'general', 'push', 'support')");
    EXPECT_EQ(sql("SELECT enabled || updated_by FROM barid.preference"), "truesupport");
    sql("SELECT barid.set_preference('u', NULL, 'general', 'push')");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.preference"), "0");
    EXPECT_THAT(error_of("SELECT barid.set_preference('u', false, 'oder')"), HasSubstr("oder"));
    EXPECT_THAT(error_of("SELECT barid.set_preference('u', false, channel => 'fax')"),
                HasSubstr("channel must be"));
}

TEST_F(NotifySql, EachBadValueIsRefusedByName) {
    EXPECT_THAT(error_of("SELECT barid.upsert_user('u', 'not a locale')"), HasSubstr("locale"));
    EXPECT_THAT(error_of("SELECT barid.upsert_user('u', tz => 'Mars/Base')"), HasSubstr("zone"));
    EXPECT_THAT(error_of("SELECT barid.upsert_user('')"), HasSubstr("user_id"));
    EXPECT_THAT(error_of("SELECT barid.upsert_user(repeat('x', 257))"), HasSubstr("user_id"));
    EXPECT_THAT(error_of("SELECT barid.register_device('u', 't', 'palm')"), HasSubstr("platform"));
    EXPECT_THAT(error_of("SELECT barid.register_device('u', '', 'ios')"), HasSubstr("target"));
    EXPECT_THAT(error_of("SELECT barid.upsert_category('Bad Key')"), HasSubstr("category key"));
    EXPECT_THAT(error_of("SELECT barid.upsert_category('k', ambiguity => 'maybe')"),
                HasSubstr("ambiguity"));
    EXPECT_THAT(error_of("SELECT barid.upsert_category('k', ttl => '29 days')"), HasSubstr("ttl"));
    EXPECT_THAT(error_of("SELECT * FROM barid.inbox('u', 0)"), HasSubstr("page_size"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.app_user"), "0");
}

TEST_F(NotifySql, ATemplateGetsANewVersionOnlyWhenItDiffers) {
    const auto save = [&](const std::string& body) {
        return sql("SELECT barid.upsert_template('t', '{\"en\": {\"title\": \"{a}\", \"body\": \"" +
                   body + "\"}}', '{a}')");
    };
    EXPECT_EQ(save("one"), "1");
    EXPECT_EQ(save("one"), "1");
    EXPECT_EQ(save("two"), "2");
    EXPECT_EQ(save("one"), "3");
}

TEST_F(NotifySql, ATemplateIsCheckedWhenItIsSaved) {
    const auto error = [&](const std::string& texts, const std::string& variables = "{a}") {
        return error_of("SELECT barid.upsert_template('t', '" + texts + "', '" + variables + "')");
    };
    EXPECT_THAT(error(R"({"en":{"title":"{b}","body":""}})"), HasSubstr("{b}"));
    EXPECT_THAT(error(R"({"en":{"title":"{a","body":""}})"), HasSubstr("brace"));
    EXPECT_THAT(error(R"({"en":{"title":"x","body":"}"}})"), HasSubstr("brace"));
    EXPECT_THAT(error(R"({"en":{"title":"x"}})"), HasSubstr("texts.en"));
    EXPECT_THAT(error(R"({"en":{"title":"x","body":"y","z":1}})"), HasSubstr("texts.en"));
    EXPECT_THAT(error(R"({"klingon!":{"title":"x","body":"y"}})"), HasSubstr("language tag"));
    EXPECT_THAT(error("{}"), HasSubstr("languages"));
    EXPECT_THAT(error("[1]"), HasSubstr("languages"));
    EXPECT_THAT(error(R"({"en":{"title":"x","body":"y"}})", "{\"a b\"}"), HasSubstr("variable"));
    std::string long_body;
    for (int i = 0; i < 2000; ++i) long_body += "م";
    EXPECT_THAT(error(R"({"ar":{"title":"x","body":")" + long_body + R"("}})"),
                HasSubstr("4001 bytes"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.template"), "0");
}

TEST_F(NotifySql, AProducerMayCallTheFunctionsAndTouchNoTable) {
    const std::string as = "SET ROLE barid_producer; ";
    EXPECT_EQ(error_of(as + "SELECT barid.register_device('u', 'phone', 'ios', locale => 'ar')"),
              "");
    EXPECT_EQ(error_of(as + "SELECT barid.set_preference('u', false)"), "");
    EXPECT_EQ(error_of(as + "SELECT barid.unread_count('u'), barid.mark_read('u')"), "");
    EXPECT_EQ(error_of(as + "SELECT * FROM barid.inbox('u')"), "");
    for (const char* table : {"device", "app_user", "notification", "inbox_item", "delivery",
                              "preference", "template", "rate_lane", "dev_push"}) {
        EXPECT_THAT(error_of(as + "SELECT * FROM barid." + table), HasSubstr("denied")) << table;
    }
    EXPECT_THAT(error_of(as + "DELETE FROM barid.inbox_item"), HasSubstr("denied"));
}

TEST_F(NotifySql, AReaderSeesEverythingButTheTargets) {
    const std::string as = "SET ROLE barid_readonly; ";
    register_device("u", "phone");
    EXPECT_EQ(error_of(as + "SELECT id, state FROM barid.device"), "");
    EXPECT_THAT(error_of(as + "SELECT target FROM barid.device"), HasSubstr("denied"));
    EXPECT_THAT(error_of(as + "SELECT barid.mark_read('u')"), HasSubstr("denied"));
    EXPECT_THAT(error_of(as + "UPDATE barid.rate_lane SET paused_until = NULL"),
                HasSubstr("denied"));
}

TEST_F(NotifySql, AWorkerNeedsNothingButItsRole) {
    register_device("u", "phone");
    pg::ConnectOptions options = database.options();
    options.settings.push_back({"role", "barid_worker"});
    pg::Pool limited(io.io, io.blocking, options, 4, {});
    jobs::Registry registry;
    jobs::register_notify_send(registry, {limited, channel, clock, {}});
    queue::Job job;
    job.id = 1;
    job.max_attempts = 3;
    job.claim_id = "c";
    jobs::JobContext context{.job = job,
                             .log = {},
                             .deadline = SteadyTime::clock::now() + std::chrono::minutes(1),
                             .progress = {},
                             .cancelled = [] { return false; }};
    const json::value payload = parse_json(R"({"user":"u","title":{"en":"T"},"body":{"en":"B"}})");
    for (const auto kind : {SendClass::retry, SendClass::lane_paused, SendClass::accepted}) {
        channel.answers["phone"] = [kind] { return SendResult{.kind = kind, .reason = "quota"}; };
        sql("UPDATE barid.rate_lane SET paused_until = NULL");
        io.run(registry.find("notify.send")->run(context, payload));
    }
    EXPECT_EQ(delivery_of("phone"), "accepted:quota");
    DevChannel dev(limited);
    const Target target{.device_id = 1, .user_id = "u", .platform = "ios"};
    const PushMessage message{.nid = "11111111-1111-7111-8111-111111111111", .title = "T"};
    EXPECT_EQ(io.run(dev.send(target, message)).kind, SendClass::accepted);
}

}  // namespace
}  // namespace barid::notify
