// expirable_orders and expire_order: only what nobody paid, and only on what was seen just now.
#include "tests/integration/commerce_shop/shop_fixture.hpp"

namespace barid {
namespace {

class Expiry : public ShopTest {
  protected:
    std::string expirable(const std::string& arguments = "10, NULL") const {
        return sql("SELECT coalesce(string_agg(o, ' '), '') FROM barid_shop.expirable_orders(" +
                   arguments + ") o");
    }

    void over(const std::string& id, const std::string& more = "") const {
        order(id, more);
        time_is_over(id);
    }
};

TEST_F(Expiry, GivesEverythingBackOnce) {
    over("A1", ", promo => 'EID10'");
    EXPECT_EQ(expirable(), "A1");
    EXPECT_EQ(expire("A1"), "CANCELLED");
    EXPECT_EQ(status("A1"), "CANCELLED");
    EXPECT_EQ(sql("SELECT cancelled_by FROM shop.orders"), "expiry");
    EXPECT_EQ(stock("ROSE"), "10 0 0");
    EXPECT_EQ(sql("SELECT used FROM shop.promos WHERE id = 'EID10'"), "0");
    EXPECT_EQ(events("A1"), "order.created order.cancelled");
    EXPECT_EQ(expirable(), "");
    const std::string before = everything();
    EXPECT_EQ(expire("A1"), "SKIPPED_STATE");
    EXPECT_EQ(everything(), before);
}

TEST_F(Expiry, TellsTheCustomerWhy) {
    over("A1");
    expire("A1");
    EXPECT_EQ(sql("SELECT (payload->'vars'->>'reason') || ' ' || tags::text FROM barid.job WHERE "
                  "kind = 'order.notice'"),
              "expired {order:A1}");
}

TEST_F(Expiry, ComesWithTheirTimeAndNotBefore) {
    order("A1");
    EXPECT_EQ(expirable(), "");
    EXPECT_EQ(expire("A1"), "SKIPPED_STATE");
    EXPECT_EQ(status("A1"), "PENDING");
}

TEST_F(Expiry, LeavesCashGiftsAndPeoplesOrdersAlone) {
    over("CASH", ", payment_method => 'cod'");
    over("FREE", ", promo => 'GIFT'");
    over("HAND", ", payment_method => 'manual'");
    over("DESK", ", created_by => 'مريم'");
    EXPECT_EQ(expirable(), "");
    EXPECT_EQ(expire("CASH"), "SKIPPED_PAID");
    EXPECT_EQ(expire("FREE"), "SKIPPED_PAID");
    EXPECT_EQ(expire("HAND"), "SKIPPED_STATE");
    EXPECT_EQ(expire("DESK"), "SKIPPED_STATE");
    EXPECT_EQ(expire("NONE"), "SKIPPED_STATE");
    EXPECT_EQ(sql("SELECT count(*) FROM shop.orders WHERE status = 'CANCELLED'"), "0");
}

TEST_F(Expiry, LeavesAnUnpaidTotalOfZeroAlone) {
    over("A1");
    sql("UPDATE shop.orders SET discount_minor = subtotal_minor, total_minor = 0");
    EXPECT_EQ(expirable(), "");
    EXPECT_EQ(expire("A1"), "SKIPPED_STATE");
}

TEST_F(Expiry, SkipsWhatIsPaid) {
    over("A1");
    submitted("A1", "T1");
    paid("A1", "T1", "P1");
    EXPECT_EQ(expirable(), "");
    EXPECT_EQ(expire("A1", "{T1}"), "SKIPPED_PAID");
    EXPECT_EQ(status("A1"), "PAID");
}

TEST_F(Expiry, GoesThroughOrdersById) {
    for (const char* id : {"b", "A", "a", "C"}) over(id);
    EXPECT_EQ(expirable(), "A C a b");
    EXPECT_EQ(expirable("2, NULL"), "A C");
    EXPECT_EQ(expirable("2, 'C'"), "a b");
    EXPECT_EQ(expirable("2, 'b'"), "");
}

class Evidence : public Expiry {
  protected:
    Evidence() {
        over("A1");
        submitted("A1", "T1");
    }

