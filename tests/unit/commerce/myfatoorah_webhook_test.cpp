#include "commerce/myfatoorah_webhook.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"

namespace barid::commerce {
namespace {

using About = WebhookHint::About;

const Secret kSecret("hook-secret");

std::string sign(std::string_view text, const Secret& secret = kSecret) {
    const Sha256Digest mac = hmac_sha256(secret.reveal(), text);
    return base64_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

constexpr std::string_view kV2 = R"({"Event":{"Code":1,"Name":"PAYMENT_STATUS_CHANGED"},"Data":{
    "Invoice":{"Id":"6409988","Status":"PAID","ExternalIdentifier":"A-1"},
    "Transaction":{"Status":"SUCCESS","PaymentId":"0707"},"Customer":{"Reference":"C-9"},
    "Amount":{"ValueInBaseCurrency":"12.500"}}})";
constexpr std::string_view kV2Start =
    "Invoice.Id=6409988,Invoice.Status=PAID,Transaction.Status=SUCCESS,Transaction.PaymentId=0707,";

TEST(Webhook, TakesBothOrdersThatAreDocumentedForAPayment) {
    for (const char* end : {"Invoice.ExternalIdentifier=A-1", "Customer.Reference=C-9"}) {
        const auto hint = read_webhook(kV2, sign(std::string(kV2Start) + end), kSecret);
        ASSERT_TRUE(hint) << end;
        EXPECT_EQ(hint->about, About::payment);
        EXPECT_EQ(hint->invoice_id, "6409988");
    }
}

TEST(Webhook, TakesNoOther) {
    const std::string good = sign(std::string(kV2Start) + "Invoice.ExternalIdentifier=A-1");
    EXPECT_FALSE(
        read_webhook(kV2, sign(std::string(kV2Start) + "Invoice.ExternalIdentifier="), kSecret));
    EXPECT_FALSE(read_webhook(kV2, good, Secret("another")));
    EXPECT_FALSE(read_webhook(kV2, good, Secret("")));
    EXPECT_FALSE(read_webhook(kV2, sign(""), Secret("")));
    EXPECT_FALSE(read_webhook(kV2, "", kSecret));
    EXPECT_FALSE(read_webhook(kV2, good + " ", kSecret));
    EXPECT_FALSE(read_webhook(kV2, good.substr(1), kSecret));
    std::string other(kV2);
    other.replace(other.find("6409988"), 7, "6409989");
    EXPECT_FALSE(read_webhook(other, good, kSecret));
}

TEST(Webhook, SortsWhatTheFirstVersionSigns) {
    const auto hint = read_webhook(
        R"({"EventType":1,"Event":"TransactionsStatusChanged","Data":{"InvoiceId":586170,
            "CustomerReference":"12223444","UserDefinedField":null,"customerName":"فاطمة",
            "TransactionStatus":"SUCCESS"}})",
        sign("customerName=فاطمة,CustomerReference=12223444,InvoiceId=586170,"
             "TransactionStatus=SUCCESS,UserDefinedField="),
        kSecret);
    ASSERT_TRUE(hint);
    EXPECT_EQ(hint->about, About::payment);
    EXPECT_EQ(hint->invoice_id, "586170");
}

TEST(Webhook, LeavesTheGatewaysReferenceOutOfARefund) {
    const auto hint = read_webhook(
        R"({"EventType":2,"Data":{"RefundId":7,"InvoiceId":5,"GatewayReference":"g",
            "RefundStatus":"REFUNDED"}})",
        sign("InvoiceId=5,RefundId=7,RefundStatus=REFUNDED"), kSecret);
    ASSERT_TRUE(hint);
    EXPECT_EQ(hint->about, About::refund);
    EXPECT_EQ(hint->refund_id, "7");
}

TEST(Webhook, ReadsARefundOfTheSecondVersion) {
    const auto hint = read_webhook(
        R"({"Event":{"Code":2},"Data":{"Refund":{"Id":"9","Status":"REFUNDED"},
            "Amount":{"ValueInBaseCurrency":"1.000"},"ReferencedInvoice":{"Id":"5"}}})",
        sign("Refund.Id=9,Refund.Status=REFUNDED,Amount.ValueInBaseCurrency=1.000,"
             "ReferencedInvoice.Id=5"),
        kSecret);
    ASSERT_TRUE(hint);
    EXPECT_EQ(hint->about, About::refund);
    EXPECT_EQ(hint->invoice_id, "5");
}

constexpr std::string_view kDeposit = R"({"Event":{"Code":3},"Data":{
    "Deposit":{"Reference":"2021000002","ValueInBaseCurrency":"6917.282",
               "NumberOfTransactions":"24"}}})";
constexpr std::string_view kSupplier = R"({"EventType":4,"Data":{
    "SupplierCode":11,"SupplierStatus":"REJECTED","KycFeedback":{"Comments":"x"}}})";

TEST(Webhook, MeansNothingByOtherEvents) {
    for (const auto& [text, signed_text] : std::vector<std::pair<std::string_view, const char*>>{
             {kDeposit,
              "Deposit.Reference=2021000002,Deposit.ValueInBaseCurrency=6917.282,"
              "Deposit.NumberOfTransactions=24"},
             {kSupplier, "SupplierCode=11,SupplierStatus=REJECTED"}}) {
        const auto hint = read_webhook(text, sign(signed_text), kSecret);
        ASSERT_TRUE(hint) << text;
        EXPECT_EQ(hint->about, About::nothing);
    }
}

TEST(Webhook, BelievesNoEventWithoutItsSignature) {
    for (const std::string_view text : {kDeposit, kSupplier}) {
        EXPECT_FALSE(read_webhook(text, "", kSecret)) << text;
        EXPECT_FALSE(read_webhook(text, sign(""), kSecret)) << text;
    }
    // Nobody has said what is signed of it.
    for (const char* code : {"-1", "0", "8", "99"}) {
        EXPECT_FALSE(read_webhook(
            std::string(R"({"Event":{"Code":)") + code + R"(},"Data":{"Invoice":{"Id":"1"}}})",
            sign(""), kSecret))
            << code;
    }
}

TEST(Webhook, TakesNoGarbage) {
    for (const char* text :
         {"", "null", "[]", "{}", R"({"Data":{}})", R"({"Event":{"Code":1}})",
          R"({"Event":{"Code":"1"},"Data":{}})", R"({"EventType":1,"Data":[]})"}) {
        EXPECT_FALSE(read_webhook(text, sign(""), kSecret)) << text;
    }
    const std::string big =
        R"({"EventType":3,"Data":{"a":")" + std::string(kWebhookBytes, 'x') + "\"}}";
    EXPECT_FALSE(read_webhook(big, "", kSecret));
}

}  // namespace
}  // namespace barid::commerce
