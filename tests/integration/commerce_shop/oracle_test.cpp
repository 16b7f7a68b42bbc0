// The oracles see each thing that must not be: an oracle that says nothing proves nothing.
#include "tests/integration/commerce_shop/shop_fixture.hpp"

namespace barid {
namespace {

class Oracles : public ShopTest {
  protected:
    Oracles() {
        order("PAID", ", promo => 'EID10'");
        submitted("PAID", "T1");
        paid("PAID", "T1", "P1", "23625");
        order("PENDING");
        order("CASH", ", payment_method => 'cod'");
        order("OVER");
        time_is_over("OVER");
        expire("OVER");
        books_are_right = false;
        EXPECT_EQ(support::violations(db), "");
    }

    /// What the oracles say after `damage`.
    std::string after(const std::string& damage) const {
        sql(damage);
        return support::violations(db);
    }
};

TEST_F(Oracles, I1SeesAnOrderThatIsPaidTwice) {
    EXPECT_EQ(after("UPDATE shop.orders SET status = 'PAID' WHERE id = 'PAID'"),
              "I1: order PAID became PAID 2 times\nI1: order PAID went from PAID to PAID");
}

TEST_F(Oracles, I1SeesAnOrderThatGoesBack) {
    EXPECT_NE(after("UPDATE shop.orders SET status = 'CANCELLED' WHERE id = 'PAID'")
                  .find("I1: order PAID went from PAID to CANCELLED"),
              std::string::npos);
}

TEST_F(Oracles, I2SeesGoodsThatAreTakenTwice) {
    EXPECT_NE(after("DROP INDEX shop.reservations_live; INSERT INTO shop.reservations (order_id, "
                    "variant_id, location_id, quantity, state) VALUES ('PAID', 'ROSE', 'KW', 2, "
                    "'committed')")
                  .find("I2: order PAID holds 4 of ROSE instead of 2"),
              std::string::npos);
}

TEST_F(Oracles, I3SeesMoneyWithoutPlacement) {
    EXPECT_EQ(after("DELETE FROM shop.placements WHERE order_id = 'PAID'"),
              "I3: order PAID is PAID and was not placed");
}

TEST_F(Oracles, I3SeesPlacementWithoutMoney) {
    EXPECT_EQ(after("INSERT INTO shop.placements VALUES ('OVER', 'nobody')"),
              "I3: order OVER is CANCELLED and was placed");
}

TEST_F(Oracles, I4SeesStockThatDoesNotAddUp) {
    EXPECT_EQ(after("UPDATE shop.stock SET available = available + 1 WHERE variant_id = 'OUD' AND "
                    "location_id = 'BH'"),
              "I4: OUD at BH: 11 available, 0 held and 0 committed are not 10");
}

TEST_F(Oracles, I4SeesStockThatOrdersDoNotHold) {
    EXPECT_EQ(after("UPDATE shop.stock SET available = available - 1, held = held + 1 WHERE "
                    "variant_id = 'OUD' AND location_id = 'BH'"),
              "I4: OUD at BH: 1 held and 0 committed, but orders hold 0 and 0");
}

TEST_F(Oracles, I4SeesAnOrderWithoutItsGoods) {
    EXPECT_EQ(
        after("UPDATE shop.reservations SET state = 'released' WHERE order_id = 'PENDING' AND "
              "variant_id = 'DATES'; UPDATE shop.stock SET available = available + 1, held = "
              "held - 1 WHERE variant_id = 'DATES' AND location_id = 'KW'"),
        "I4: order PENDING is PENDING and holds 0 of DATES as nothing");
}

TEST_F(Oracles, I5SeesAPromotionThatIsCountedWrong) {
    EXPECT_EQ(after("UPDATE shop.promos SET used = 0 WHERE id = 'EID10'"),
              "I5: promotion EID10 counts 0 uses, has 1, and may have 5");
}

TEST_F(Oracles, I5SeesAPromotionBeyondItsLimit) {
    EXPECT_EQ(after("ALTER TABLE shop.promos DROP CONSTRAINT promos_check; UPDATE shop.promos SET "
                    "max_uses = 0 WHERE id = 'EID10'"),
              "I5: promotion EID10 counts 1 uses, has 1, and may have 0");
}

TEST_F(Oracles, I5SeesAnOrderWithoutItsUse) {
    EXPECT_EQ(after("UPDATE shop.promo_uses SET state = 'held'"),
              "I5: order PAID is PAID and its use of EID10 is held");
}

TEST_F(Oracles, I6SeesACancelThatKnewOfTheMoney) {
    EXPECT_NE(after("UPDATE shop.orders SET cancelled_at = clock_timestamp() WHERE id = 'PAID'")
                  .find("I6: order PAID was cancelled at "),
              std::string::npos);
}

TEST_F(Oracles, I6SeesACancelOnOtherEvidenceThanThatItIsUnpaid) {
    EXPECT_EQ(after("INSERT INTO barid.payment_check (id, order_id, cause, verdict, checked_at, "
                    "attempts) OVERRIDING SYSTEM VALUE VALUES (7, 'OVER', 'expire', 'UNPAID', "
                    "now(), '[]')"),
              "");
    EXPECT_EQ(after("UPDATE barid.payment_check SET verdict = 'UNSURE'"),
              "I6: order OVER was cancelled by evidence 7, which says UNSURE of OVER");
    EXPECT_EQ(after("UPDATE barid.payment_check SET verdict = 'UNPAID', order_id = 'PAID'"),
              "I6: order OVER was cancelled by evidence 7, which says UNPAID of PAID");
}

TEST_F(Oracles, I6SeesCashThatExpired) {
    EXPECT_EQ(after("UPDATE shop.orders SET cancelled_by = 'expiry' WHERE id = 'CASH'"),
              "I6: order CASH of cod by customer was cancelled by expiry");
}

TEST_F(Oracles, I7SeesASecondExecution) {
    EXPECT_EQ(after("UPDATE shop.attempts SET executions = 2"),
              "I7: attempt T1 of order PAID was claimed 2 times");
}

TEST_F(Oracles, I7SeesTwoAttemptsAtOnce) {
    EXPECT_EQ(
        after("SELECT shop.begin_attempt('PENDING', 'm'), shop.begin_attempt('PENDING', 'm'); "
              "UPDATE shop.attempts SET state = 'EXECUTING', fence = 1, claimed_until = now() "
              "WHERE order_id = 'PENDING'"),
        "I7: 2 attempts of order PENDING are being executed");
}

TEST_F(Oracles, I8SeesAChargeThatIsLost) {
    EXPECT_EQ(after("DELETE FROM shop.charges"),
              "I8: attempt T1 of order PAID is PAID without a charge\n"
              "I8: order PAID is PAID and 0 charges placed it");
}

TEST_F(Oracles, I8SeesAChargeThatNobodyGivesBack) {
    paid("PAID", "T1", "P2", "23625");
    EXPECT_EQ(support::violations(db), "");
    EXPECT_EQ(after("DELETE FROM shop.refunds"),
              "I8: charge P2 of order PAID is refund_due and has 0 refunds");
}

TEST_F(Oracles, I8SeesARefundOfWhatPlacedItsOrder) {
    EXPECT_EQ(after("INSERT INTO shop.refunds (charge_id, order_id, gateway, payment_id, "
                    "amount_minor, currency, reason) SELECT id, order_id, gateway, payment_id, "
                    "amount_minor, currency, '' FROM shop.charges"),
              "I8: charge P1 of order PAID is placed and has 1 refunds");
}

TEST_F(Oracles, I9SeesAnEventThatIsMissing) {
    EXPECT_NE(after("DELETE FROM shop.outbox WHERE aggregate_id = 'PAID' AND aggregate_version = 1")
                  .find("I9: order PAID: "),
              std::string::npos);
}

TEST_F(Oracles, I10SeesAReadModelThatFellBehind) {
    sql("SELECT shop.wish_add('noura', 'ROSE', 'KW')");
    EXPECT_EQ(support::violations(db), "") << "its event is on its way";
    EXPECT_NE(after("SELECT barid_shop.outbox_ack(stream, array_agg(id::text)) FROM shop.outbox "
                    "GROUP BY stream")
                  .find("I10: wish "),
              std::string::npos)
        << "its event was lost";
}

}  // namespace
}  // namespace barid
