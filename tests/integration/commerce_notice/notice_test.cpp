// Notices to a shop's customers: in their language, once, in the shop's own transaction; and what
// becomes of those that can't be sent.
#include <gmock/gmock.h>

#include "base/clock.hpp"
#include "jobs/notify_send.hpp"
#include "jobs/order_notice.hpp"
#include "notify/dev_channel.hpp"
#include "tests/support/worker_fixture.hpp"

namespace barid {
namespace {

using testing::HasSubstr;

class OrderNotice : public support::WorkerFixture {
  protected:
    OrderNotice() {
        database.sql("SELECT barid.install_order_notices()");
        database.sql(
            "SELECT barid.register_device('noura', target => 'token-of-noura-1', "
            "platform => 'android', locale => 'ar'), "
            "barid.register_device('sam', target => 'token-of-sam-12', platform => 'ios', "
            "locale => 'en')");
        jobs::register_order_notice(registry, pool);
        jobs::register_notify_send(registry, {.pool = pool,
                                              .channel = channel,
                                              .clock = clock,
                                              .options = {.default_locale = "en"}});
    }

    std::string sql(const std::string& text) { return database.sql(text); }

    /// Works until `query` says `wanted`.
    bool work_until(const std::string& query, const std::string& wanted) {
        worker::Worker worker(io, blocking, pool, registry, options(), {});
        return run_until(worker, [&] { return sql(query) == wanted; });
    }

    SystemClock clock;
    notify::DevChannel channel{pool};
};

constexpr const char* kPushes = "SELECT count(*) FROM barid.dev_push";

TEST_F(OrderNotice, TellsEachCustomerInTheirLanguage) {
    sql("SELECT barid.order_notice('noura', 'paid', 'A-1042', "
        "jsonb_build_object('total', barid.money(12500, 'KWD'))), "
        "barid.order_notice('sam', 'paid', 'A-1043', "
        "jsonb_build_object('total', barid.money(14950, 'SAR')))");
    ASSERT_TRUE(work_until(kPushes, "2"));
    EXPECT_THAT(sql("SELECT title FROM barid.dev_push WHERE locale LIKE 'ar%'"),
                HasSubstr("تم دفع الطلب \u2068A-1042\u2069"));
    EXPECT_THAT(sql("SELECT body FROM barid.dev_push WHERE locale LIKE 'ar%'"),
                HasSubstr("12.500"));
    EXPECT_THAT(sql("SELECT body FROM barid.dev_push WHERE locale LIKE 'en%'"),
                HasSubstr("149.50"));
}

TEST_F(OrderNotice, EveryKindHasTextsInBothLanguages) {
    for (const std::string user : {"noura", "sam"}) {
        sql("SELECT barid.order_notice('" + user +
            "', 'cancelled', 'A-7', "
            "'{\"reason\": \"expired\"}'), "
            "barid.order_notice('" +
            user +
            "', 'cancelled', 'A-8'), "
            "barid.order_notice('" +
            user +
            "', 'refunded', 'A-9', "
            "jsonb_build_object('total', barid.money(500, 'JPY'))), "
            "barid.order_notice('" +
            user +
            "', 'back_in_stock', NULL, "
            "'{\"product_en\": \"Rose gift box\", \"product_ar\": \"صندوق هدايا الورد\"}', "
            "'stock:ROSE:1')");
    }
    ASSERT_TRUE(work_until(kPushes, "8"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.dev_push WHERE title LIKE '%صندوق هدايا الورد%'"),
              "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.dev_push WHERE body LIKE '%did not receive%'"), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.dev_push WHERE body LIKE '%لم نستلم الدفعة%'"), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.jobs WHERE kind = 'order.notice'"), "0");
}

TEST_F(OrderNotice, IsSentOnceHoweverOftenItIsAskedFor) {
    const char* notice =
        "SELECT barid.order_notice('sam', 'paid', 'A-1', "
        "jsonb_build_object('total', barid.money(100, 'AED')))";
    EXPECT_EQ(sql(notice), sql(notice));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.notification"), "1");
}

TEST_F(OrderNotice, StandsOnTheOrdersTimeline) {
    sql("SELECT barid.order_notice('sam', 'cancelled', 'A-5')");
    EXPECT_EQ(sql("SELECT tags::text FROM barid.job"), "{order:A-5}");
}

TEST_F(OrderNotice, TellsNobodyOfAGuestsOrder) {
    EXPECT_EQ(sql("SELECT barid.order_notice(NULL, 'cancelled', 'A-5') IS NULL"), "t");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "0");
}