    std::string judged(const std::string& evidence, const std::string& checked,
                       const std::string& attempts) const {
        return ask("expire_order('A1', " + evidence + ", " + checked + ", " + attempts + ")");
    }
};

TEST_F(Evidence, OfThisMomentIsEnough) {
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{T1}'"), "CANCELLED");
    EXPECT_EQ(sql("SELECT cancel_evidence FROM shop.orders"), "7");
    EXPECT_EQ(state("T1"), "SUBMITTED") << "the customer may still pay it";
    EXPECT_EQ(paid("A1", "T1", "P1"), "LATE_PLACED");
}

TEST_F(Evidence, MustNotBeOld) {
    sql("UPDATE shop.attempts SET changed_at = now() - interval '1 hour'");
    EXPECT_EQ(judged("7", "now() - interval '121 seconds'", "'{T1}'"), "STALE_EVIDENCE");
    EXPECT_EQ(status("A1"), "PENDING");
    EXPECT_EQ(judged("7", "now() - interval '100 seconds'", "'{T1}'"), "CANCELLED");
}

TEST_F(Evidence, MustNotBeOfTheFuture) {
    EXPECT_EQ(judged("7", "now() + interval '1 minute'", "'{T1}'"), "STALE_EVIDENCE");
}

TEST_F(Evidence, MustBeThere) {
    EXPECT_EQ(judged("NULL", "clock_timestamp()", "'{T1}'"), "STALE_EVIDENCE");
    EXPECT_EQ(judged("7", "NULL", "'{T1}'"), "STALE_EVIDENCE");
    EXPECT_EQ(judged("7", "clock_timestamp()", "NULL"), "STALE_EVIDENCE");
    EXPECT_EQ(status("A1"), "PENDING");
}

TEST_F(Evidence, MustBeOfEachAttemptThatMayHoldMoney) {
    submitted("A1", "T2");
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{}'"), "STALE_EVIDENCE");
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{T1}'"), "STALE_EVIDENCE");
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{T1,T2,T3}'"), "STALE_EVIDENCE");
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{T2,T1}'"), "CANCELLED");
}

TEST_F(Evidence, IsNotNeededOfAttemptsThatFailed) {
    submitted("A1", "T2");
    ask("attempt_closed('T2', 'EXPIRED', 3)");
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{T1,T2}'"), "STALE_EVIDENCE");
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{T1}'"), "CANCELLED");
}

TEST_F(Evidence, IsNothingOnceAnAttemptHasChanged) {
    const std::string before = "'" + sql("SELECT clock_timestamp()") + "'::timestamptz";
    sql("UPDATE shop.attempts SET state = 'UNKNOWN', changed_at = clock_timestamp()");
    EXPECT_EQ(judged("7", before, "'{T1}'"), "STALE_EVIDENCE");
    EXPECT_EQ(judged("8", "clock_timestamp()", "'{T1}'"), "CANCELLED");
}

TEST_F(Evidence, IsNothingWhileAnAttemptIsBeingExecuted) {
    sql("UPDATE shop.attempts SET state = 'EXECUTING', fence = 1, claimed_until = now() + interval "
        "'1 minute'");
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{T1}'"), "STALE_EVIDENCE");
    EXPECT_EQ(status("A1"), "PENDING");
}

TEST_F(Evidence, EndsAttemptsThatNobodyBegan) {
    sql("SELECT shop.begin_attempt('A1', 'myfatoorah', attempt_id => 'T2')");
    EXPECT_EQ(judged("7", "clock_timestamp()", "'{T1}'"), "CANCELLED");
    EXPECT_EQ(state("T2"), "FAILED");
    EXPECT_EQ(ask("claim_attempt('T2', '1 minute')"), "");
}

}  // namespace
}  // namespace barid
