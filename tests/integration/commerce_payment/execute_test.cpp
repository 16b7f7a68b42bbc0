// payment.execute: one request to the gateway, whatever happens.
#include "tests/integration/commerce_payment/payment_fixture.hpp"

namespace barid::commerce {
namespace {

using testing::HasSubstr;

class ExecuteTest : public PaymentFixture {
  protected:
    std::string execute(const std::string& order) {
        return job("payment.execute", R"({"attempt":"a-)" + order + "\"}");
    }
    void gateway_does(const std::string& order, const std::string& step) {
        stub.control("script", {{"reference", order + ".1"}, {"steps", json::array{step}}});
    }
};

TEST_F(ExecuteTest, SubmitsAnAttempt) {
    to_execute(order("A-1"));
    EXPECT_EQ(execute("A-1"), R"({"SUBMITTED":1})");
    EXPECT_EQ(db.sql("SELECT state || ' ' || invoice_id FROM shop.attempts"), "SUBMITTED 6300000");
    EXPECT_EQ(execute("A-1"), R"({"not_claimed":1})");
    EXPECT_EQ(stub.executes("A-1.1"), 1);
    stub.pay("6300000");
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(json::serialize(stub.state().at("problems")), "[]");
    expect_nothing_broken();
}

TEST_F(ExecuteTest, SpeaksTheThirdVersion) {
    auto third = gateway_options();
    third.v3 = true;
    use(third);
    to_execute(order("A-1"));
    gateway_does("A-1", "pay");
    EXPECT_EQ(execute("A-1"), R"({"SUBMITTED":1})");
    EXPECT_EQ(stub.calls("/v3/payments"), 1);
    // It was paid at once: somebody looks soon.
    EXPECT_EQ(db.sql("SELECT payload->>'key' FROM barid.job WHERE kind = 'payment.reconcile'"),
              "6300000");
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
}

TEST_F(ExecuteTest, NeverExecutesAgainWhatMayHaveBeenCharged) {
    for (const char* step : {"pay!hang", "pay!reset", "pay!500", "pay!garbage", "pay!truncated"}) {
        const std::string id = "A-" + std::string(step).substr(4);
        to_execute(order(id, "DATES"));
        gateway_does(id, step);
        EXPECT_EQ(execute(id), R"({"UNKNOWN":1})") << step;
        EXPECT_EQ(execute(id), R"({"not_claimed":1})") << step;
        EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})") << step;
        EXPECT_EQ(status(id), "PAID") << step;
        EXPECT_EQ(stub.executes(id + ".1"), 1) << step;
    }
    expect_nothing_broken();
}

TEST_F(ExecuteTest, FindsAgainWhatArrivedUnpaid) {
    to_execute(order("A-1"));
    gateway_does("A-1", "same!hang");
    EXPECT_EQ(execute("A-1"), R"({"UNKNOWN":1})");
    EXPECT_EQ(job("payment.reconcile"), R"({"found":1,"open":1})");
    EXPECT_EQ(db.sql("SELECT state || ' ' || invoice_id FROM shop.attempts"), "SUBMITTED 6300000");
}

TEST_F(ExecuteTest, ClosesWhatNeverArrivedOnlyAfterAWhile) {
    use({.reconcile_after = std::chrono::milliseconds(0), .unknown_after = std::chrono::hours(1)});
    to_execute(order("A-1"));
    gateway_does("A-1", "hang");
    EXPECT_EQ(execute("A-1"), R"({"UNKNOWN":1})");
    const auto older = [&](const char* by) {
        db.sql(std::string("UPDATE shop.attempts SET created_at = created_at - interval '") + by +
               "'; UPDATE barid.payment_check SET created_at = created_at - interval '" + by + "'");
    };
    EXPECT_EQ(job("payment.reconcile"), R"({"not_found":1})");
    older("59 minutes");
    EXPECT_EQ(job("payment.reconcile"), R"({"not_found":1})");
    EXPECT_EQ(attempt_state("A-1"), "UNKNOWN");
    older("2 minutes");
    EXPECT_EQ(job("payment.reconcile"), R"({"closed":1,"not_found":1})");
    EXPECT_EQ(db.sql("SELECT state || ' ' || error FROM shop.attempts"), "FAILED NOT_FOUND");
    EXPECT_EQ(stub.executes("A-1.1"), 1);
}

TEST_F(ExecuteTest, FailsWhatCertainlyDidntHappen) {
    to_execute(order("A-1"));
    gateway_does("A-1", "refuse");
    EXPECT_EQ(execute("A-1"), R"({"FAILED":1})");
    EXPECT_THAT(db.sql("SELECT error FROM shop.attempts"), HasSubstr("InvoiceValue: refused"));
    to_execute(order("A-2"));
    stub.control("always", {{"step", "401"}});
    EXPECT_EQ(execute("A-2"), R"({"FAILED":1})");
    EXPECT_EQ(db.sql("SELECT paused_at IS NOT NULL FROM barid.payment_gateway"), "t");
    to_execute(order("A-3"));
    EXPECT_EQ(execute("A-3"), R"({"FAILED":1})");
    EXPECT_EQ(stub.executes("A-3.1"), 0);
}

TEST_F(ExecuteTest, FailsARequestThatIsNone) {
    db.sql("SELECT shop.begin_attempt('" + order("A-1") + "', 'other', attempt_id => 'a-A-1')");
    EXPECT_EQ(execute("A-1"), R"({"FAILED":1})");
    EXPECT_THAT(db.sql("SELECT error FROM shop.attempts"), HasSubstr("no [payment.other]"));
}

TEST_F(ExecuteTest, LetsOneOfTwoWorkersExecute) {
    Worker another(*this, gateway_options(), payment_options());
    to_execute(order("A-1"));
    gateway_does("A-1", "slow:100");
    std::vector<std::string> said;
    const auto both = [&]() -> awaitable<void> {
        const std::vector<Worker*> workers{worker.get(), &another, worker.get(), &another};
        const auto work = [&](Worker* const& by) -> awaitable<void> {
            said.push_back(
                output(co_await attempt(*by, "payment.execute", R"({"attempt":"a-A-1"})")));
        };
        co_await side_by_side(workers, 4, work);
    };
    run(both());
    std::ranges::sort(said);
    EXPECT_THAT(said, testing::ElementsAre(R"({"SUBMITTED":1})", R"({"not_claimed":1})",
                                           R"({"not_claimed":1})", R"({"not_claimed":1})"));
    EXPECT_EQ(stub.executes("A-1.1"), 1);
    expect_nothing_broken();
}

TEST_F(ExecuteTest, LooksUpWhatAWorkerDiedOver) {
    to_execute(order("A-1"));
    const std::string fence =
        db.sql("SELECT barid_shop.claim_attempt('a-A-1', interval '1 microsecond')");
    stub.control("invoice", {{"id", "500"}, {"reference", "A-1.1"}, {"amount", "12.500"}});
    stub.pay("500");
    EXPECT_EQ(execute("A-1"), R"({"not_claimed":1})");
    EXPECT_EQ(job("payment.reconcile"), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(stub.executes("A-1.1"), 0);
    expect_nothing_broken();
}

}  // namespace
}  // namespace barid::commerce
