// order.expire: no cancellation without a fresh answer, none against money.
#include "tests/integration/commerce_payment/payment_fixture.hpp"

namespace barid::commerce {
namespace {

class ExpireTest : public PaymentFixture {
  protected:
    void late_order(const std::string& id, const std::string& invoice,
                    const json::array& script = {}) {
        pay_by(order(id), invoice, script);
        is_late(id);
    }
};

TEST_F(ExpireTest, CancelsWhatNobodyPaid) {
    late_order("A-1", "100", {"fail"});
    order("A-2");
    is_late("A-2");
    order("A-3");
    EXPECT_EQ(job("order.expire"), R"({"CANCELLED":2})");
    EXPECT_EQ(status("A-1"), "CANCELLED");
    EXPECT_EQ(status("A-3"), "PENDING");
    EXPECT_EQ(verdicts("A-1"), "UNPAID");
    EXPECT_EQ(verdicts("A-2"), "UNPAID");
    EXPECT_EQ(db.sql("SELECT result FROM barid.payment_check WHERE order_id = 'A-1'"), "CANCELLED");
    EXPECT_EQ(db.sql("SELECT available FROM shop.stock WHERE variant_id = 'ROSE' "
                     "AND location_id = 'KW'"),
              "9");
    EXPECT_EQ(job("order.expire"), "{}");
    expect_nothing_broken();
}

TEST_F(ExpireTest, PaysWhatWasPaidBetweenTheLastCheckAndTheCancellation) {
    late_order("A-1", "100", {"same", "pay"});
    EXPECT_EQ(job("payment.reconcile"), R"({"open":1})");
    EXPECT_EQ(job("order.expire"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(status("A-1"), "PAID");
    expect_nothing_broken();
}

TEST_F(ExpireTest, LeavesWhatNobodyIsSureOf) {
    int invoice = 100;
    for (const char* step : {"inprogress", "authorize", "strange", "500", "hang", "garbage",
                             "truncated", "huge", "429", "404"}) {
        const std::string id = "A-" + std::to_string(invoice);
        pay_by(order(id, "DATES"), std::to_string(invoice), {step});
        is_late(id);
        const std::string said = job("order.expire");
        const std::string is = step == std::string("strange") ? "mismatch" : "unsure";
        EXPECT_EQ(said, "{\"" + is + "\":1}") << step;
        EXPECT_EQ(status(id), "PENDING") << step;
        db.sql(
            "UPDATE shop.orders SET expires_at = now() + interval '1 hour';"
            "UPDATE barid.payment_gateway SET rests_until = NULL");
        invoice += 1;
        if (invoice == 110) break;
    }
    expect_nothing_broken();
}

TEST_F(ExpireTest, CancelsNothingWhileTheGatewayIsPaused) {
    late_order("A-1", "100");
    stub.control("always", {{"step", "401"}});
    EXPECT_EQ(job("order.expire"), R"({"unsure":1})");
    stub.control("always", {{"step", nullptr}});
    EXPECT_EQ(job("order.expire"), R"({"skipped":1})");
    EXPECT_EQ(status("A-1"), "PENDING");
}

TEST_F(ExpireTest, KeepsOneRowOfAnOrderThatItIsUnsureOfForDays) {
    pay_by(order("A-1"), "100", {"inprogress"});
    is_late("A-1");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(job("order.expire"), R"({"unsure":1})");
        EXPECT_EQ(job("payment.reconcile"), R"({"under_way":1})");
    }
    EXPECT_EQ(db.sql("SELECT count(*) || ' ' || max(times) FROM barid.payment_check"), "1 6");
}

TEST_F(ExpireTest, LeavesMoneyOfAnotherAmountToPeople) {
    late_order("A-1", "100", {"pay"});
    stub.control("invoice", {{"id", "100"}, {"display", "99.000 KWD"}});
    EXPECT_EQ(job("order.expire"), R"({"MISMATCH":1,"mismatch":1})");
    EXPECT_EQ(status("A-1"), "PENDING");
    EXPECT_EQ(job("order.expire"), "{}");
    expect_nothing_broken();
}

TEST_F(ExpireTest, WaitsForAnAttemptThatIsBeingExecuted) {
    order("A-1");
    to_execute("A-1");
    db.sql("SELECT barid_shop.claim_attempt('a-A-1', interval '1 minute')");
    is_late("A-1");
    EXPECT_EQ(job("order.expire"), R"({"unsure":1})");
    EXPECT_EQ(status("A-1"), "PENDING");
}

TEST_F(ExpireTest, AsksAboutEachAttempt) {
    late_order("A-1", "100", {"fail"});
    db.sql("SELECT shop.begin_attempt('A-1', 'mf', invoice_id => '101', attempt_id => 'b')");
    stub.control("invoice", {{"id", "101"},
                             {"reference", "A-1.2"},
                             {"amount", "12.500"},
                             {"script", json::array{"pay"}}});
    EXPECT_EQ(job("order.expire"), R"({"FLIPPED":1,"open":1,"paid":1})");
    EXPECT_EQ(status("A-1"), "PAID");
    expect_nothing_broken();
}

TEST_F(ExpireTest, LooksAgainWhenSomethingHappenedMeanwhile) {
    // While the gateway is asked, the customer begins another attempt.
    late_order("A-1", "100", {"slow:200"});
    std::string said;
    const auto both = [&]() -> awaitable<void> {
        const std::vector<int> sides{0, 1};
        const auto work = [&](const int& side) -> awaitable<void> {
            if (side == 0) {
                said = output(co_await attempt(*worker, "order.expire", "{}"));
                co_return;
            }
            for (;;) {
                if (stub.calls("/v2/GetPaymentStatus") > 0) break;
                co_await pool.execute("SELECT pg_sleep(0.01)");
            }
            co_await pool.execute(
                "SELECT shop.begin_attempt('A-1', 'mf', invoice_id => '101', attempt_id => 'b')");
        };
        co_await side_by_side(sides, 2, work);
    };
    stub.control("invoice", {{"id", "101"}, {"reference", "A-1.2"}, {"amount", "12.500"}});
    run(both());
    EXPECT_EQ(said, R"({"CANCELLED":1,"STALE_EVIDENCE":1})");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.payment_check"), "2");
    expect_nothing_broken();
}

TEST_F(ExpireTest, GoesThroughManyPages) {
    auto options = payment_options();
    options.batch = 3;
    options.concurrency = 2;
    use(options);
    for (int i = 0; i < 10; ++i) {
        const std::string id = "A-" + std::to_string(i);
        order(id, i % 2 == 0 ? "ROSE" : "OUD");
        is_late(id);
    }
    EXPECT_EQ(job("order.expire"), R"({"CANCELLED":10})");
    expect_nothing_broken();
}

}  // namespace
}  // namespace barid::commerce
