// payment.reconcile: what each answer of the gateway leads to.
#include "tests/integration/commerce_payment/payment_fixture.hpp"

namespace barid::commerce {
namespace {

using testing::HasSubstr;

class ReconcileTest : public PaymentFixture {};

TEST_F(ReconcileTest, PlacesAnOrderWhoseMoneyNobodyHeardOf) {
    pay_by(order("A-1"), "100", {"pay"});
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(status("A-1"), "PAID");
    EXPECT_EQ(attempt_state("A-1"), "PAID");
    EXPECT_EQ(db.sql("SELECT verdict || ' ' || result FROM barid.payment_check"),
              "PAID 07071000001: FLIPPED");
    expect_nothing_broken();
}

TEST_F(ReconcileTest, ChangesNothingWhenItIsDoneAgain) {
    pay_by(order("A-1"), "100", {"pay"});
    job("payment.reconcile");
    EXPECT_EQ(job("payment.reconcile"), "{}");
    EXPECT_EQ(job("payment.reconcile", R"({"order":"A-1"})"), R"({"ALREADY":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.placements"), "1");
    expect_nothing_broken();
}

TEST_F(ReconcileTest, LeavesWhatMayStillBePaid) {
    pay_by(order("A-1"), "100", {"fail", "fail", "inprogress"});
    EXPECT_EQ(job("payment.reconcile"), R"({"open":1})");
    EXPECT_EQ(job("payment.reconcile"), R"({"open":1})");
    EXPECT_EQ(job("payment.reconcile"), R"({"under_way":1})");
    EXPECT_EQ(attempt_state("A-1"), "SUBMITTED");
    stub.pay("100");
    stub.control("invoice", {{"id", "100"},
                             {"transactions",
                              json::array{json::object{{"status", "Failed"}},
                                          json::object{{"status", "Succss"}, {"id", "0909"}}}}});
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(status("A-1"), "PAID");
}

TEST_F(ReconcileTest, CountsTheSameAnswerInsteadOfKeepingItAgain) {
    pay_by(order("A-1"), "100");
    for (int i = 0; i < 3; ++i) job("payment.reconcile");
    EXPECT_EQ(db.sql("SELECT count(*) || ' ' || max(times) FROM barid.payment_check"), "1 3");
}

TEST_F(ReconcileTest, SendsTheSecondOfTwoPaymentsBack) {
    pay_by(order("A-1"), "100", {"duplicate"});
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"REFUND_DUE":1,"paid":1})");
    EXPECT_EQ(status("A-1"), "PAID");
    EXPECT_EQ(db.sql("SELECT state FROM shop.refunds"), "DUE");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.job WHERE kind = 'payment.refund'"), "1");
    expect_nothing_broken();
}

TEST_F(ReconcileTest, CountsEachAttemptsAnswerWhereAnOrderHasSeveral) {
    pay_by(order("A-1"), "100");
    db.sql("SELECT shop.begin_attempt('A-1', 'mf', invoice_id => '101', attempt_id => 'b-A-1')");
    stub.invoice("101", "A-1.2", "12.500");
    for (int i = 0; i < 3; ++i) job("payment.reconcile");
    EXPECT_EQ(db.sql("SELECT string_agg(times::text, ' ') FROM barid.payment_check"), "3 3");
}

TEST_F(ReconcileTest, LooksAgainForAPaymentThatWasUnderWay) {
    pay_by(order("A-1"), "100", {"inprogress"});
    job("payment.reconcile");
    stub.pay("100");
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT payload->>'order' || (run_at > now() + interval '50 min') FROM "
                     "barid.job WHERE kind = 'payment.reconcile'"),
              "A-1true");
    stub.control(
        "invoice",
        {{"id", "100"},
         {"status", "DuplicatePayment"},
         {"transactions", json::array{json::object{{"id", "0707"}, {"status", "Succss"}},
                                      json::object{{"id", "07071000002"}, {"status", "Succss"}}}}});
    EXPECT_EQ(job("payment.reconcile"), "{}") << "a sweep has no reason to";
    EXPECT_THAT(job("payment.reconcile", R"({"order":"A-1"})"), HasSubstr(R"("REFUND_DUE":1)"));
}

