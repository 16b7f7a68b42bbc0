// The decision: its written order, the facts it is made of, throttles, and what explains it.
#include <latch>
#include <thread>
#include <vector>

#include "tests/integration/notify/decision_fixture.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;

/// What `decide` is asked; by default nothing stands against a push.
struct Facts {
    std::string expires_at = "'2026-05-02 00:00+00'";
    std::string critical = "false";
    std::string channel = "push";
    std::string both = "NULL", category = "NULL", of_channel = "NULL", global = "NULL";
    std::string default_enabled = "true";
    std::string digest = "false";
    std::string policy = "defer";
    std::string quiet_until = "NULL";
    std::string throttled = "false";
    std::string jitter = "0";
};

class Decision : public support::DecisionTest {
  protected:
    /// "verdict reason until" at 2026-05-01 00:00 UTC.
    std::string decide(const Facts& f) const {
        return sql(
            "SELECT concat_ws(' ', verdict, reason, to_char(until AT TIME ZONE 'UTC', "
            "'MM-DD HH24:MI:SS')) FROM barid.decide('2026-05-01 00:00+00', " +
            f.expires_at + ", " + f.critical + ", '" + f.channel + "', " + f.both + ", " +
            f.category + ", " + f.of_channel + ", " + f.global + ", " + f.default_enabled + ", " +
            f.digest + ", '" + f.policy + "', " + f.quiet_until + ", " + f.throttled + ", " +
            f.jitter + ")");
    }
    /// The same from what the tables say, at `at`.
    std::string decide_for(const std::string& category, const std::string& channel,
                           const std::string& more = "",
                           const std::string& at = "2026-05-01 00:00+00") const {
        return sql(
            "SELECT concat_ws(' ', verdict, reason, to_char(until AT TIME ZONE 'UTC', "
            "'MM-DD HH24:MI:SS')) FROM barid.decide_for('u', '" +
            category + "', '" + channel + "', '" + at + "', '2026-05-03 00:00+00'" + more + ")");
    }
};

const std::string kMorning = "'2026-05-01 07:00+00'";

TEST_F(Decision, TheMoreParticularChoiceWins) {
    EXPECT_EQ(decide({}), "send");
    EXPECT_EQ(decide({.global = "false"}), "suppress preference:global");
    EXPECT_EQ(decide({.of_channel = "false", .global = "true"}), "suppress preference:channel");
    EXPECT_EQ(decide({.category = "false", .of_channel = "true"}), "suppress preference:category");
    EXPECT_EQ(decide({.both = "false", .category = "true"}),
              "suppress preference:category+channel");
    EXPECT_EQ(decide({.both = "true",
                      .category = "false",
                      .of_channel = "false",
                      .global = "false",
                      .default_enabled = "false"}),
              "send");
    EXPECT_EQ(decide({.default_enabled = "false"}), "suppress preference:default");
    EXPECT_EQ(decide({.global = "true", .default_enabled = "false"}), "send");
}

TEST_F(Decision, EachStepComesBeforeTheNext) {
    Facts all{.expires_at = "'2026-05-01 00:00+00'",
              .global = "false",
              .digest = "true",
              .policy = "drop",
              .quiet_until = kMorning,
              .throttled = "true"};
    EXPECT_EQ(decide(all), "expire expired");
    all.expires_at = "'2026-05-02 00:00+00'";
    EXPECT_EQ(decide(all), "suppress preference:global");
    all.global = "true";
    EXPECT_EQ(decide(all), "collect digest");
    all.digest = "false";
    EXPECT_EQ(decide(all), "suppress quiet_hours");
    all.quiet_until = "NULL";
    EXPECT_EQ(decide(all), "suppress throttled");
    all.throttled = "false";
    EXPECT_EQ(decide(all), "send");
}

TEST_F(Decision, ACriticalCategoryPassesAllButItsExpiryAndItsDigest) {
    Facts f{.critical = "true", .global = "false", .quiet_until = kMorning, .throttled = "true"};
    EXPECT_EQ(decide(f), "send");
    f.digest = "true";
    EXPECT_EQ(decide(f), "collect digest");
    f.expires_at = "'2026-05-01 00:00+00'";
    EXPECT_EQ(decide(f), "expire expired");
}