TEST_F(OrderNotice, ABrokenTemplateDoesNotUndoThePayment) {
    sql("SELECT barid.upsert_template('order_paid', '{\"en\": {\"title\": \"{sum}\", \"body\": "
        "\"paid\"}}', '{\"sum\": {\"type\": \"money\"}}')");
    sql("CREATE TABLE shop_order (id text, paid boolean)");
    sql("INSERT INTO shop_order SELECT 'A-1', "
        "barid.order_notice('sam', 'paid', 'A-1', jsonb_build_object('total', "
        "barid.money(100, 'AED'))) IS NULL");
    EXPECT_EQ(sql("SELECT paid FROM shop_order"), "t");
    EXPECT_EQ(sql("SELECT kind || tags::text FROM barid.job"), "order.notice{order:A-1}");

    // It says what is wrong, and a retry sends it once the template is mended.
    ASSERT_TRUE(work_until("SELECT attempt >= 1 AND state = 'waiting' FROM barid.jobs", "t"));
    EXPECT_THAT(sql("SELECT errors::text FROM barid.jobs"), HasSubstr("sum"));
    sql("SELECT barid.upsert_template('order_paid', '{\"en\": {\"title\": \"{total}\", \"body\": "
        "\"Paid: {order}\"}}', "
        "'{\"total\": {\"type\": \"money\"}, \"order\": {\"type\": \"string\"}}')");
    sql("SELECT barid.run_now(id) FROM barid.job");
    ASSERT_TRUE(work_until(kPushes, "1"));
    EXPECT_EQ(sql("SELECT body FROM barid.dev_push"), "Paid: A-1");
}

TEST_F(OrderNotice, RefusesOtherNotices) {
    EXPECT_THROW(sql("SELECT barid.order_notice('sam', 'shipped', 'A-1')"), std::runtime_error);
    EXPECT_THROW(sql("SELECT barid.order_notice('sam', 'back_in_stock', NULL)"),
                 std::runtime_error);
}

TEST_F(OrderNotice, KeepsTheShopsOwnTexts) {
    sql("SELECT barid.upsert_template('order_cancelled', "
        "'{\"en\": {\"title\": \"Ours\", \"body\": \"Ours\"}}')");
    sql("SELECT barid.install_order_notices()");
    EXPECT_EQ(sql("SELECT max(version) FROM barid.template WHERE key = 'order_cancelled'"), "2");
}

TEST_F(OrderNotice, SchedulesTheShopsJobsAndLeavesPausedOnesPaused) {
    EXPECT_EQ(sql("SELECT barid.install_shop(streams => '{orders,stock}')"), "5");
    sql("SELECT barid.pause_schedule('order-expire')");
    EXPECT_EQ(sql("SELECT barid.install_shop(streams => '{orders,stock}')"), "5");
    EXPECT_EQ(sql("SELECT string_agg(name || ' ' || kind || ' ' || paused, ', ' ORDER BY name) "
                  "FROM barid.schedules"),
              "order-expire order.expire true, outbox-relay-orders outbox.relay false, "
              "outbox-relay-stock outbox.relay false, payment-reconcile payment.reconcile false, "
              "payment-refund payment.refund false");
    EXPECT_EQ(sql("SELECT barid.install_shop(false)"), "0");
    EXPECT_THROW(sql("SELECT barid.install_shop(streams => '{a b}')"), std::runtime_error);
}

TEST_F(OrderNotice, WritesMoneyWithItsCurrencysDecimals) {
    EXPECT_EQ(sql("SELECT string_agg(barid.money(m, c)->>'amount', ' ' ORDER BY n) FROM (VALUES "
                  "(1, 1234500, 'KWD'), (2, -5, 'BHD'), (3, 149, 'SAR'), (4, 0, 'AED'), "
                  "(5, 500, 'JPY'), (6, 9223372036854775807, 'OMR')) v(n, m, c)"),
              "1234.500 -0.005 1.49 0.00 500 9223372036854775.807");
}

}  // namespace
}  // namespace barid