TEST_F(ReconcileTest, CountsAMismatchThatIsToldAgain) {
    pay_by(order("A-1"), "100", {"pay"});
    stub.control("invoice", {{"id", "100"}, {"display", "12.499 KWD"}});
    for (int i = 0; i < 3; ++i) job("payment.reconcile");
    EXPECT_EQ(db.sql("SELECT times || ' ' || (result LIKE '%: MISMATCH') || ' ' ||"
                     "(length(result) < 40) FROM barid.payment_check"),
              "3 true true");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1");
}

TEST_F(ReconcileTest, HoldsAnAttemptWhateverIsSaidOfTheOrdersOthers) {
    pay_by(order("A-1"), "100", {"pay"});
    stub.control("invoice", {{"id", "100"}, {"reference", "B-9.1"}});
    db.sql("SELECT shop.begin_attempt('A-1', 'mf', invoice_id => '101', attempt_id => 'b-A-1')");
    stub.invoice("101", "A-1.2", "12.500");
    EXPECT_EQ(job("payment.reconcile"), R"({"mismatch":1,"open":1})");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1");
    stub.control("invoice", {{"id", "100"}, {"reference", "A-1.1"}});
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"open":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "0");
}

TEST_F(ReconcileTest, HoldsNothingThatAPersonHasDecidedOn) {
    for (const char* id : {"A-1", "A-2"}) {
        const std::string invoice = std::string("10") + id[2];
        pay_by(order(id), invoice, {"pay"});
        stub.control("invoice", {{"id", invoice}, {"display", "12.499 KWD"}});
    }
    job("payment.reconcile");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "2");
    db.sql(
        "SELECT shop.resolve_charge(id, 'accept', 'noura') FROM shop.charges "
        "WHERE order_id = 'A-1'");
    EXPECT_THAT(job("payment.reconcile", R"({"order":"A-1","cause":"person"})"),
                HasSubstr(R"("ALREADY":1)"));
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1");
    db.sql(
        "SELECT shop.resolve_charge(id, 'refund', 'noura') FROM shop.charges "
        "WHERE order_id = 'A-2'");
    job("payment.refund");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "0");
}

TEST_F(ReconcileTest, ReadsCommasAndThreeDecimalsExactly) {
    db.sql("UPDATE shop.prices SET amount_minor = 1234500 WHERE variant_id = 'OUD'");
    pay_by(order("A-1", "OUD"), "100", {"pay"}, "1234.500");
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT amount_minor || currency FROM shop.charges"), "1234500KWD");
}

TEST_F(ReconcileTest, GoesByWhatTheCustomerSawNotByWhatWasPaidIn) {
    pay_by(order("A-1"), "100", {"pay:SAR"});
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
}

TEST_F(ReconcileTest, HoldsAnotherAmountCurrencyOrText) {
    for (const auto& [id, display] : std::vector<std::pair<std::string, std::string>>{
             {"A-1", "12.499 KWD"}, {"A-2", "12.50 SAR"}}) {
        pay_by(order(id), "10" + id.substr(2), {"pay"});
        stub.control("invoice", {{"id", "10" + id.substr(2)}, {"display", display}});
    }
    EXPECT_EQ(job("payment.reconcile"), R"({"MISMATCH":2,"mismatch":2})");
    pay_by(order("A-3"), "103", {"pay"});
    stub.control("invoice", {{"id", "103"}, {"display", "twelve KWD"}});
    EXPECT_EQ(job("payment.reconcile", R"({"order":"A-3"})"), R"({"mismatch":1})");
    for (const char* id : {"A-1", "A-2", "A-3"}) {
        EXPECT_EQ(status(id), "PENDING");
        EXPECT_EQ(verdicts(id), "MISMATCH");
    }
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "3");
    expect_nothing_broken();
}

TEST_F(ReconcileTest, HoldsAnotherOrdersInvoice) {
    pay_by(order("A-1"), "100", {"pay"});
    stub.control("invoice", {{"id", "100"}, {"reference", "B-9.1"}});
    EXPECT_EQ(job("payment.reconcile"), R"({"mismatch":1})");
    EXPECT_EQ(status("A-1"), "PENDING");
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.charges"), "0");
}

