// mark_paid: money that arrives places its order once, or goes back once.
#include "tests/integration/commerce_shop/shop_fixture.hpp"

namespace barid {
namespace {

class Paid : public ShopTest {
  protected:
    Paid() {
        order("A1", ", promo => 'EID10'");  // 23.625 KWD
        submitted("A1", "T1");
    }

    std::string pay(const std::string& payment, const std::string& attempt = "T1") const {
        return paid("A1", attempt, payment, "23625");
    }

    /// A second one's, who doesn't share anything with the first.
    void cancel() const { sql("SELECT shop.cancel_by_customer('A1', 'noura')"); }

    std::string refunds() const {
        return sql(
            "SELECT string_agg(payment_id || ' ' || amount_minor || ' ' || state || ' ' || "
            "reason, ', ' ORDER BY payment_id) FROM shop.refunds");
    }

    std::string placed() const {
        return sql("SELECT string_agg(order_id || ' ' || source, ', ') FROM shop.placements");
    }

    std::string promo() const {
        return sql(
            "SELECT p.used || ' ' || string_agg(u.state, ' ' ORDER BY u.id) FROM shop.promos "
            "p JOIN shop.promo_uses u ON u.promo_id = p.id WHERE p.id = 'EID10' GROUP BY "
            "p.used");
    }
};

TEST_F(Paid, PlacesTheOrderOnce) {
    EXPECT_EQ(pay("P1"), "FLIPPED");
    EXPECT_EQ(status("A1"), "PAID");
    EXPECT_EQ(placed(), "A1 webhook");
    EXPECT_EQ(stock("ROSE"), "8 0 2");
    EXPECT_EQ(promo(), "1 used");
    EXPECT_EQ(state("T1"), "PAID");
    EXPECT_EQ(events("A1"), "order.created order.paid");
    EXPECT_EQ(sql("SELECT payload->>'payment_id' FROM shop.outbox WHERE event_type = 'order.paid'"),
              "P1");
    EXPECT_EQ(sql("SELECT disposition || ' ' || reason || ' ' || amount_minor FROM shop.charges"),
              "placed flipped 23625");

    const std::string before = everything();
    EXPECT_EQ(pay("P1"), "ALREADY");
    EXPECT_EQ(pay("P1"), "ALREADY");
    EXPECT_EQ(everything(), before);
}

TEST_F(Paid, TellsTheCustomerOnce) {
    sql("SELECT barid.install_order_notices()");
    pay("P1");
    pay("P1");
    EXPECT_EQ(sql("SELECT count(*) || ' ' || min(tags::text) FROM barid.job"), "1 {order:A1}");
}

TEST_F(Paid, LeavesNothingBehindWhenItsTransactionDoesNot) {
    const std::string before = everything();
    EXPECT_EQ(
        sql("BEGIN; SELECT barid_shop.mark_paid('A1', 'T1', 'P1', 23625, 'KWD', 'webhook', 1)"),
        "FLIPPED");  // the connection ends before the commit
    EXPECT_EQ(everything(), before);
}

TEST_F(Paid, GivesBackWhatWasPaidTwice) {
    submitted("A1", "T2");
    EXPECT_EQ(pay("P1"), "FLIPPED");
    EXPECT_EQ(pay("P2", "T2"), "REFUND_DUE");
    EXPECT_EQ(refunds(), "P2 23625 DUE duplicate");
    EXPECT_EQ(placed(), "A1 webhook");
    EXPECT_EQ(events("A1"), "order.created order.paid order.refund_due");
    const std::string before = everything();
    EXPECT_EQ(pay("P2", "T2"), "REFUND_DUE");
    EXPECT_EQ(everything(), before);
}

TEST_F(Paid, GivesBackASecondChargeOfTheSameAttempt) {
    EXPECT_EQ(pay("P1"), "FLIPPED");
    EXPECT_EQ(pay("P2"), "REFUND_DUE");
    EXPECT_EQ(refunds(), "P2 23625 DUE duplicate");
}

TEST_F(Paid, GivesBackWhatWasPaidForCash) {
    submitted("A1", "T2");
    sql("UPDATE shop.orders SET payment_method = 'manual'");
    sql("SELECT shop.confirm_manual('A1', 'مريم')");
    EXPECT_EQ(pay("P1"), "REFUND_DUE");
    EXPECT_EQ(status("A1"), "PLACED");
    EXPECT_EQ(refunds(), "P1 23625 DUE duplicate");
}

TEST_F(Paid, AfterTheCancelPlacesWhatCanBeHadAgain) {
    cancel();
    EXPECT_EQ(pay("P1"), "LATE_PLACED");
    EXPECT_EQ(status("A1"), "PAID");
    EXPECT_EQ(placed(), "A1 webhook");
    EXPECT_EQ(stock("ROSE"), "8 0 2");
    EXPECT_EQ(stock("DATES"), "9 0 1");
    EXPECT_EQ(promo(), "1 released used");
    EXPECT_EQ(refunds(), "");
    EXPECT_EQ(sql("SELECT payload->>'late' FROM shop.outbox WHERE event_type = 'order.paid'"),
              "true");
    const std::string before = everything();
    EXPECT_EQ(pay("P1"), "ALREADY");
    EXPECT_EQ(everything(), before);
}

TEST_F(Paid, AfterTheCancelGoesBackWhereTheGoodsAreGone) {
    cancel();
    sql("SELECT shop.place_order('sam', '[{\"variant\": \"ROSE\", \"quantity\": 9}]')");
    EXPECT_EQ(pay("P1"), "REFUND_DUE");
    EXPECT_EQ(status("A1"), "CANCELLED");
    EXPECT_EQ(placed(), "");
    EXPECT_EQ(stock("ROSE"), "1 9 0");
    EXPECT_EQ(stock("DATES"), "10 0 0") << "all or nothing is taken";
    EXPECT_EQ(refunds(), "P1 23625 DUE out of stock: ROSE");
    EXPECT_EQ(state("T1"), "PAID");
    const std::string before = everything();
    EXPECT_EQ(pay("P1"), "REFUND_DUE");
    EXPECT_EQ(everything(), before);
}

TEST_F(Paid, AfterTheCancelGoesBackWhereThePromotionIsGone) {
    cancel();
    sql("UPDATE shop.promos SET max_uses = 0 WHERE id = 'EID10'");
    EXPECT_EQ(pay("P1"), "REFUND_DUE");
    EXPECT_EQ(refunds(), "P1 23625 DUE the promotion is over: EID10");
    EXPECT_EQ(stock("ROSE"), "10 0 0");
}

TEST_F(Paid, AfterTheCancelKeepsAPromotionThatHasEndedMeanwhile) {
    cancel();
    sql("UPDATE shop.promos SET valid_until = now() - interval '1 hour' WHERE id = 'EID10'");
    EXPECT_EQ(pay("P1"), "LATE_PLACED");
}

TEST_F(Paid, AfterTheCancelTwicePlacesOnceAndGoesBackOnce) {
    submitted("A1", "T2");
    cancel();
    EXPECT_EQ(pay("P1"), "LATE_PLACED");
    EXPECT_EQ(pay("P2", "T2"), "REFUND_DUE");
    EXPECT_EQ(refunds(), "P2 23625 DUE duplicate");
}

TEST_F(Paid, IsBelievedEvenOfAnAttemptThatHadFailed) {
    EXPECT_EQ(ask("attempt_closed('T1', 'EXPIRED', 3)"), "RECORDED");
    EXPECT_EQ(pay("P1"), "FLIPPED");
    EXPECT_EQ(state("T1"), "PAID");
}

TEST_F(Paid, EndsAttemptsThatNobodyBegan) {
    sql("SELECT shop.begin_attempt('A1', 'myfatoorah', attempt_id => 'T2')");
    submitted("A1", "T3");
    EXPECT_EQ(pay("P1"), "FLIPPED");
    EXPECT_EQ(state("T2"), "FAILED");
    EXPECT_EQ(state("T3"), "SUBMITTED") << "its money may still come";
}

TEST_F(Paid, HoldsAnotherAmount) {
    EXPECT_EQ(paid("A1", "T1", "P1", "2362"), "MISMATCH");
    EXPECT_EQ(status("A1"), "PENDING");
    EXPECT_EQ(placed(), "");
    EXPECT_EQ(sql("SELECT disposition || ': ' || reason FROM shop.charges"),
              "held: 2362 KWD instead of 23625 KWD");
    const std::string before = everything();
    EXPECT_EQ(paid("A1", "T1", "P1", "2362"), "MISMATCH");
    EXPECT_EQ(everything(), before);
}

TEST_F(Paid, HoldsAnotherCurrency) {
    EXPECT_EQ(paid("A1", "T1", "P1", "23625", "SAR"), "MISMATCH");
    EXPECT_EQ(sql("SELECT disposition || ': ' || reason FROM shop.charges"),
              "held: 23625 SAR instead of 23625 KWD");
}

TEST_F(Paid, HoldsWhatIsSaidToBeAnotherOrders) {
    order("A2");
    EXPECT_EQ(paid("A2", "T1", "P1", "26250"), "MISMATCH");
    EXPECT_EQ(status("A1") + status("A2"), "PENDINGPENDING");
    EXPECT_EQ(sql("SELECT order_id || ': ' || reason FROM shop.charges"),
              "A1: the attempt is one to pay the order A1, not A2");
}

TEST_F(Paid, OfOneOrderIsNotAnotherOnes) {
    order("A2");
    submitted("A2", "T2");
    EXPECT_EQ(pay("P1"), "FLIPPED");
    EXPECT_EQ(paid("A2", "T2", "P1"), "MISMATCH");
    EXPECT_EQ(status("A2"), "PENDING");
    EXPECT_EQ(sql("SELECT count(*) FROM shop.charges"), "1");
}

TEST_F(Paid, KnowsTheSamePaymentIdOfTwoGatewaysApart) {
    sql("UPDATE shop.attempts SET gateway = 'myfatoorah_sa' WHERE id = 'T1'");
    order("A2");
    submitted("A2", "T2");
    EXPECT_EQ(pay("P1"), "FLIPPED");
    EXPECT_EQ(paid("A2", "T2", "P1"), "FLIPPED");
}

TEST_F(Paid, RefusesWhatItCannotBelieve) {
    EXPECT_EQ(refused("SELECT barid_shop.mark_paid('A1', 'T9', 'P1', 1, 'KWD', 'webhook', 1)"),
              "ERROR:  there is no attempt T9 to pay the order A1");
    EXPECT_EQ(refused("SELECT barid_shop.mark_paid('A1', 'T1', '', 1, 'KWD', 'webhook', 1)"),
              "ERROR:  a payment of the order A1 has no id, amount or currency");
    EXPECT_EQ(refused("SELECT barid_shop.mark_paid('A1', 'T1', 'P1', NULL, 'KWD', 'webhook', 1)"),
              "ERROR:  a payment of the order A1 has no id, amount or currency");
}

class HeldCharge : public Paid {
  protected:
    HeldCharge() { paid("A1", "T1", "P1", "23000"); }

