// /outbox: streams, what is blocked, and decisions that are kept.
#include <gmock/gmock.h>

#include "tests/support/api_fixture.hpp"
#include "tests/support/shop.hpp"

namespace barid {
namespace {

using ::testing::HasSubstr;

class Outbox : public support::ApiFixture {
  protected:
    Outbox() {
        support::install_shop(database);
        database.sql(R"(SELECT barid.outbox_configure('orders', '{"shop_schema": "barid_shop",
            "target": "jobs", "queue": "default", "max_attempts": 25}'))");
        api::add_outbox(routes);
    }

    /// An event that can't become a job, and one behind it; the first one's id.
    std::string block() {
        database.sql("ALTER TABLE barid.job ADD CONSTRAINT poison CHECK (kind <> 'order.poison')");
        database.sql("SELECT shop.emit('order', 'o-1', 'order.poison', '{}')");
        database.sql("SELECT shop.emit('order', 'o-1', 'order.paid', '{}')");
        database.sql("SELECT barid.outbox_step('orders', 10)");
        return database.sql("SELECT event_id FROM barid.outbox_blocked('orders')");
    }
    /// What a relay hands on. The transaction of a refused request may end after its answer, and
    /// holds the stream until then.
    std::string step() {
        std::string said = "busy";
        for (int tries = 0; said.starts_with("busy") && tries < 5'000; ++tries) {
            said = database.sql(
                "SELECT outcome || ' ' || events FROM barid.outbox_step('orders', 10)");
        }
        return said;
    }
    static json::object decision(const std::string& event) {
        return {{"event_id", event}, {"reason", "الطلب مكرر"}};
    }
};

TEST_F(Outbox, ShowsStreamsAndWhatStandsStill) {
    const std::string event = block();
    const json::value stream = get("/outbox").items().at(0);
    EXPECT_EQ(stream.at("stream").as_string(), "orders");
    EXPECT_EQ(stream.at("pending").as_int64(), 2);
    EXPECT_EQ(stream.at("blocked").as_int64(), 1);
    EXPECT_TRUE(stream.at("problem").is_null());
    const auto answer = get("/outbox/orders/blocked");
    ASSERT_EQ(answer.items().size(), 1U) << answer.body;
    EXPECT_EQ(answer.items()[0].at("event_id").as_string(), event);
    EXPECT_EQ(answer.items()[0].at("aggregate_id").as_string(), "o-1");
    EXPECT_THAT(answer.body, HasSubstr("poison"));
    EXPECT_EQ(get("/outbox/wishlist/blocked").status, 404);
}

TEST_F(Outbox, HidesWhatAnErrorQuotesFromWhoMayNotSeeData) {
    block();
    as(support::grants({"commerce.view"}));
    const auto answer = get("/outbox/orders/blocked");
    ASSERT_EQ(answer.items().size(), 1U) << answer.body;
    EXPECT_EQ(answer.items()[0].at("error").as_string(), "•••");
    as(support::grants({"commerce.view", "data.view"}));
    EXPECT_THAT(std::string(get("/outbox/orders/blocked").items()[0].at("error").as_string()),
                HasSubstr("poison"));
}

TEST_F(Outbox, ASkipIsAuditedWithItsReason) {
    const std::string event = block();
    const auto answer = post("/outbox/orders/skip", decision(event));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json.at("outcome").as_string(), "SKIPPED");
    EXPECT_EQ(database.sql("SELECT actor || ' ' || reason FROM shop.outbox_skip_log"),
              "account:1 الطلب مكرر");
    EXPECT_EQ(database.sql("SELECT action || ' ' || target || ' ' || reason FROM barid.audit_log"),
              "outbox.skip orders:" + event + " الطلب مكرر");
    EXPECT_EQ(post("/outbox/orders/skip", decision(event)).status, 409);
    EXPECT_EQ(step(), "relayed 1");
}

TEST_F(Outbox, AMendedEventIsTriedAgain) {
    const std::string event = block();
    database.sql("ALTER TABLE barid.job DROP CONSTRAINT poison");
    EXPECT_EQ(post("/outbox/orders/retry", decision(event)).json.at("outcome").as_string(),
              "RETRY");
    EXPECT_EQ(step(), "relayed 2");
}

TEST_F(Outbox, ADecisionNeedsAReasonAndTheRight) {
    const std::string event = block();
    EXPECT_EQ(post("/outbox/orders/skip", json::object{{"event_id", event}}).status, 422);
    as(support::grants({"commerce.view"}));
    EXPECT_EQ(get("/outbox").status, 200);
    EXPECT_EQ(post("/outbox/orders/skip", decision(event)).status, 403);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.outbox_blocked('orders')"), "1");
}

TEST_F(Outbox, AStreamThatCanNotBeAskedSaysWhy) {
    database.sql("DROP FUNCTION barid_shop.outbox_state(text)");
    const json::value stream = get("/outbox").items().at(0);
    EXPECT_TRUE(stream.at("pending").is_null());
    EXPECT_THAT(std::string(stream.at("problem").as_string()),
                HasSubstr("barid_shop.outbox_state is missing"));
}

}  // namespace
}  // namespace barid