TEST_F(ReconcileTest, HoldsAStatusThatNobodyKnows) {
    pay_by(order("A-1"), "100", {"strange"});
    EXPECT_EQ(job("payment.reconcile"), R"({"mismatch":1})");
    EXPECT_EQ(verdicts("A-1"), "MISMATCH");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1");
    EXPECT_EQ(attempt_state("A-1"), "SUBMITTED");
}

TEST_F(ReconcileTest, ClosesWhatIsCancelledOrExpiredThere) {
    pay_by(order("A-1"), "100", {"cancel"});
    pay_by(order("A-2"), "101", {"expire"});
    EXPECT_EQ(job("payment.reconcile"), R"({"canceled":1,"closed":2,"expired":1})");
    EXPECT_EQ(db.sql("SELECT string_agg(error, ' ' ORDER BY id) FROM shop.attempts"),
              "CANCELED EXPIRED");
    EXPECT_EQ(status("A-1"), "PENDING");
}

TEST_F(ReconcileTest, TakesNoBadAnswerForUnpaid) {
    pay_by(order("A-1"), "100");
    for (const char* step : {"500", "503", "404", "garbage", "notjson", "truncated", "huge",
                             "reset", "hang", "refuse", "403", "redirect"}) {
        stub.control("script", {{"id", "100"}, {"steps", json::array{step}}});
        EXPECT_EQ(job("payment.reconcile"), R"({"unsure":1})") << step;
        EXPECT_EQ(attempt_state("A-1"), "SUBMITTED") << step;
    }
    EXPECT_EQ(verdicts("A-1").find("UNPAID"), std::string::npos);
    EXPECT_EQ(stub.calls("/v2/elsewhere"), 0) << "the key goes nowhere else";
}

TEST_F(ReconcileTest, PutsAPaymentOfACancelledOrderInItsPlace) {
    pay_by(order("A-1"), "100");
    is_late("A-1");
    EXPECT_EQ(job("order.expire"), R"({"CANCELLED":1})");
    stub.pay("100");
    EXPECT_EQ(job("payment.reconcile"), R"({"LATE_PLACED":1,"paid":1})");
    EXPECT_EQ(status("A-1"), "PAID");
    expect_nothing_broken();
}

