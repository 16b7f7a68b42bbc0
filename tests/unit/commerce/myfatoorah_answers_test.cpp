#include "commerce/myfatoorah_answers.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace barid::commerce {
namespace {

std::string status_json(std::string_view status, std::string_view transactions,
                        std::string_view display = "1,234.500 KWD") {
    return fmt::format(
        R"({{"IsSuccess":true,"Message":"","ValidationErrors":null,"Data":{{"InvoiceId":613842,
            "InvoiceStatus":"{}","CustomerReference":"A-1","ExpiryDate":"November 23, 2026",
            "ExpiryTime":"18:23:13.362","InvoiceValue":1234.5,"CustomerName":"فاطمة",
            "InvoiceDisplayValue":"{}","InvoiceTransactions":[{}]}}}})",
        status, display, transactions);
}

std::string transaction_json(std::string_view status) {
    return fmt::format(
        R"({{"PaymentId":"0706","TransactionStatus":"{}","PaidCurrency":"SAR",
            "PaidCurrencyValue":"15.200","CardNumber":"512345xxxxxx0008"}})",
        status);
}

StatusAnswer status(std::string_view body, int code = 200, bool cut = false) {
    return read_payment_status({.status = code, .body = body, .cut = cut});
}

Standing standing(std::string_view word) {
    const auto answer = status(status_json("Pending", transaction_json(word)));
    return answer.invoice->transactions.at(0).standing;
}

TEST(PaymentStatus, ReadsWhatTheDocumentationShows) {
    const auto answer = status(status_json("Paid", transaction_json("Succss")));
    ASSERT_TRUE(answer.invoice);
    const Invoice& invoice = *answer.invoice;
    EXPECT_EQ(invoice.id, "613842");
    EXPECT_EQ(invoice.state, InvoiceState::paid);
    EXPECT_EQ(invoice.reference, "A-1");
    EXPECT_EQ(invoice.display, (Money{1'234'500, "KWD"}));
    ASSERT_EQ(invoice.transactions.size(), 1U);
    EXPECT_EQ(invoice.transactions[0].payment_id, "0706");
    EXPECT_EQ(invoice.transactions[0].standing, Standing::succeeded);
    EXPECT_EQ(invoice.transactions[0].currency, "SAR");
}

TEST(PaymentStatus, TellsEachWordOfAPayment) {
    EXPECT_EQ(standing("Succss"), Standing::succeeded);
    EXPECT_EQ(standing("SUCCESS"), Standing::succeeded);
    EXPECT_EQ(standing("Failed"), Standing::failed);
    EXPECT_EQ(standing("InProgress"), Standing::under_way);
    EXPECT_EQ(standing("Authorize"), Standing::under_way);
    EXPECT_EQ(standing("Canceled"), Standing::failed);
    EXPECT_EQ(standing("Succ"), Standing::unknown);
    EXPECT_EQ(standing(""), Standing::unknown);
}

TEST(PaymentStatus, TellsEachWordOfAnInvoice) {
    const auto state = [](std::string_view word) {
        return status(status_json(word, "")).invoice->state;
    };
    EXPECT_EQ(state("Pending"), InvoiceState::pending);
    EXPECT_EQ(state("DuplicatePayment"), InvoiceState::paid);
    EXPECT_EQ(state("Canceled"), InvoiceState::canceled);
    EXPECT_EQ(state("Reversed"), InvoiceState::unknown);
}

TEST(PaymentStatus, KeepsAnAmountThatItDoesntUnderstand) {
    const auto answer = status(status_json("Paid", "", "1.234,500 KWD"));
    EXPECT_FALSE(answer.invoice->display);
    EXPECT_EQ(answer.invoice->display_text, "1.234,500 KWD");
}

