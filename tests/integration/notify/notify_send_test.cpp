// The kind as a whole: validation that needs the database, sizes, hostile input.
#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::jobs {
namespace {

using queue::Done;
using queue::Fail;
using support::is;
using support::text_of;
using testing::AllOf;
using testing::HasSubstr;

class NotifySend : public support::NotifyTest {
  protected:
    /// Runs the payload and expects a permanent failure that leaves no trace.
    std::string refusal(const std::string& payload) {
        const auto outcome = run_job(1, payload);
        EXPECT_TRUE(is<Fail>(outcome)) << text_of(outcome);
        EXPECT_EQ(sql("SELECT count(*) FROM barid.notification"), "0");
        EXPECT_EQ(channel.sent.size(), 0U);
        return text_of(outcome);
    }
};

TEST_F(NotifySend, IsRegisteredWithABackOffThatFcmAsksFor) {
    Registry registry;
    register_notify_send(registry, {pool, channel, clock, {}});
    const auto* kind = registry.find("notify.send");
    ASSERT_NE(kind, nullptr);
    EXPECT_GE(kind->options.retry.floor, std::chrono::seconds(10));
}

TEST_F(NotifySend, AnUnknownCategoryFailsAndSaysHowToMakeIt) {
    EXPECT_THAT(refusal(R"({"user":"u","category":"oder","title":{"en":"T"},"body":{"en":"B"}})"),
                AllOf(HasSubstr("oder"), HasSubstr("barid.upsert_category")));
}

TEST_F(NotifySend, AnUnknownTemplateFailsAndSaysHowToMakeIt) {
    EXPECT_THAT(refusal(R"({"user":"u","template":"nope"})"),
                AllOf(HasSubstr("nope"), HasSubstr("barid.upsert_template")));
}

TEST_F(NotifySend, ATooLongTextFailsInBytesWhicheverLanguageTheUserReads) {
    register_device("u", "phone", ", locale => 'en'");
    std::string arabic;
    for (int i = 0; i < 1700; ++i) arabic += "م";
    const std::string data(900, 'd');
    EXPECT_THAT(refusal(R"({"user":"u","title":{"en":"T","ar":"ع"},"body":{"en":"B","ar":")" +
                        arabic + R"("},"data":{"k":")" + data + R"("}})"),
                AllOf(HasSubstr("/body/ar"), HasSubstr("4096"), HasSubstr("Arabic")));
}

TEST_F(NotifySend, TwoThousandArabicLettersFitWhenNothingElseIsThere) {
    register_device("u", "phone", ", locale => 'ar'");
    std::string arabic;
    for (int i = 0; i < 1700; ++i) arabic += "م";
    const auto outcome =
        run_job(1, R"({"user":"u","title":{"ar":"ع"},"body":{"ar":")" + arabic + R"("}})");
    EXPECT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(channel.sent.at(0).second.body, arabic);
}

TEST_F(NotifySend, HostilePayloadsFailForGoodWithoutATrace) {
    const std::string big(10'000'000, 'x');
    for (const std::string& payload :
         {std::string("{"), std::string("null"), std::string("[]"), std::string(20'000, '['),
          std::string("{\"user\":\"\xFF\xFE\",\"title\":{\"en\":\"T\"},\"body\":{\"en\":\"B\"}}"),
          std::string(R"({"user":"a\u0000b","title":{"en":"T"},"body":{"en":"B"}})"),
          std::string(R"({"user":"\ud800","title":{"en":"T"},"body":{"en":"B"}})"),
          R"({"user":")" + big + R"(","title":{"en":"T"},"body":{"en":"B"}})",
          R"({"user":"u","title":{"en":")" + big + R"("},"body":{"en":"B"}})"}) {
        EXPECT_LT(refusal(payload).size(), 2000U);
    }
}

TEST_F(NotifySend, CarriesTheCategorysTermsToTheChannel) {
    sql("SELECT barid.upsert_category('promo', ttl => '2 hours', urgent => false, "
        "collapse => true)");
    register_device("u", "phone", ", target_kind => 'fid', project => 'second'");
    ASSERT_TRUE(is<Done>(
        run_job(1, R"({"user":"u","category":"promo","title":{"en":"T"},"body":{"en":"B"}})")));
    const auto& [target, message] = channel.sent.at(0);
    EXPECT_EQ(target.kind, "fid");
    EXPECT_EQ(target.project, "second");
    EXPECT_EQ(message.ttl, std::chrono::hours(2));
    EXPECT_FALSE(message.urgent);
    EXPECT_TRUE(message.collapse);
    EXPECT_EQ(message.nid, sql("SELECT id FROM barid.notification"));
}

TEST_F(NotifySend, ARetryShowsWhatTheFirstAttemptStored) {
    register_device("u", "phone", ", locale => 'ar'");
    channel.answers["phone"] = [] {
        return notify::SendResult{.kind = notify::SendClass::retry, .reason = "connect_failed"};
    };
    const std::string payload = R"({"user":"u","title":{"en":"T","ar":"عنوان"},
        "body":{"en":"B","ar":"نص"},"data":{"k":"v"},"image":"https://cdn.example/a.png"})";
    run_job(1, payload);
    sql("SELECT barid.upsert_user('u', 'en')");
    channel.answers.clear();
    ASSERT_TRUE(is<Done>(run_job(1, payload, {.attempt = 2})));
    const auto& first = channel.sent.at(0).second;
    const auto& second = channel.sent.at(1).second;
    EXPECT_EQ(second.title, "عنوان");
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.data, first.data);
    EXPECT_EQ(second.image, first.image);
    EXPECT_EQ(second.nid, first.nid);
}

}  // namespace
}  // namespace barid::jobs