TEST_F(Decision, QuietHoursDoWhatTheCategorySays) {
    const auto quiet = [&](const std::string& policy, const std::string& channel) {
        return decide({.channel = channel, .policy = policy, .quiet_until = kMorning});
    };
    EXPECT_EQ(quiet("defer", "push"), "defer quiet_hours 05-01 07:00:00");
    EXPECT_EQ(quiet("drop", "push"), "suppress quiet_hours");
    EXPECT_EQ(quiet("inbox_only", "push"), "suppress quiet_hours");
    EXPECT_EQ(quiet("ignore", "push"), "send");
    EXPECT_EQ(quiet("defer", "inbox"), "send");
    EXPECT_EQ(quiet("drop", "inbox"), "suppress quiet_hours");
    EXPECT_EQ(quiet("inbox_only", "inbox"), "send");
    for (const char* policy : {"defer", "drop", "inbox_only", "ignore"}) {
        EXPECT_EQ(quiet(policy, "email"), "send") << policy;
        EXPECT_EQ(quiet(policy, "webhook"), "send") << policy;
    }
}

TEST_F(Decision, ADeferralIsSpreadAndNeverOutlivesTheNotification) {
    Facts f{.quiet_until = kMorning, .jitter = "0.5"};
    EXPECT_EQ(decide(f), "defer quiet_hours 05-01 07:02:30");
    f.jitter = "17";
    EXPECT_EQ(decide(f), "defer quiet_hours 05-01 07:05:00");
    f.expires_at = "'2026-05-01 07:01+00'";
    EXPECT_EQ(decide(f), "defer quiet_hours 05-01 07:00:30");
    f.expires_at = kMorning;
    EXPECT_EQ(decide(f), "expire expires_in_quiet_hours");
    f.expires_at = "'infinity'";
    EXPECT_EQ(decide(f), "defer quiet_hours 05-01 07:05:00");
}

TEST_F(Decision, TheInboxIsNeitherCollectedNorThrottled) {
    EXPECT_EQ(decide({.channel = "inbox", .digest = "true", .throttled = "true"}), "send");
    EXPECT_EQ(decide({.channel = "email", .throttled = "true"}), "suppress throttled");
}

TEST_F(Decision, ReadsTheUsersRows) {
    sql("SELECT barid.set_quiet_hours('u', '[{\"start\": \"22:00\", \"end\": \"07:00\"}]', "
        "'Africa/Cairo')");
    EXPECT_EQ(decide_for("general", "push"), "defer quiet_hours 05-01 04:00:00");
    EXPECT_EQ(decide_for("general", "push", ", override => true"), "send");
    EXPECT_EQ(decide_for("general", "push", "", "2026-05-01 12:00+00"), "send");
    sql("SELECT barid.set_preference('u', false, channel => 'push')");
    EXPECT_EQ(decide_for("general", "push"), "suppress preference:channel");
    sql("SELECT barid.set_preference('u', false, 'general')");
    EXPECT_EQ(decide_for("general", "push"), "suppress preference:category");
    EXPECT_EQ(decide_for("general", "email"), "suppress preference:category");
    sql("SELECT barid.upsert_category('general', critical => true)");
    EXPECT_EQ(decide_for("general", "push"), "send");
    sql("SELECT barid.upsert_category('off', default_enabled => false)");
    EXPECT_EQ(decide_for("off", "email"), "suppress preference:default");
}

TEST_F(Decision, AsksNoSecondTimeForAStepThatWasTaken) {
    sql("SELECT barid.upsert_template('t', '{\"en\": {\"title\": \"x\", \"body\": \"y\"}}')");
    sql("SELECT barid.upsert_category('c', throttle_n => 1, throttle_window => '1 hour', "
        "digest_window => '1 minute', digest_template => 't')");
    EXPECT_EQ(decide_for("c", "push"), "collect digest");
    EXPECT_EQ(decide_for("c", "push", ", digest => false"), "send");
    sql("SELECT barid.take_throttle('u', 'c', 'push', '2026-04-30 23:30+00', 1, '1 hour')");
    EXPECT_EQ(decide_for("c", "push", ", digest => false"), "suppress throttled");
    EXPECT_EQ(decide_for("c", "push", ", digest => false, throttle => false"), "send");
    EXPECT_EQ(decide_for("c", "email", ", digest => false"), "send") << "a place for each channel";
}