TEST(PaymentStatus, TellsApartWhyThereIsNoAnswer) {
    const std::string_view nothing =
        R"({"IsSuccess":false,"Message":"No data match the provided values","Data":null})";
    EXPECT_EQ(status(nothing, 400).trouble, Trouble::not_found);
    EXPECT_EQ(status("", 401).trouble, Trouble::unauthorized);
    EXPECT_EQ(status("", 429).trouble, Trouble::throttled);
    EXPECT_EQ(status("", 500).trouble, Trouble::doubtful);
    EXPECT_EQ(status(nothing, 500).trouble, Trouble::doubtful);
    EXPECT_EQ(status("", 404).trouble, Trouble::doubtful);
    EXPECT_EQ(status(nothing, 302).trouble, Trouble::doubtful);
    const std::string_view wrong =
        R"({"IsSuccess":false,"Message":"","ValidationErrors":[{"Name":"Key","Error":"is bad"}]})";
    EXPECT_EQ(status(wrong, 400).trouble, Trouble::refused);
    EXPECT_EQ(status(wrong, 400).problem, "Key: is bad");
}

TEST(PaymentStatus, TakesNoGarbage) {
    const std::string good = status_json("Paid", transaction_json("Succss"));
    EXPECT_EQ(status(good, 200, true).trouble, Trouble::doubtful);
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto answer = status(std::string_view(good).substr(0, size));
        EXPECT_EQ(answer.trouble, Trouble::doubtful) << size;
        EXPECT_FALSE(answer.invoice);
    }
    for (const char* text :
         {"<html>صيانة</html>", "null", "[]", "{}", R"({"IsSuccess":"true","Data":{}})",
          R"({"IsSuccess":true,"Data":null})", R"({"IsSuccess":true,"Data":[]})",
          R"({"IsSuccess":true,"Data":{"InvoiceId":1}})",
          R"({"IsSuccess":true,"Data":{"InvoiceStatus":"Paid"}})",
          R"({"IsSuccess":true,"Data":{"InvoiceId":1,"InvoiceStatus":7}})",
          R"({"IsSuccess":true,"Data":{"InvoiceId":1.5,"InvoiceStatus":"Paid"}})",
          R"({"IsSuccess":true,"Data":{"InvoiceId":1,"InvoiceStatus":"Paid",
              "InvoiceTransactions":{}}})",
          R"({"IsSuccess":true,"Data":{"InvoiceId":1,"InvoiceStatus":"Paid",
              "InvoiceTransactions":[3]}})"}) {
        EXPECT_EQ(status(text).trouble, Trouble::doubtful) << text;
    }
}

