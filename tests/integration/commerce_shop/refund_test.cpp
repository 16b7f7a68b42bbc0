// Refunds are asked for once, and followed to their end.
#include "tests/integration/commerce_shop/shop_fixture.hpp"

namespace barid {
namespace {

class Refunds : public ShopTest {
  protected:
    Refunds() {
        order("A1");
        submitted("A1", "T1");
        paid("A1", "T1", "P1");
        paid("A1", "T1", "P2");
        sql("UPDATE shop.refunds SET id = 'R1'");
    }

    std::string claim(const std::string& ttl = "1 minute") const {
        return ask("claim_refund('R1', '" + ttl + "')");
    }

    std::string outcome(const std::string& fence, const std::string& what,
                        const std::string& gateway_id = "NULL") const {
        return ask("refund_outcome('R1', " + fence + ", '" + what + "', " + gateway_id + ", 9)");
    }

    std::string refund() const { return sql("SELECT state FROM shop.refunds"); }

    std::string candidates(const std::string& arguments = "10, NULL") const {
        return sql(
            "SELECT coalesce(string_agg(r::text, ' '), '') FROM barid_shop.refund_candidates(" +
            arguments + ") r");
    }
};

TEST_F(Refunds, AreAskedForByOne) {
    EXPECT_EQ(candidates(), "(R1,A1,myfatoorah,DUE,payment_id,P2,26250,KWD,,refund-R1)");
    EXPECT_NE(claim(), "");
    EXPECT_EQ(claim(), "");
    EXPECT_EQ(refund(), "REQUESTING");
    EXPECT_EQ(candidates(), "") << "it is under way";
}

TEST_F(Refunds, AreDueAgainWhenNothingWasSent) {
    const std::string fence = claim();
    EXPECT_EQ(outcome(fence, "DUE"), "RECORDED");
    EXPECT_EQ(outcome(fence, "DUE"), "RECORDED") << "the answer was lost";
    EXPECT_EQ(sql("SELECT state || executions FROM shop.refunds"), "DUE0");
    const std::string second = claim();
    EXPECT_NE(second, "");
    EXPECT_EQ(outcome(fence, "DUE"), "STALE") << "somebody else asks now";
    EXPECT_EQ(outcome("NULL", "DUE"), "STALE");
    EXPECT_EQ(refund(), "REQUESTING");
}

TEST_F(Refunds, AreFollowedToTheirEnd) {
    const std::string fence = claim();
    EXPECT_EQ(outcome(fence, "REQUESTED", "'G1'"), "RECORDED");
    EXPECT_EQ(candidates(), "(R1,A1,myfatoorah,REQUESTED,payment_id,P2,26250,KWD,G1,refund-R1)");
    EXPECT_EQ(claim(), "");
    EXPECT_EQ(outcome("NULL", "REFUNDED"), "RECORDED");
    EXPECT_EQ(refund(), "REFUNDED");
    EXPECT_EQ(candidates(), "");
    EXPECT_EQ(events("A1"), "order.created order.paid order.refund_due order.refunded");
    EXPECT_EQ(sql("SELECT payload->'vars'->'total'->>'amount' FROM barid.job WHERE kind = "
                  "'order.notice' AND payload->>'notice' = 'refunded'"),
              "26.250");
    const std::string before = everything();
    EXPECT_EQ(outcome("NULL", "REFUNDED"), "RECORDED");
    EXPECT_EQ(outcome("NULL", "REJECTED"), "STALE");
    EXPECT_EQ(outcome(fence, "UNKNOWN"), "STALE");
    EXPECT_EQ(everything(), before);
}

TEST_F(Refunds, ThatAreRejectedWaitForAPerson) {
    const std::string fence = claim();
    outcome(fence, "REQUESTED", "'G1'");
    EXPECT_EQ(outcome("NULL", "REJECTED"), "RECORDED");
    EXPECT_EQ(candidates(), "");
    EXPECT_EQ(claim(), "");
    EXPECT_EQ(sql("SELECT shop.retry_refund('R1', 'مريم')"), "t");
    EXPECT_EQ(refund(), "DUE");
    EXPECT_EQ(sql("SELECT shop.retry_refund('R1', 'مريم')"), "f");
    EXPECT_NE(candidates().find("refund-R1.2)"), std::string::npos) << "another one than before";
    const std::string again = claim();
    EXPECT_EQ(outcome(fence, "REQUESTED", "'G1'"), "STALE") << "the first claim is history";
    EXPECT_EQ(outcome(again, "UNKNOWN"), "RECORDED");
    EXPECT_NE(candidates().find("refund-R1.2)"), std::string::npos);
}

TEST_F(Refunds, BecomeUnknownWhenTheirHolderIsSilent) {
    const std::string fence = claim("-1 seconds");
    EXPECT_EQ(ask("expire_claims()"), "1");
    EXPECT_EQ(refund(), "UNKNOWN");
    EXPECT_EQ(claim(), "") << "never twice";
    EXPECT_NE(candidates(), "") << "it is looked up";
    EXPECT_EQ(outcome("NULL", "UNKNOWN"), "RECORDED");
    EXPECT_EQ(outcome(fence, "REQUESTED", "'G1'"), "RECORDED");
    EXPECT_EQ(refund(), "REQUESTED");
}

TEST_F(Refunds, ThatAreFoundAtTheGatewayGoOn) {
    outcome(claim(), "UNKNOWN");
    EXPECT_EQ(outcome("NULL", "REQUESTED", "'G1'"), "RECORDED");
    EXPECT_EQ(refund(), "REQUESTED");
}

TEST_F(Refunds, BelieveNobodyWithoutTheFence) {
    EXPECT_EQ(outcome("NULL", "REFUNDED"), "STALE") << "it was not even asked for";
    const std::string fence = claim();
    EXPECT_EQ(outcome("NULL", "REFUNDED"), "STALE");
    EXPECT_EQ(outcome(fence + " + 1", "REFUNDED"), "STALE");
    EXPECT_EQ(refund(), "REQUESTING");
    EXPECT_EQ(
        refused("SELECT barid_shop.refund_outcome('R1', 1, 'GONE', NULL, 1)"),
        "ERROR:  a refund's outcome is REQUESTED, REFUNDED, REJECTED, UNKNOWN or DUE, not GONE");
}

TEST_F(Refunds, AreGoneThroughById) {
    for (const char* payment : {"P3", "P4"}) paid("A1", "T1", payment);
    sql("UPDATE shop.refunds SET id = CASE payment_id WHEN 'P3' THEN 'a' ELSE 'B' END WHERE id <> "
        "'R1'");
    const auto ids = [&](const std::string& arguments) {
        return sql("SELECT string_agg(r.refund_id, ' ') FROM barid_shop.refund_candidates(" +
                   arguments + ") r");
    };
    EXPECT_EQ(ids("10, NULL"), "B R1 a");
    EXPECT_EQ(ids("1, 'B'"), "R1");
}

}  // namespace
}  // namespace barid
