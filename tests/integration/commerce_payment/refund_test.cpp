// payment.refund: asked for once, followed to its end.
#include "tests/integration/commerce_payment/payment_fixture.hpp"

namespace barid::commerce {
namespace {

class RefundTest : public PaymentFixture {
  protected:
    /// A charge of A-1 that has to go back; its refund's id.
    std::string due() {
        pay_by(order("A-1"), "100", {"duplicate"});
        job("payment.reconcile");
        return db.sql("SELECT id FROM shop.refunds");
    }
    std::string state() const { return db.sql("SELECT state FROM shop.refunds"); }
};

TEST_F(RefundTest, IsAskedForOnceAndFollowed) {
    const std::string reference = "refund-" + due();
    EXPECT_EQ(job("payment.refund"), R"({"REQUESTED":1})");
    EXPECT_EQ(state(), "REQUESTED");
    EXPECT_EQ(job("payment.refund"), R"({"pending":1})");
    stub.control("refund", {{"id", "270000"}, {"status", "Refunded"}});
    EXPECT_EQ(job("payment.refund"), R"({"REFUNDED":1})");
    EXPECT_EQ(state(), "REFUNDED");
    EXPECT_EQ(job("payment.refund"), "{}");
    EXPECT_EQ(stub.refund_calls(reference), 1);
    EXPECT_EQ(verdicts("A-1"), "PAID REFUND_REQUESTED REFUNDED");
    expect_nothing_broken();
}

TEST_F(RefundTest, IsHeldWhereTheCustomerGotAnotherAmount) {
    due();
    job("payment.refund");
    stub.control("refund", {{"id", "270000"}, {"status", "Refunded"}, {"given", 11.25}});
    for (int i = 0; i < 2; ++i) EXPECT_EQ(job("payment.refund"), R"({"mismatch":1})");
    EXPECT_EQ(state(), "REQUESTED");
    EXPECT_EQ(verdicts("A-1"), "PAID REFUND_REQUESTED MISMATCH");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.notification WHERE template_key = "
                     "'order_refunded'"),
              "0");
    stub.control("refund", {{"id", "270000"}, {"given", 12.5}});
    EXPECT_EQ(job("payment.refund"), R"({"REFUNDED":1})");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "0");
}

TEST_F(RefundTest, IsHeldInAStatusThatNobodyKnows) {
    due();
    job("payment.refund");
    stub.control("refund", {{"id", "270000"}, {"status", "Reversed"}});
    EXPECT_EQ(job("payment.refund"), R"({"no_answer":1})");
    EXPECT_EQ(state(), "REQUESTED");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1");
    stub.control("refund", {{"id", "270000"}, {"status", "Refunded"}});
    EXPECT_EQ(job("payment.refund"), R"({"REFUNDED":1})");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "0");
}

TEST_F(RefundTest, MayBeRejectedInTheEnd) {
    due();
    job("payment.refund");
    stub.control("refund", {{"id", "270000"}, {"status", "Canceled"}});
    EXPECT_EQ(job("payment.refund"), R"({"REJECTED":1})");
    EXPECT_EQ(state(), "REJECTED");
    EXPECT_EQ(job("payment.refund"), "{}");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1") << "somebody's money is still here";
    db.sql("SELECT shop.retry_refund(id, 'noura') FROM shop.refunds");
    EXPECT_EQ(job("payment.refund"), R"({"REQUESTED":1})");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "0");
}

TEST_F(RefundTest, MayBeRejectedAtOnce) {
    due();
    stub.control("script", {{"path", "/v2/MakeRefund"}, {"steps", json::array{"refuse"}}});
    EXPECT_EQ(job("payment.refund"), R"({"REJECTED":1})");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1");
}

TEST_F(RefundTest, IsLookedUpAndNeverSentAgainAfterADoubt) {
    for (const char* step : {"same!hang"}) {
        const std::string reference = "refund-" + due();
        stub.control("script", {{"path", "/v2/MakeRefund"}, {"steps", json::array{step}}});
        EXPECT_EQ(job("payment.refund"), R"({"UNKNOWN":1})");
        EXPECT_EQ(job("payment.refund"), R"({"pending":1})");
        EXPECT_EQ(state(), "REQUESTED");
        EXPECT_EQ(db.sql("SELECT gateway_refund_id FROM shop.refunds"), "270000");
        EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "0");
        EXPECT_EQ(stub.refund_calls(reference), 1);
    }
    expect_nothing_broken();
}

TEST_F(RefundTest, StaysUnknownWhereTheGatewayHasNothing) {
    const std::string reference = "refund-" + due();
    stub.control("script", {{"path", "/v2/MakeRefund"}, {"steps", json::array{"hang"}}});
    EXPECT_EQ(job("payment.refund"), R"({"UNKNOWN":1})");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(job("payment.refund"), R"({"still_unknown":1})");
    EXPECT_EQ(state(), "UNKNOWN");
    EXPECT_EQ(verdicts("A-1"), "PAID REFUND_UNKNOWN MISMATCH");
    EXPECT_EQ(db.sql("SELECT barid.payment_held()"), "1");
    EXPECT_EQ(stub.refund_calls(reference), 1);
    EXPECT_EQ(db.sql("SELECT open_refunds FROM barid.payment_gateway"), "1");
}

TEST_F(RefundTest, IsNotClaimedWhileTheGatewayIsPaused) {
    const std::string reference = "refund-" + due();
    db.sql("SELECT barid.payment_pause('mf', 'test')");
    use();  // another worker, with no place of its own left over
    EXPECT_EQ(job("payment.refund"), R"({"skipped":1})");
    EXPECT_EQ(state(), "DUE");
    EXPECT_EQ(stub.refund_calls(reference), 0);
}

TEST_F(RefundTest, IsDueAgainWhereTheGatewayDidntLookAtIt) {
    due();
    stub.control("script", {{"path", "/v2/MakeRefund"}, {"steps", json::array{"401"}}});
    EXPECT_EQ(job("payment.refund"), R"({"DUE":1})");
    EXPECT_EQ(db.sql("SELECT state || executions FROM shop.refunds"), "DUE0");
    db.sql("SELECT barid.payment_resume('mf', 'test')");
    use();
    EXPECT_EQ(job("payment.refund"), R"({"REQUESTED":1})");
    EXPECT_EQ(db.sql("SELECT state || executions FROM shop.refunds"), "REQUESTED1");
    expect_nothing_broken();
}

TEST_F(RefundTest, IsHeldInACurrencyThatTheAccountDoesntRefundIn) {
    due();
    db.sql("UPDATE shop.refunds SET currency = 'SAR'");
    EXPECT_EQ(job("payment.refund"), R"({"held":1})");
    EXPECT_EQ(state(), "DUE");
}

TEST_F(RefundTest, IsAskedForByOneOfTwoWorkers) {
    const std::string reference = "refund-" + due();
    Worker another(*this, gateway_options(), payment_options());
    const auto both = [&]() -> awaitable<void> {
        const std::vector<Worker*> workers{worker.get(), &another, worker.get()};
        const auto work = [&](Worker* const& by) -> awaitable<void> {
            co_await attempt(*by, "payment.refund", "{}");
        };
        co_await side_by_side(workers, 3, work);
    };
    run(both());
    EXPECT_EQ(stub.refund_calls(reference), 1);
    expect_nothing_broken();
}

}  // namespace
}  // namespace barid::commerce