    std::string resolve(const std::string& decision) const {
        return sql("SELECT shop.resolve_charge((SELECT id FROM shop.charges), '" + decision +
                   "', 'مريم')");
    }
};

TEST_F(HeldCharge, IsAcceptedByAPerson) {
    EXPECT_EQ(resolve("accept"), "FLIPPED");
    EXPECT_EQ(placed(), "A1 accepted:مريم");
    const std::string before = everything();
    EXPECT_EQ(resolve("accept"), "NOT_HELD");
    EXPECT_EQ(paid("A1", "T1", "P1", "23000"), "ALREADY");
    EXPECT_EQ(everything(), before);
}

TEST_F(HeldCharge, GoesBackWhenAPersonSaysSo) {
    EXPECT_EQ(resolve("refund"), "REFUND_DUE");
    EXPECT_EQ(refunds(), "P1 23000 DUE 23000 KWD instead of 23625 KWD");
    EXPECT_EQ(status("A1"), "PENDING");
    EXPECT_EQ(state("T1"), "FAILED");
    EXPECT_EQ(resolve("refund"), "NOT_HELD");
    EXPECT_EQ(paid("A1", "T1", "P1", "23000"), "REFUND_DUE");
    submitted("A1", "T2");
    EXPECT_EQ(pay("P2", "T2"), "FLIPPED") << "the customer may pay rightly then";
}

TEST_F(HeldCharge, NeedsAPersonAndADecision) {
    EXPECT_EQ(refused("SELECT shop.resolve_charge(1, 'keep', 'مريم')"),
              "ERROR:  the decision must be accept or refund, and somebody's");
    EXPECT_EQ(refused("SELECT shop.resolve_charge(1, 'accept', '')"),
              "ERROR:  the decision must be accept or refund, and somebody's");
}

TEST_F(HeldCharge, KeepsItsOrderFromBeingCancelled) {
    EXPECT_EQ(refused("SELECT shop.cancel_by_customer('A1', 'noura')"),
              "ERROR:  a payment of the order A1 is under way");
    time_is_over("A1");
    EXPECT_EQ(ask("expirable_orders(10, NULL)"), "");
    EXPECT_EQ(expire("A1", "{T1}"), "SKIPPED_PAID");
    EXPECT_EQ(ask("attempt_closed('T1', 'EXPIRED', 3)"), "STALE");
}

}  // namespace
}  // namespace barid