TEST_F(ReconcileTest, FindsAnOrderByTheGatewaysInvoice) {
    pay_by(order("A-1"), "100", {"pay"});
    EXPECT_EQ(job("payment.reconcile",
                  R"({"gateway":"mf","key_type":"invoice_id","key":"100","cause":"webhook"})"),
              R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT cause FROM barid.payment_check"), "webhook");
    EXPECT_EQ(db.sql("SELECT source FROM shop.charges"), "webhook");
    EXPECT_EQ(job("payment.reconcile", R"({"gateway":"mf","key_type":"invoice_id","key":"999"})"),
              R"({"not_ours":1})");
    EXPECT_THAT(job("payment.reconcile", R"({"gateway":"x","key_type":"invoice_id","key":"1"})"),
                HasSubstr("Retry: this worker has no [payment.x]"));
}

TEST_F(ReconcileTest, FindsByReferenceAnInvoiceThatTheShopNeverHeardOf) {
    db.sql("SELECT shop.begin_attempt('" + order("A-1") +
           "', 'mf', submitted => true, attempt_id => 'a-A-1')");
    stub.control("invoice", {{"id", "100"}, {"reference", "A-1.1"}, {"amount", "12.500"}});
    stub.pay("100");
    EXPECT_EQ(job("payment.reconcile", R"({"gateway":"mf","key_type":"invoice_id","key":"100"})"),
              R"({"FLIPPED":1,"paid":1})");
}

TEST_F(ReconcileTest, PausesTheFleetWhenTheKeyIsRefused) {
    pay_by(order("A-1"), "100", {"pay"});
    pay_by(order("A-2"), "101", {"pay"});
    stub.control("always", {{"step", "401"}});
    Worker another(*this, gateway_options(), payment_options());
    const std::string said = job("payment.reconcile");
    EXPECT_THAT(said, HasSubstr(R"("unsure")"));
    EXPECT_EQ(status("A-1"), "PENDING");
    stub.control("always", {{"step", nullptr}});
    const auto asked = stub.calls("/v2/GetPaymentStatus");
    EXPECT_EQ(output(run(attempt(another, "payment.reconcile", "{}"))), R"({"skipped":2})");
    EXPECT_EQ(stub.calls("/v2/GetPaymentStatus"), asked);
    EXPECT_EQ(db.sql("SELECT done FROM barid.payment_resume('mf', 'noura')"), "t");
    EXPECT_EQ(output(run(attempt(another, "payment.reconcile", "{}"))),
              R"({"FLIPPED":2,"paid":2})");
}

TEST_F(ReconcileTest, RestsForAsLongAsItIsTold) {
    pay_by(order("A-1"), "100", {"429:7", "pay"});
    EXPECT_EQ(job("payment.reconcile"), R"({"unsure":1})");
    EXPECT_EQ(db.sql("SELECT rests_until BETWEEN now() + interval '4 s' AND now() + interval '7 s' "
                     "FROM barid.payment_gateway"),
              "t");
    EXPECT_EQ(job("payment.reconcile"), R"({"skipped":1})");
    db.sql("UPDATE barid.payment_gateway SET rests_until = now()");
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT rests FROM barid.payment_gateway"), "0");
}

TEST_F(ReconcileTest, ComesBackWithinADayHoweverLongItIsToldToWait) {
    pay_by(order("A-1"), "100", {"429:2000000000"});
    const auto said = outcome("payment.reconcile", R"({"order":"A-1"})");
    const auto* retry = std::get_if<queue::Retry>(&said);
    ASSERT_NE(retry, nullptr);
    EXPECT_EQ(retry->after, std::chrono::hours(24));
    EXPECT_EQ(db.sql("SELECT rests_until <= now() + interval '1 day' FROM barid.payment_gateway"),
              "t");
}

TEST_F(ReconcileTest, AsksByThePaymentInTheThirdVersion) {
    auto third = gateway_options();
    third.v3 = true;
    use(third);
    pay_by(order("A-1"), "100");
    stub.control("pay", {{"id", "100"}, {"transaction", {{"id", "0808"}}}});
    db.sql("UPDATE shop.attempts SET invoice_id = NULL, payment_id = '0808'");
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(stub.calls("/v3/payments/"), 1);
    EXPECT_EQ(stub.calls("/v2/GetPaymentStatus"), 0);
}

TEST_F(ReconcileTest, LooksAtTheWholeInvoiceWhereTheThirdVersionShowsAFailure) {
    auto third = gateway_options();
    third.v3 = true;
    use(third);
    pay_by(order("A-1"), "100");
    stub.control("invoice", {{"id", "100"},
                             {"status", "Paid"},
                             {"transactions",
                              json::array{json::object{{"id", "0808"}, {"status", "Failed"}},
                                          json::object{{"id", "0809"}, {"status", "Succss"}}}}});
    db.sql("UPDATE shop.attempts SET invoice_id = NULL, payment_id = '0808'");
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT payment_id FROM shop.charges"), "0809");
}

TEST_F(ReconcileTest, KeepsNoCardsNamesOrKeys) {
    pay_by(order("A-1"), "100", {"pay"});
    job("payment.reconcile");
    const std::string kept = db.sql("SELECT string_agg(c::text, ' ') FROM barid.payment_check c");
    for (const char* secret : {"512345", "فاطمة", "test-key", "Bearer"}) {
        EXPECT_EQ(kept.find(secret), std::string::npos) << secret;
    }
}

TEST_F(ReconcileTest, ShowsItOnTheOrdersTimeline) {
    pay_by(order("A-1"), "100", {"pay"});
    job("payment.reconcile");
    const std::string timeline =
        "(SELECT item->>'title' || ' ' || (item->>'state') FROM barid.admin_timeline("
        "'order:A-1', NULL, NULL, true, true, true, true, NULL, NULL, 10";
    EXPECT_EQ(db.sql("SELECT * FROM " + timeline + ", true) WHERE item->>'type' = 'payment') t"),
              "reconcile PAID");
    EXPECT_EQ(
        db.sql("SELECT count(*) FROM " + timeline + ", false) WHERE item->>'type' = 'payment') t"),
        "0");
}

}  // namespace
}  // namespace barid::commerce
