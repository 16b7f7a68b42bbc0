#include "commerce/gateway.hpp"

#include <gtest/gtest.h>

namespace barid::commerce {
namespace {

using namespace std::chrono_literals;

const SystemTime kNow = SystemTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22));

Attempt attempt() {
    return {.order = "42",
            .id = "a1",
            .gateway = "mf",
            .state = "SUBMITTED",
            .key = "100",
            .reference = "A-1",
            .amount = {12'500, "KWD"}};
}

Invoice invoice(InvoiceState state, std::vector<Standing> payments = {}) {
    Invoice out{.id = "100",
                .state = state,
                .status = "x",
                .reference = "A-1",
                .display = Money{12'500, "KWD"},
                .expires_at = kNow + 1h};
    for (const Standing standing : payments) {
        out.transactions.push_back(
            {.payment_id = "p" + std::to_string(out.transactions.size()), .standing = standing});
    }
    return out;
}

Finding finding(const Invoice& about, const Attempt& of = attempt()) {
    return judge_invoice(of, about, kNow).finding;
}

using enum Standing;

TEST(JudgeInvoice, IsPaidOnlyWithASuccessfulPayment) {
    EXPECT_EQ(finding(invoice(InvoiceState::paid, {failed, succeeded})), Finding::paid);
    EXPECT_EQ(finding(invoice(InvoiceState::paid, {succeeded, failed})), Finding::paid);
}

// Somebody may have paid, and nothing else will ever say so: a person has to look.
TEST(JudgeInvoice, HoldsMoneyThatItsInvoiceDoesntKnowOf) {
    EXPECT_EQ(finding(invoice(InvoiceState::paid, {failed})), Finding::mismatch);
    EXPECT_EQ(finding(invoice(InvoiceState::paid)), Finding::mismatch);
    EXPECT_EQ(finding(invoice(InvoiceState::canceled, {succeeded})), Finding::mismatch);
    const Evidence open =
        judge_invoice(attempt(), invoice(InvoiceState::pending, {succeeded}), kNow);
    EXPECT_EQ(open.finding, Finding::mismatch);
    EXPECT_TRUE(open.payments.empty()) << "the shop isn't told of it as paid";
}

TEST(JudgeInvoice, NamesEachSuccessfulPayment) {
    const Evidence evidence =
        judge_invoice(attempt(), invoice(InvoiceState::paid, {succeeded, failed, succeeded}), kNow);
    EXPECT_EQ(evidence.payments, (std::vector<std::string>{"p0", "p2"}));
    EXPECT_EQ(evidence.amount, (Money{12'500, "KWD"}));
}

TEST(JudgeInvoice, StaysOpenAfterAFailedPayment) {
    EXPECT_EQ(finding(invoice(InvoiceState::pending)), Finding::open);
    EXPECT_EQ(finding(invoice(InvoiceState::pending, {failed, failed})), Finding::open);
    EXPECT_EQ(finding(invoice(InvoiceState::pending, {failed, under_way})), Finding::under_way);
}

TEST(JudgeInvoice, ExpiresOnlyWhatIsPendingWithNothingUnderWay) {
    Invoice late = invoice(InvoiceState::pending, {failed});
    late.expires_at = kNow - kExpiryGrace - 1s;
    EXPECT_EQ(finding(late), Finding::expired);
    late.transactions.front().standing = under_way;
    EXPECT_EQ(finding(late), Finding::under_way);
    late = invoice(InvoiceState::pending);
    late.expires_at.reset();
    EXPECT_EQ(finding(late), Finding::open);
    late = invoice(InvoiceState::paid, {succeeded});
    late.expires_at = kNow - 1h;
    EXPECT_EQ(finding(late), Finding::paid);
}

// Clocks differ, and Egypt's time that is read as Kuwait's is an hour too early: what is closed
// isn't asked about again.
TEST(JudgeInvoice, IsExpiredOnlyWhenItIsByEachClockThatMayBeMeant) {
    Invoice late = invoice(InvoiceState::pending);
    late.expires_at = kNow - 1h - 5min;
    EXPECT_EQ(finding(late), Finding::open);
    late.expires_at = kNow - kExpiryGrace;
    EXPECT_EQ(finding(late), Finding::open);
}

TEST(JudgeInvoice, HoldsWhatItDoesntUnderstand) {
    EXPECT_EQ(finding(invoice(InvoiceState::unknown)), Finding::mismatch);
    EXPECT_EQ(finding(invoice(InvoiceState::unknown, {succeeded})), Finding::mismatch);
    EXPECT_EQ(finding(invoice(InvoiceState::pending, {Standing::unknown})), Finding::mismatch);
    EXPECT_EQ(finding(invoice(InvoiceState::canceled, {Standing::unknown})), Finding::mismatch);
    EXPECT_EQ(finding(invoice(InvoiceState::canceled, {under_way})), Finding::under_way);
    EXPECT_EQ(finding(invoice(InvoiceState::canceled, {failed})), Finding::canceled);
}

TEST(JudgeInvoice, HoldsAnotherInvoiceReferenceAmountOrCurrency) {
    Invoice other = invoice(InvoiceState::paid, {succeeded});
    other.id = "101";
    EXPECT_EQ(finding(other), Finding::mismatch);
    other = invoice(InvoiceState::paid, {succeeded});
    other.reference = "A-2";
    EXPECT_EQ(finding(other), Finding::mismatch);
    other = invoice(InvoiceState::paid, {succeeded});
    other.display = Money{12'500, "SAR"};
    EXPECT_EQ(finding(other), Finding::mismatch);
    other.display = Money{12'501, "KWD"};
    EXPECT_EQ(finding(other), Finding::mismatch);
    other.display.reset();
    EXPECT_EQ(finding(other), Finding::mismatch);
    other = invoice(InvoiceState::paid, {succeeded});
    other.transactions.front().payment_id.clear();
    EXPECT_EQ(finding(other), Finding::mismatch);
}

TEST(JudgeInvoice, FindsThePaymentThatItAskedFor) {
    Attempt by_payment = attempt();
    by_payment.key_type = KeyType::payment_id;
    by_payment.key = "p0";
    EXPECT_EQ(finding(invoice(InvoiceState::paid, {succeeded}), by_payment), Finding::paid);
    by_payment.key = "p9";
    EXPECT_EQ(finding(invoice(InvoiceState::paid, {succeeded}), by_payment), Finding::mismatch);
}

TEST(JudgeStatus, TakesNoTroubleForUnpaid) {
    for (const Trouble trouble : {Trouble::unauthorized, Trouble::throttled, Trouble::paused,
                                  Trouble::unreachable, Trouble::doubtful, Trouble::refused}) {
        StatusAnswer answer;
        answer.trouble = trouble;
        EXPECT_EQ(judge_status(attempt(), answer, kNow).finding, Finding::unsure);
    }
}

TEST(JudgeStatus, MissesOnlyWhatMayNeverHaveArrived) {
    StatusAnswer nothing;
    nothing.trouble = Trouble::not_found;
    EXPECT_EQ(judge_status(attempt(), nothing, kNow).finding, Finding::unsure);
    Attempt unknown = attempt();
    unknown.state = "UNKNOWN";
    unknown.key_type = KeyType::customer_reference;
    EXPECT_EQ(judge_status(unknown, nothing, kNow).finding, Finding::not_found);
}

}  // namespace
}  // namespace barid::commerce