TEST(PaymentDetails, ReadsOnePayment) {
    const auto answer = read_payment_details({.status = 200, .body = R"({"IsSuccess":true,"Data":{
        "Invoice":{"Id":"6389662","Status":"PAID","ExternalIdentifier":null,
                   "ExpirationDate":"2026-06-22T16:23:49.5900000Z"},
        "Transaction":{"Status":"SUCCESS","PaymentId":"0707"},"Customer":{"Reference":"A-7"},
        "Amount":{"DisplayCurrency":"SAR","ValueInDisplayCurrency":"1,010.50",
                  "PayCurrency":"USD","ValueInPayCurrency":"270.1"}}})"});
    ASSERT_TRUE(answer.invoice);
    EXPECT_EQ(answer.invoice->id, "6389662");
    EXPECT_EQ(answer.invoice->reference, "A-7");
    EXPECT_EQ(answer.invoice->display, (Money{101'050, "SAR"}));
    EXPECT_EQ(answer.invoice->transactions.at(0).standing, Standing::succeeded);
    EXPECT_EQ(answer.invoice->expires_at,
              kuwait_time("June 22, 2026", "19:23:49"));  // three hours later there
}

TEST(Execute, DoubtsWhatItWasntTold) {
    const auto read = [](int code, std::string_view body) {
        return read_execute({.status = code, .body = body}).trouble;
    };
    EXPECT_EQ(read(200, R"({"IsSuccess":true,"Data":{"InvoiceId":7}})"), Trouble::none);
    EXPECT_EQ(read(200, R"({"IsSuccess":true,"Data":{"InvoiceId":null}})"), Trouble::doubtful);
    EXPECT_EQ(read(200, R"({"IsSuccess":false,"Message":"Payment failed"})"), Trouble::doubtful);
    EXPECT_EQ(read(400, R"({"IsSuccess":false,"ValidationErrors":[{"Name":"a","Error":"b"}]})"),
              Trouble::refused);
    EXPECT_EQ(read(400, R"({"IsSuccess":false,"FieldsErrors":[{"Name":"a","Error":"b"}]})"),
              Trouble::refused);
    EXPECT_EQ(read(400, R"({"IsSuccess":false,"ValidationErrors":[],"FieldsErrors":null})"),
              Trouble::doubtful);
    EXPECT_EQ(read(400, R"({"IsSuccess":false,"Message":"No data match the provided values"})"),
              Trouble::doubtful);
    EXPECT_EQ(read(502, "<html>"), Trouble::doubtful);
}

TEST(Refunds, ReadsEachState) {
    const auto answer = read_refunds({.status = 200, .body = R"({"IsSuccess":true,"Data":{
        "RefundStatusResult":[{"RefundId":1,"RefundStatus":"Refunded","ExternalIdentifier":"r1"},
                              {"RefundId":2,"RefundStatus":"Canceled"},
                              {"RefundId":3,"RefundStatus":"Pending"},
                              {"RefundId":4,"RefundStatus":"Lost"}]}})"});
    ASSERT_EQ(answer.refunds.size(), 4U);
    EXPECT_EQ(answer.refunds[0].state, RefundState::refunded);
    EXPECT_EQ(answer.refunds[0].reference, "r1");
    EXPECT_EQ(answer.refunds[1].state, RefundState::rejected);
    EXPECT_EQ(answer.refunds[2].state, RefundState::pending);
    EXPECT_EQ(answer.refunds[3].state, RefundState::unknown);
    EXPECT_EQ(answer.refunds[0].value, "") << "it isn't said";
}

TEST(Refunds, ReadsWhatTheCustomerGot) {
    const auto answer = read_refunds({.status = 200, .body = R"({"IsSuccess":true,"Data":{
        "RefundStatusResult":[{"RefundId":1,"RefundAmount":12.5,"BaseCurrency":"KWD"},
                              {"RefundId":2,"RefundAmount":3},
                              {"RefundId":3,"RefundAmount":"1,234.500"},
                              {"RefundId":4,"RefundAmount":[]}]}})"});
    ASSERT_EQ(answer.refunds.size(), 4U);
    EXPECT_EQ(answer.refunds[0].value + answer.refunds[0].currency, "12.5KWD");
    EXPECT_EQ(refund_problem(answer.refunds[0], {12'500, "KWD"}), "");
    EXPECT_EQ(refund_problem(answer.refunds[1], {3'000, "KWD"}), "");
    EXPECT_EQ(refund_problem(answer.refunds[2], {1'234'500, "KWD"}), "");
    EXPECT_EQ(refund_problem(answer.refunds[0], {12'501, "KWD"}),
              R"(12.501 KWD was asked for, but "12.5" KWD was given back)");
    EXPECT_NE(refund_problem(answer.refunds[0], {1'250, "SAR"}), "");
    EXPECT_NE(refund_problem(answer.refunds[3], {3'000, "KWD"}), "") << "it isn't understood";
}

TEST(KuwaitTime, IsThreeHoursAheadOfUtc) {
    using namespace std::chrono;
    const SystemTime at = SystemTime(sys_days(year(2026) / 11 / 23)) + 15h + 23min + 13s;
    EXPECT_EQ(kuwait_time("November 23, 2026", "18:23:13.362"), at);
    EXPECT_EQ(kuwait_time("January 1, 2026", "00:30:00"),
              SystemTime(sys_days(year(2025) / 12 / 31)) + 21h + 30min);
    for (const char* date :
         {"", "Nov 23, 2026", "November 31, 2026", "November 23 2026", "November 0, 2026",
          "2026-11-23", "November 23, 26", "November , 2026"}) {
        EXPECT_FALSE(kuwait_time(date, "18:23:13")) << date;
    }
    for (const char* time :
         {"", "18:23", "24:00:00", "18:60:00", "18-23-13", "18:23:13x", "18:23:13.x"}) {
        EXPECT_FALSE(kuwait_time("November 23, 2026", time)) << time;
    }
}

}  // namespace
}  // namespace barid::commerce
