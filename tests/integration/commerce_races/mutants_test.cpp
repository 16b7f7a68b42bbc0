// Shops that are wrong on purpose. Each mutant takes one guard away from examples/shop, and the
// races must find it: a guard that nobody misses would be one that nobody tests.
#include <gtest/gtest.h>

#include "tests/integration/commerce_races/race_shop.hpp"

namespace barid::races {
namespace {

struct Mutant {
    std::string name;
    std::vector<Mutation> mutations;
    std::vector<std::string> scenarios;  ///< one of them finds it
};

const std::string kContract = "03_contract.sql";
const std::string kOutbox = "02_outbox.sql";

void PrintTo(const Mutant& mutant, std::ostream* out) {
    *out << mutant.name;
}

std::vector<Mutant> payment_mutants() {
    return {
        {"StatusGuardOfThePayment",
         {{kContract, "WHERE r.id = o.id AND r.status = 'PENDING'\n    RETURNING r.* INTO paid;",
           "WHERE r.id = o.id RETURNING r.* INTO paid;"}},
         {"two attempts that were both paid"}},
        {"StatusGuardOfTheCancellation",
         {{kContract,
           "WHERE r.id = o.id AND r.status = 'PENDING'\n    RETURNING r.* INTO cancelled;",
           "WHERE r.id = o.id RETURNING r.* INTO cancelled;"}},
         {"a payment and the customer who cancels"}},
        {"LockOfTheOrder",
         {{kContract, "WHERE r.id = $1 FOR NO KEY UPDATE;\n    RETURN o;",
           "WHERE r.id = $1;\n    RETURN o;"}},
         {"two attempts that were both paid", "a payment and the expiry", "two expiries",
          "a payment and the customer who cancels"}},
        {"AmountOfThePayment",
         {{kContract, "WHEN $4 <> o.total_minor OR $5 <> o.currency THEN", "WHEN false THEN"}},
         {"a wrong amount beside the right one"}},
        {"StockOfALatePayment",
         {{kContract, "why := shop.take(o, 'committed');", "why := NULL;"}},
         {"a late payment twice"}},
        {"StatesThatMayExpire",
         {{kContract, "SELECT o.status = 'PENDING' AND o.payment_method = 'card'",
           "SELECT o.payment_method = 'card'"}},
         {"two expiries"}},
    };
}

std::vector<Mutant> evidence_mutants() {
    return {
        {"FreshnessOfTheEvidence",
         {{kContract, "OR changed >= $3 ", ""}},
         {"an attempt that is found and the order's expiry"}},
        {"AttemptsOfTheEvidence",
         {{kContract, "IF NOT sure OR open <> (", "IF NOT sure OR open IS NULL AND open <> ("}},
         {"an expiry that asked about one attempt only, and the other one's payment"}},
        {"AttemptsUnderWay",
         {{kContract, "coalesce(bool_and(a.state <> 'EXECUTING'), true)", "true"},
          {kContract, "a.state IN ('EXECUTING', 'SUBMITTED', 'UNKNOWN');",
           "a.state IN ('SUBMITTED', 'UNKNOWN');"}},
         {"a claim and the order's expiry"}},
    };
}

std::vector<Mutant> ledger_mutants() {
    return {
        {"LockOrderOfTheStock",
         {{kContract, "ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s;",
           "ORDER BY CASE o.id WHEN 'o2' THEN -1 ELSE 1 END * ascii(s.variant_id) "
           "FOR NO KEY UPDATE OF s;"}},
         {"two orders with their lines shuffled while goods come in"}},
        {"LockOfTheStock",
         {{kContract, "ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s;",
           "ORDER BY s.variant_id, s.location_id;"}},
         {"two new orders for the last piece"}},
        {"LedgerStateOfWhatIsGivenBack",
         {{kContract,
           "SET state = 'released', changed_at = clock_timestamp()\n"
           "        WHERE r.order_id = o.id AND r.state = 'held'",
           "SET state = 'released', changed_at = clock_timestamp()\n"
           "        WHERE r.order_id = o.id"}},
         {"the expiry beside one who gives back by hand"}},
        {"LedgerStateOfWhatIsCommitted",
         {{kContract,
           "SET state = 'committed', changed_at = clock_timestamp()\n"
           "        WHERE r.order_id = o.id AND r.state = 'held'",
           "SET state = 'committed', changed_at = clock_timestamp()\n"
           "        WHERE r.order_id = o.id"}},
         {"a payment beside one who places by hand"}},
        {"LedgerStateOfThePromotion",
         {{kContract,
           "SET state = 'released', changed_at = clock_timestamp()\n"
           "        WHERE u.order_id = o.id AND u.state = 'held'",
           "SET state = 'released', changed_at = clock_timestamp()\n"
           "        WHERE u.order_id = o.id"}},
         {"the expiry beside one who gives back by hand"}},
        {"LockOfThePromotion",
         {{kContract, "WHERE r.id = o.promo_id ORDER BY r.id FOR NO KEY UPDATE;",
           "WHERE r.id = o.promo_id;"}},
         {"two new orders for a promotion's last use"}},
    };
}

std::vector<Mutant> claim_mutants() {
    return {
        {"StateOfTheClaim",
         {{kContract, "WHERE a.id = $1 AND a.state = 'CREATED' AND o.status",
           "WHERE a.id = $1 AND o.status"}},
         {"two claims of one attempt"}},
        {"OneAttemptAtATime",
         {{kContract, "AND i.state IN ('EXECUTING', 'UNKNOWN', 'PAID'))\n    RETURNING",
           "AND i.state = 'PAID')\n    RETURNING"}},
         {"claims of two attempts of one order"}},
        {"FenceOfTheOutcome",
         {{kContract, "a.state = 'EXECUTING' AND a.fence = $2", "a.state = 'EXECUTING'"}},
         {"an outcome and one that has no right to say it"}},
        {"StateOfTheRefundsClaim",
         {{kContract, "WHERE r.id = $1 AND r.state = 'DUE'", "WHERE r.id = $1"}},
         {"two claims of one refund"}},
        {"FenceOfTheRefundsOutcome",
         {{kContract, "i.state = 'REQUESTING' AND i.fence = $2", "i.state = 'REQUESTING'"}},
         {"a refund's outcome and one that has no right to say it"}},
    };
}

std::vector<Mutant> event_mutants() {
    return {
        {"LockOfTheStream",
         {{kOutbox, "FROM shop.outbox_stream s WHERE s.stream = $1 FOR UPDATE;",
           "FROM shop.outbox_stream s WHERE s.stream = $1;"}},
         {"two relays"}},
        {"OrderOfTheClaim",
         {{kOutbox, "ORDER BY o.aggregate_type, o.aggregate_id, o.aggregate_version\n        LIMIT",
           "ORDER BY o.aggregate_type, o.aggregate_id, o.aggregate_version DESC\n        LIMIT"}},
         {"two relays", "writers of two orders in the other order and a relay"}},
        {"VersionGuardOfTheReadModel",
         {{"04_wishlist.sql", "WHERE t.version < excluded.version', version)", "', version)"}},
         {"a wish and its removal"}},
        {"OrderOfTheOffersEvents",
         {{"04_wishlist.sql", "RETURNING t.location_id, t.variant_id)",
           "RETURNING t.location_id, t.variant_id, t.is_first)"},
          {"04_wishlist.sql",
           "ORDER BY shop.offer_id(gone.variant_id, gone.location_id) COLLATE \"C\"",
           "ORDER BY gone.is_first DESC"}},
         {"new prices while the last pieces are sold",
          "new prices, the other one first, while the last pieces are sold"}},
    };
}

std::vector<Mutant> all_mutants() {
    std::vector<Mutant> all;
    for (auto part :
         {payment_mutants, evidence_mutants, ledger_mutants, claim_mutants, event_mutants}) {
        for (Mutant& one : part()) all.push_back(std::move(one));
    }
    return all;
}

class Mutants : public testing::TestWithParam<Mutant> {};

TEST_P(Mutants, AreFound) {
    for (const auto& name : GetParam().scenarios) {
        RaceShop shop(GetParam().mutations);
        if (!shop.run(scenario(name), true).wrong.empty()) return;
    }
    FAIL() << "the races don't miss what this mutant took away";
}

INSTANTIATE_TEST_SUITE_P(Shop, Mutants, testing::ValuesIn(all_mutants()),
                         [](const auto& info) { return info.param.name; });

TEST(MutantShop, AMutationWhoseTextIsGoneIsAnError) {
    EXPECT_THROW(RaceShop({{kContract, "text that was never there", ""}}), std::runtime_error);
}

}  // namespace
}  // namespace barid::races
