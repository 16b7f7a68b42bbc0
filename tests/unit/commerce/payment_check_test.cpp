// What is kept of a gateway's answers, and what they mean together.
#include "commerce/payment_check.hpp"

#include <gtest/gtest.h>

namespace barid::commerce {
namespace {

Looked looked(Finding finding) {
    return {.attempt = {.id = "a1"}, .answer = {}, .evidence = {.finding = finding}};
}

TEST(Verdict, IsUnpaidOnlyWhenNothingSpeaksAgainstIt) {
    const auto verdict = [](std::vector<Finding> findings) {
        std::vector<Looked> all;
        for (const Finding one : findings) all.push_back(looked(one));
        return verdict_of(all);
    };
    EXPECT_EQ(verdict({}), PaymentVerdict::unpaid);
    EXPECT_EQ(verdict({Finding::open, Finding::canceled, Finding::expired, Finding::not_found}),
              PaymentVerdict::unpaid);
    EXPECT_EQ(verdict({Finding::open, Finding::under_way}), PaymentVerdict::unsure);
    EXPECT_EQ(verdict({Finding::mismatch, Finding::unsure}), PaymentVerdict::mismatch);
    EXPECT_EQ(verdict({Finding::mismatch, Finding::paid, Finding::unsure}), PaymentVerdict::paid);
}

// The table takes 64 KiB. What can't be written down is never acted on, and the money is lost.
TEST(Evidence, FitsIntoItsTableWhateverTheGatewayWrites) {
    const std::string word(60, '"');
    const std::string id(128, '\\');
    Looked most = looked(Finding::mismatch);
    most.attempt = {.id = id, .gateway = std::string(40, 'g'), .state = "SUBMITTED", .key = id};
    most.evidence.problem = std::string(2'000, '"');
    most.answer.invoice =
        Invoice{.id = std::string(128, 'i'), .status = word, .display_text = word};
    for (int i = 0; i < 200; ++i) {
        most.answer.invoice->transactions.push_back(
            {.payment_id = id, .status = word, .currency = word, .value = word});
    }
    const std::vector<Looked> many(60, most);
    EXPECT_LT(json::serialize(evidence_of(many)).size(), 60'000U);
    EXPECT_EQ(evidence_of({most}).at(0).at("transactions").as_array().size(), 30U);
}

}  // namespace
}  // namespace barid::commerce
