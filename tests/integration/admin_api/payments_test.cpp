// /payments: what gateways said, asking again, resuming.
#include <gmock/gmock.h>

#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

class Payments : public support::ApiFixture {
  protected:
    Payments() {
        api::add_payments(routes);
        database.sql(R"(SELECT barid.payment_evidence('A-1', 'reconcile', v, now(),
            '[{"attempt": "a1", "finding": "open", "problem": "لا شيء", "display": "1.000 KWD"}]',
            7)
            FROM unnest('{UNPAID,PAID,MISMATCH}'::text[]) v)");
    }
};

TEST_F(Payments, ListsWhatWasSaidAboutAnOrder) {
    const auto first = get("/payments/checks?order=A-1&limit=2");
    ASSERT_EQ(first.status, 200) << first.body;
    ASSERT_EQ(first.items().size(), 2U);
    EXPECT_EQ(first.items()[0].at("verdict").as_string(), "MISMATCH");
    EXPECT_EQ(first.items()[0].at("attempts").at(0).at("problem").as_string(), "لا شيء");
    const std::string next(first.json.at("next").as_string());
    const auto second = get("/payments/checks?order=A-1&limit=2&cursor=" + next);
    ASSERT_EQ(second.items().size(), 1U);
    EXPECT_EQ(second.items()[0].at("verdict").as_string(), "UNPAID");
    EXPECT_TRUE(get("/payments/checks?order=B").items().empty());
    EXPECT_EQ(get("/payments/checks").status, 422);
}

TEST_F(Payments, HidesTheGatewaysWordsFromWhoMayNotReadData) {
    as(support::grants({"commerce.view"}));
    const auto answer = get("/payments/checks?order=A-1");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.find("لا شيء"), std::string::npos);
    EXPECT_EQ(answer.body.find("1.000 KWD"), std::string::npos);
    EXPECT_EQ(post("/payments/check", {{"order", "A-1"}}).status, 403);
}

TEST_F(Payments, AsksTheGatewayOncePerWish) {
    const auto answer = post("/payments/check", {{"order", "A-1"}});
    ASSERT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(post("/payments/check", {{"order", "A-1"}}).json, answer.json);
    EXPECT_EQ(database.sql("SELECT payload::text || tags::text FROM barid.job"),
              R"({"cause": "person", "order": "A-1"}{order:A-1})");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log WHERE action = 'payment.check' "
                           "AND target_kind = 'order' AND target = 'A-1'"),
              "2");
    EXPECT_EQ(post("/payments/check", {{"order", ""}}).status, 422);
}

TEST_F(Payments, ResumesAGatewayThatIsPaused) {
    EXPECT_EQ(post("/payments/gateways/mf/resume").status, 404);
    database.sql("SELECT barid.payment_pause('mf', 'HTTP 401')");
    const auto list = get("/payments/gateways");
    ASSERT_EQ(list.status, 200) << list.body;
    EXPECT_EQ(list.items()[0].at("paused_why").as_string(), "HTTP 401");
    EXPECT_EQ(list.json.at("held").as_int64(), 1);
    EXPECT_TRUE(post("/payments/gateways/mf/resume").json.at("done").as_bool());
    EXPECT_FALSE(post("/payments/gateways/mf/resume").json.at("done").as_bool());
    EXPECT_EQ(database.sql("SELECT paused_at IS NULL FROM barid.payment_gateway"), "t");
}

}  // namespace
}  // namespace barid