TEST_F(Decision, AThrottleSlides) {
    const auto take = [&](const std::string& at) {
        return sql("SELECT barid.take_throttle('u', 'c', 'push', '2026-05-01 " + at +
                   "+00', 2, '10 minutes')");
    };
    EXPECT_EQ(take("10:00") + take("10:09") + take("10:09:59"), "ttf");
    EXPECT_EQ(take("10:10") + take("10:18:59"), "tf");
    EXPECT_EQ(take("10:19"), "t");
    EXPECT_EQ(sql("SELECT cardinality(sent) FROM barid.notify_throttle"), "2") << "and is bounded";
}

TEST_F(Decision, AThrottleHoldsHoweverManyTakeAtOnce) {
    constexpr int kThreads = 6;
    std::latch start(kThreads);
    std::vector<int> taken(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            start.arrive_and_wait();
            for (int n = 0; n < 5; ++n) {
                taken[static_cast<std::size_t>(i)] +=
                    sql("SELECT barid.take_throttle('u', 'c', 'push', now(), 7, '1 hour')") == "t";
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    int all = 0;
    for (const int n : taken) all += n;
    EXPECT_EQ(all, 7);
}

TEST_F(Decision, IsExplainedStepByStep) {
    const auto told = [&](const std::string& step, const std::string& category = "promo") {
        return sql("SELECT result || ': ' || detail FROM barid.explain_notification('u', '" +
                   category + "', 'push', '2026-05-01 00:00+00') WHERE step = '" + step + "'");
    };
    sql("SELECT barid.upsert_category('promo', throttle_n => 2, throttle_window => '1 hour')");
    EXPECT_THAT(told("user"), HasSubstr("unknown: "));
    EXPECT_EQ(told("decision"), "suppress: no_device");
    sql("SELECT barid.register_device('u', 'secret-target', 'ios', app_version => '4.2')");
    EXPECT_EQ(told("decision"), "send: nothing stands against it");
    EXPECT_THAT(told("devices"), HasSubstr("ios 4.2 (active)"));
    sql("SELECT barid.set_quiet_hours('u', '[{\"start\": \"22:00\", \"end\": \"07:00\"}]', "
        "'Africa/Cairo')");
    EXPECT_THAT(told("quiet_hours"), HasSubstr("quiet: every day 22:00-07:00 in Africa/Cairo"));
    EXPECT_THAT(told("decision"), HasSubstr("defer: quiet_hours until 2026-05-01"));
    sql("SELECT barid.take_throttle('u', 'promo', 'push', '2026-04-30 23:50+00', 2, '1 hour')");
    EXPECT_THAT(told("throttle"), HasSubstr("free: 1 of 2"));
    sql("SELECT barid.set_preference('u', false, 'promo', 'push', 'support')");
    EXPECT_THAT(told("preference"), HasSubstr("off: the user's choice for category promo, channel "
                                              "push is off, set by support"));
    EXPECT_EQ(told("decision"), "suppress: preference:category+channel");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.explain_notification('u', 'promo') e "
                  "WHERE e::text LIKE '%secret-target%'"),
              "0");
    EXPECT_THAT(error_of("SELECT barid.explain_notification('u', 'nope')"), HasSubstr("nope"));
}

TEST_F(Decision, ACategoryKeepsWhatIsNotNamedAgain) {
    sql("SELECT barid.upsert_category('c', quiet => 'drop', throttle_n => 2, throttle_window => "
        "'1 hour', channels => '{push,email}', default_enabled => false)");
    sql("SELECT barid.upsert_category('c', true)");
    const std::string kept =
        "SELECT concat_ws(' ', critical, quiet, throttle_n, throttle_window, "
        "channels, default_enabled) FROM barid.category WHERE key = 'c'";
    EXPECT_EQ(sql(kept), "t drop 2 01:00:00 {push,email} f");
    sql("SELECT barid.upsert_category('c', throttle_n => 0)");
    EXPECT_EQ(sql(kept), "f drop {push,email} f");
    EXPECT_THAT(error_of("SELECT barid.upsert_category('c', throttle_n => 2)"),
                HasSubstr("given together"));
    EXPECT_THAT(error_of("SELECT barid.upsert_category('c', digest_window => '1 hour', "
                         "digest_template => 'none')"),
                HasSubstr("template 'none'"));
    EXPECT_THAT(error_of("SELECT barid.upsert_category('c', quiet => 'loud')"), HasSubstr("quiet"));
    EXPECT_THAT(error_of("SELECT barid.upsert_category('c', channels => '{fax}')"),
                HasSubstr("channels"));
}

}  // namespace
}  // namespace barid::notify
