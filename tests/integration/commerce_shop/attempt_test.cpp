// Attempts to pay: who may execute one, what becomes of it, and that it is found again.
#include "tests/integration/commerce_shop/shop_fixture.hpp"

namespace barid {
namespace {

class Attempts : public ShopTest {
  protected:
    Attempts() { order("A1"); }

    void created(const std::string& id, const std::string& order_id = "A1") const {
        sql("SELECT shop.begin_attempt('" + order_id +
            "', 'myfatoorah', '{\"PaymentMethodId\": 2}', attempt_id => '" + id + "')");
    }

    std::string claim(const std::string& id, const std::string& ttl = "1 minute") const {
        return ask("claim_attempt('" + id + "', '" + ttl + "')");
    }

    std::string outcome(const std::string& id, const std::string& fence, const std::string& what,
                        const std::string& rest = "NULL, NULL, NULL") const {
        return ask("attempt_outcome('" + id + "', " + fence + ", '" + what + "', " + rest + ")");
    }

    std::string ids(const std::string& function) const {
        return sql("SELECT coalesce(string_agg(r.attempt_id, ' '), '') FROM barid_shop." +
                   function + " r");
    }
};

TEST_F(Attempts, AreExecutedByOne) {
    created("T1");
    const std::string fence = claim("T1");
    EXPECT_NE(fence, "");
    EXPECT_EQ(claim("T1"), "");
    EXPECT_EQ(state("T1"), "EXECUTING");
    EXPECT_EQ(sql("SELECT executions FROM shop.attempts"), "1");
}

TEST_F(Attempts, TellWhatToAskForToTheHolderOnly) {
    created("T1");
    const std::string fence = claim("T1");
    EXPECT_EQ(ask("attempt_request('T1', " + fence + ") - 'reference'"),
              R"({"body": {"PaymentMethodId": 2}, "gateway": "myfatoorah", "currency": "KWD", )"
              R"("amount_minor": 26250})");
    EXPECT_EQ(ask("attempt_request('T1', " + fence + ") ->> 'reference'"), "A1.1");
    EXPECT_EQ(ask("attempt_request('T1', " + fence + " + 1)"), "");
    outcome("T1", fence, "SUBMITTED");
    EXPECT_EQ(ask("attempt_request('T1', " + fence + ")"), "");
}

TEST_F(Attempts, HaveEachAReferenceOfItsOwn) {
    created("T1");
    created("T2");
    EXPECT_EQ(sql("SELECT string_agg(reference, ' ' ORDER BY id) FROM shop.attempts"), "A1.1 A1.2");
}

TEST_F(Attempts, AreNotExecutedBesideAnother) {
    created("T1");
    created("T2");
    const std::string fence = claim("T1");
    EXPECT_EQ(claim("T2"), "") << "while the other is under way";
    outcome("T1", fence, "UNKNOWN");
    EXPECT_EQ(claim("T2"), "") << "nor while nobody knows";
    EXPECT_EQ(ask("attempt_closed('T1', 'NOT_FOUND', 5)"), "RECORDED");
    EXPECT_NE(claim("T2"), "");
}

TEST_F(Attempts, AreNotBegunBesideOneUnderWay) {
    created("T1");
    const std::string fence = claim("T1");
    const std::string begin = "SELECT shop.begin_attempt('A1', 'myfatoorah')";
    EXPECT_EQ(refused(begin),
              "ERROR:  an attempt to pay the order A1 is under way, or nobody knows its fate");
    outcome("T1", fence, "UNKNOWN");
    EXPECT_NE(refused(begin), "");
    outcome("T1", "NULL", "SUBMITTED");
    EXPECT_EQ(refused(begin), "") << "the customer may choose another way to pay";
}

TEST_F(Attempts, AreNotBegunForWhatIsNotToBePaid) {
    const std::string no = " is not to be paid through a gateway";
    order("CASH", ", payment_method => 'cod'");
    EXPECT_EQ(refused("SELECT shop.begin_attempt('CASH', 'm')"), "ERROR:  the order CASH" + no);
    EXPECT_EQ(refused("SELECT shop.begin_attempt('NONE', 'm')"), "ERROR:  the order NONE" + no);
    created("T1");
    sql("SELECT shop.cancel_by_customer('A1', 'noura')");
    EXPECT_EQ(refused("SELECT shop.begin_attempt('A1', 'm')"), "ERROR:  the order A1" + no);
    EXPECT_EQ(claim("T1"), "");
    EXPECT_EQ(claim("T9"), "");
}

TEST_F(Attempts, ComeToTheStateOfTheirOutcome) {
    created("T1");
    std::string fence = claim("T1");
    EXPECT_EQ(outcome("T1", fence, "FAILED", "NULL, NULL, 'card refused'"), "RECORDED");
    EXPECT_EQ(state("T1"), "FAILED");
    created("T2");
    fence = claim("T2");
    EXPECT_EQ(outcome("T2", fence, "SUBMITTED", "'4711', '0815', NULL"), "RECORDED");
    EXPECT_EQ(sql("SELECT state || ' ' || invoice_id || ' ' || payment_id FROM shop.attempts WHERE "
                  "id = 'T2'"),
              "SUBMITTED 4711 0815");
    EXPECT_EQ(refused("SELECT barid_shop.attempt_outcome('T2', 1, 'DONE', NULL, NULL, NULL)"),
              "ERROR:  an attempt's outcome is SUBMITTED, FAILED or UNKNOWN, not DONE");
}

TEST_F(Attempts, ChangeNothingWhenTheirOutcomeIsToldAgain) {
    created("T1");
    const std::string fence = claim("T1");
    outcome("T1", fence, "SUBMITTED", "'4711', NULL, NULL");
    const std::string before = everything();
    EXPECT_EQ(outcome("T1", fence, "SUBMITTED", "'4711', NULL, NULL"), "RECORDED");
    EXPECT_EQ(outcome("T1", fence, "FAILED"), "STALE");
    EXPECT_EQ(everything(), before);
}

TEST_F(Attempts, BelieveNobodyWithoutTheFence) {
    created("T1");
    const std::string fence = claim("T1");
    const std::string before = everything();
    EXPECT_EQ(outcome("T1", fence + " + 1", "SUBMITTED"), "STALE");
    EXPECT_EQ(outcome("T1", "NULL", "SUBMITTED"), "STALE");
    EXPECT_EQ(outcome("T1", "NULL", "FAILED"), "STALE");
    EXPECT_EQ(outcome("T9", fence, "FAILED"), "STALE");
    EXPECT_EQ(everything(), before);
}

TEST_F(Attempts, BecomeUnknownWhenTheirHolderIsSilent) {
    created("T1");
    const std::string fence = claim("T1", "-1 seconds");
    EXPECT_EQ(ask("expire_claims()"), "1");
    EXPECT_EQ(state("T1"), "UNKNOWN");
    EXPECT_EQ(ask("expire_claims()"), "0");
    EXPECT_EQ(claim("T1"), "") << "never twice";
    EXPECT_EQ(outcome("T1", fence, "SUBMITTED", "'4711', NULL, NULL"), "RECORDED")
        << "what he learned late is true all the same";
    EXPECT_EQ(state("T1"), "SUBMITTED");
}

TEST_F(Attempts, KeepTheirHolderForHisTime) {
    created("T1");
    claim("T1");
    EXPECT_EQ(ask("expire_claims()"), "0");
    EXPECT_EQ(state("T1"), "EXECUTING");
}

TEST_F(Attempts, CloseWhenNoMoneyWillCome) {
    submitted("A1", "T1");
    EXPECT_EQ(ask("attempt_closed('T1', 'CANCELED', 5)"), "RECORDED");
    EXPECT_EQ(sql("SELECT state || ' ' || error || ' ' || evidence_id FROM shop.attempts"),
              "FAILED CANCELED 5");
    EXPECT_EQ(status("A1"), "PENDING");
    const std::string before = everything();
    EXPECT_EQ(ask("attempt_closed('T1', 'CANCELED', 5)"), "RECORDED");
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(refused("SELECT barid_shop.attempt_closed('T1', 'PAID', 5)"),
              "ERROR:  an attempt closes as FAILED, CANCELED, EXPIRED or NOT_FOUND, not PAID");
}

TEST_F(Attempts, DoNotCloseWhileTheyAreExecutedNorOncePaid) {
    created("T1");
    claim("T1");
    EXPECT_EQ(ask("attempt_closed('T1', 'NOT_FOUND', 5)"), "STALE");
    EXPECT_EQ(state("T1"), "EXECUTING");
    EXPECT_EQ(paid("A1", "T1", "P1"), "FLIPPED");
    EXPECT_EQ(ask("attempt_closed('T1', 'NOT_FOUND', 5)"), "STALE");
    EXPECT_EQ(state("T1"), "PAID");
    EXPECT_EQ(ask("attempt_closed('T9', 'NOT_FOUND', 5)"), "STALE");
}

TEST_F(Attempts, AreCandidatesWhenTheyAreOpenAndOldEnough) {
    submitted("A1", "b");
    submitted("A1", "A");
    submitted("A1", "a");
    created("C");
    EXPECT_EQ(ids("payment_candidates(10, '0', NULL)"), "A a b");
    EXPECT_EQ(ids("payment_candidates(2, '0', NULL)"), "A a");
    EXPECT_EQ(ids("payment_candidates(2, '0', 'a')"), "b");
    EXPECT_EQ(ids("payment_candidates(10, '5 minutes', NULL)"), "");
    sql("UPDATE shop.attempts SET state = 'UNKNOWN', created_at = now() - interval '6 minutes' "
        "WHERE id = 'a'");
    EXPECT_EQ(ids("payment_candidates(10, '5 minutes', NULL)"), "a");
    sql("SELECT shop.cancel_by_customer('A1', 'noura')");
    EXPECT_EQ(ids("payment_candidates(10, '5 minutes', NULL)"), "a")
        << "money of a cancelled order is looked for, too";
}

TEST_F(Attempts, OfAnOrderAreThoseThatMayHoldMoney) {
    submitted("A1", "T1");
    submitted("A1", "T2");
    created("T3");
    ask("attempt_closed('T1', 'EXPIRED', 5)");
    EXPECT_EQ(ids("order_attempts('A1')"), "T2");
    claim("T3");
    EXPECT_EQ(ids("order_attempts('A1')"), "T2 T3");
    paid("A1", "T2", "P1");
    EXPECT_EQ(ids("order_attempts('A1')"), "T2 T3");
    EXPECT_EQ(ids("order_attempts('none')"), "");
}

TEST_F(Attempts, AreFoundByWhatTheGatewayCallsThem) {
    created("T1");
    const auto key = [&] {
        return sql("SELECT key_type || ' ' || key FROM barid_shop.order_attempts('A1')");
    };
    const std::string fence = claim("T1");
    EXPECT_EQ(key(), "customer_reference A1.1");
    outcome("T1", fence, "SUBMITTED", "NULL, '0815', NULL");
    EXPECT_EQ(key(), "payment_id 0815");
    EXPECT_EQ(sql("SELECT shop.attempt_invoice('T1', '4711')"), "t");
    EXPECT_EQ(key(), "invoice_id 4711");
    EXPECT_EQ(ids("find_attempts('myfatoorah', 'invoice_id', '4711')"), "T1");
    EXPECT_EQ(ids("find_attempts('myfatoorah', 'payment_id', '0815')"), "T1");
    EXPECT_EQ(ids("find_attempts('myfatoorah', 'customer_reference', 'A1.1')"), "T1");
    EXPECT_EQ(ids("find_attempts('another', 'invoice_id', '4711')"), "");
    EXPECT_EQ(ids("find_attempts('another', 'customer_reference', 'A1.1')"), "");
    EXPECT_EQ(ids("find_attempts('myfatoorah', 'payment_id', '4711')"), "");
    paid("A1", "T1", "P2");
    EXPECT_EQ(ids("find_attempts('myfatoorah', 'payment_id', 'P2')"), "T1");
}

}  // namespace
}  // namespace barid
