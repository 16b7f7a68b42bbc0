// notify.send through the development channel: what each phone would show.
#include "notify/dev_channel.hpp"

#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::notify {
namespace {

using queue::Done;
using support::is;
using support::text_of;

class DevChannelTest : public support::NotifyTest {
  protected:
    DevChannelTest() { use(dev); }

    DevChannel dev{pool};
};

constexpr const char* kPayload = R"({
    "user": "sara",
    "title": {"en": "Your order has shipped", "ar": "تم شحن طلبك"},
    "body": {"en": "Order A-1042 arrives on Sunday.", "ar": "يصل الطلب A-1042 يوم الأحد."},
    "data": {"order": "A-1042", "screen": "order"},
    "image": "https://cdn.shop.example/p/1042.webp"})";

TEST_F(DevChannelTest, ShowsAnArabicUserTheArabicText) {
    register_device("sara", "phone", ", locale => 'ar-EG'");
    const auto outcome = run_job(1, kPayload);
    ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(sql("SELECT concat_ws('|', user_id, platform, locale, title, body, image) "
                  "FROM barid.dev_push"),
              "sara|android|ar|تم شحن طلبك|يصل الطلب A-1042 يوم الأحد.|"
              "https://cdn.shop.example/p/1042.webp");
    EXPECT_EQ(sql("SELECT data ->> 'order' FROM barid.dev_push"), "A-1042");
    EXPECT_EQ(delivery_of("phone"), "accepted:");
}

TEST_F(DevChannelTest, ShowsEachDeviceOfTheUserOnce) {
    register_device("sara", "phone");
    register_device("sara", "tablet");
    register_device("omar", "other");
    ASSERT_TRUE(is<Done>(run_job(1, kPayload)));
    EXPECT_EQ(sql("SELECT string_agg(v.target || '=' || p.title, ',' ORDER BY v.target) "
                  "FROM barid.dev_push p JOIN barid.device v ON v.id = p.device_id"),
              "phone=Your order has shipped,tablet=Your order has shipped");
}

TEST_F(DevChannelTest, FallsBackToEnglishWhenThereIsNoArabic) {
    register_device("sara", "phone", ", locale => 'ar'");
    ASSERT_TRUE(is<Done>(run_job(1, R"({"user":"sara","title":{"en":"Hi"},"body":{"en":"B"}})")));
    EXPECT_EQ(sql("SELECT locale || title FROM barid.dev_push"), "enHi");
}

TEST_F(DevChannelTest, RendersATemplateInTheUsersLanguageWithIsolatedValues) {
    register_device("sara", "phone", ", locale => 'ar'");
    sql(R"(SELECT barid.upsert_template('order.shipped',
             '{"en": {"title": "Order {order}", "body": "Hello {name}"},
               "ar": {"title": "الطلب {order}", "body": "مرحبا {name}، المبلغ {total}"}}',
             '{order,name,total}'))");
    const auto outcome = run_job(1, R"({"user":"sara","template":"order.shipped",
        "vars":{"order":"A-1042","name":"سارة","total":99.5}})");
    ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(sql("SELECT title FROM barid.dev_push"), "الطلب \u2068A-1042\u2069");
    EXPECT_THAT(sql("SELECT body FROM barid.dev_push"),
                testing::StartsWith("مرحبا سارة، المبلغ \u2068"));
    EXPECT_EQ(sql("SELECT template_key || template_version FROM barid.notification"),
              "order.shipped1");
    EXPECT_EQ(sql("SELECT title FROM barid.inbox_item"), "الطلب \u2068A-1042\u2069");
}

TEST_F(DevChannelTest, RendersPluralsPricesAndTimesInTheUsersZone) {
    register_device("sara", "phone", ", locale => 'ar', tz => 'Asia/Riyadh'");
    sql(R"(SELECT barid.upsert_template('order.shipped', '{
             "en": {"title": "{n} items", "body": "{at}"},
             "ar": {"title": "{n, plural, few {# منتجات} other {# منتج}} بقيمة {total}",
                    "body": "يصل طلبك {order} يوم {at, date, long}"}}', '{
             "n": {"type": "integer"}, "total": {"type": "money"}, "order": {"type": "string"},
             "at": {"type": "date"}}'))");
    const auto outcome = run_job(1, R"({"user":"sara","template":"order.shipped",
        "vars":{"n":3,"total":{"amount":"12.5","currency":"KWD"},"order":"A-1042",
                "at":"2026-11-22T22:30:00Z"}})");
    ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
    for (const char* table : {"dev_push", "inbox_item"}) {
        EXPECT_EQ(sql(std::string("SELECT title FROM barid.") + table),
                  "3 منتجات بقيمة \u200F12.500\u00A0د.ك.\u200F")
            << table;
        EXPECT_EQ(sql(std::string("SELECT body FROM barid.") + table),
                  "يصل طلبك \u2068A-1042\u2069 يوم 23 نوفمبر 2026")
            << table;
    }
}

TEST_F(DevChannelTest, AMissingVariableFailsAndNamesIt) {
    register_device("sara", "phone");
    sql(R"(SELECT barid.upsert_template('t', '{"en": {"title": "{a}", "body": "{b}{c}"}}',
                                        '{a,b,c}'))");
    const auto outcome = run_job(1, R"({"user":"sara","template":"t","vars":{"b":"1"}})");
    ASSERT_TRUE(is<queue::Fail>(outcome));
    EXPECT_THAT(text_of(outcome), testing::AllOf(testing::HasSubstr("vars.a is missing"),
                                                 testing::HasSubstr("vars.c is missing")));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.notification"), "0");
}

TEST_F(DevChannelTest, StoresHostileTextAsItIs) {
    register_device("sara", "phone");
    const std::string evil = "'; DROP TABLE barid.device; -- $1 %s \\ \"";
    const json::value payload = json::object{{"user", "sara"},
                                             {"title", json::object{{"en", evil}}},
                                             {"body", json::object{{"en", "\u202E" + evil}}},
                                             {"data", json::object{{evil, evil}}},
                                             {"dedupe_key", evil}};
    const auto outcome = run_job(1, json::serialize(payload));
    ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(sql("SELECT title FROM barid.dev_push"), evil);
    EXPECT_EQ(sql("SELECT dedupe_key FROM barid.notification"), evil);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.device"), "1");
}

}  // namespace
}  // namespace barid::notify
