// The gateway's lane: one rate for all workers.
#include "tests/integration/commerce_payment/payment_fixture.hpp"

namespace barid::commerce {
namespace {

class GatewayTest : public PaymentFixture {};

TEST_F(GatewayTest, SharesOneRateAmongAllWorkers) {
    auto slow = gateway_options();
    slow.requests_per_minute = 60;  // one at once, then one a second
    slow.lane_wait = std::chrono::milliseconds(0);
    use(slow);
    Worker another(*this, slow, payment_options());
    stub.invoice("100", "R", "1.000");
    EXPECT_EQ(run(worker->gateway.status(KeyType::invoice_id, "100")).trouble, Trouble::none);
    EXPECT_EQ(run(another.gateway.status(KeyType::invoice_id, "100")).trouble, Trouble::paused);
    EXPECT_EQ(run(worker->gateway.status(KeyType::invoice_id, "100")).trouble, Trouble::paused);
    EXPECT_EQ(stub.calls("/v2/GetPaymentStatus"), 1);
}

TEST_F(GatewayTest, RestsLongerAndLongerWhenItIsntToldForHowLong) {
    const auto rest = [&] {
        stub.control("script", {{"path", "/v2/GetPaymentStatus"}, {"steps", json::array{"429"}}});
        EXPECT_EQ(run(worker->gateway.status(KeyType::invoice_id, "1")).trouble,
                  Trouble::throttled);
        const std::string seconds = db.sql(
            "UPDATE barid.payment_gateway g SET rests_until = NULL, tokens = 10 "
            "FROM barid.payment_gateway o RETURNING "
            "ceil(extract(epoch FROM o.rests_until - clock_timestamp()))::int");
        return seconds;
    };
    EXPECT_EQ(rest(), "5");
    EXPECT_EQ(rest(), "10");
    EXPECT_EQ(rest(), "20");
}

TEST_F(GatewayTest, SendsNothingToAPrivateAddressUnlessItMay) {
    auto closed = gateway_options();
    closed.allow_private = false;
    use(closed);
    EXPECT_EQ(run(worker->gateway.status(KeyType::invoice_id, "1")).trouble, Trouble::unreachable);
}

TEST_F(GatewayTest, TellsEachEndOfASecretNowhere) {
    auto wrong = gateway_options();
    wrong.api_key = Secret("a-wrong-key");
    use(wrong);
    const StatusAnswer answer = run(worker->gateway.status(KeyType::invoice_id, "1"));
    EXPECT_EQ(answer.trouble, Trouble::unauthorized);
    EXPECT_EQ(answer.problem.find("wrong-key"), std::string::npos);
    EXPECT_EQ(db.sql("SELECT g::text FROM barid.payment_gateway g").find("wrong-key"),
              std::string::npos);
}

TEST(ExecuteBody, WritesTheAmountByItsDigits) {
    const ExecuteRequest request{.reference = "A-1",
                                 .amount = {1'234'500, "KWD"},
                                 .body = {{"PaymentMethodId", 2}, {"InvoiceValue", 1}}};
    EXPECT_EQ(execute_body_v2(request),
              R"({"PaymentMethodId":2,"DisplayCurrencyIso":"KWD","CustomerReference":"A-1",)"
              R"("InvoiceValue":1234.500})");
    EXPECT_EQ(execute_body_v3({.reference = "A-1", .amount = {5, "SAR"}, .body = {}}),
              R"({"Customer":{"Reference":"A-1"},)"
              R"("Order":{"Currency":"SAR","ExternalIdentifier":"A-1","Amount":0.05}})");
    const std::string named = execute_body_v3(
        {.reference = "A-1",
         .amount = {5, "SAR"},
         .body = {{"Customer", {{"Name", "Noura"}, {"Reference", "hers"}}}, {"Language", "AR"}}});
    EXPECT_THAT(named, testing::HasSubstr(R"("Customer":{"Name":"Noura","Reference":"A-1"})"));
    EXPECT_THAT(named, testing::HasSubstr(R"("Language":"AR")"));
}

}  // namespace
}  // namespace barid::commerce
