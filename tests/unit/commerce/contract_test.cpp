// What keeps a shop's functions from being used, and how that is told.
#include "commerce/contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace barid::commerce {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Used kEverything{.payments = true, .outbox = true, .projections = true};

/// As a shop has them that did everything right.
std::vector<FoundFunction> complete() {
    std::vector<FoundFunction> found;
    for (const ContractFunction& wanted : contract()) {
        found.push_back({.name = std::string(wanted.name),
                         .arguments = std::string(wanted.arguments),
                         .result = std::string(wanted.result),
                         .many = wanted.many,
                         .security_definer = true,
                         .pins_search_path = true,
                         .executable = true});
    }
    return found;
}

FoundFunction& at(std::vector<FoundFunction>& found, const std::string& name) {
    return *std::ranges::find(found, name, &FoundFunction::name);
}

std::vector<std::string> problems(const std::vector<FoundFunction>& found,
                                  Used used = kEverything) {
    return contract_problems(found, used, "barid_shop", "barid_commerce");
}

TEST(Contract, IsKeptByAShopThatHasEverything) {
    EXPECT_THAT(problems(complete()), IsEmpty());
}

TEST(Contract, NamesWhatIsMissing) {
    std::vector<FoundFunction> found = complete();
    std::erase_if(found, [](const FoundFunction& f) { return f.name == "expire_claims"; });
    EXPECT_THAT(problems(found),
                ElementsAre("barid_shop.expire_claims() returns integer is missing"));
}

TEST(Contract, AsksOnlyForWhatIsConfigured) {
    std::vector<FoundFunction> found = complete();
    std::erase_if(found, [](const FoundFunction& f) { return f.name.starts_with("outbox_"); });
    EXPECT_THAT(problems(found, {.payments = true}), IsEmpty());
    EXPECT_THAT(problems(found, {.outbox = true}), SizeIs(7));
    EXPECT_THAT(problems({}, {}), ElementsAre("barid_shop.contract_version() returns integer is "
                                              "missing"));
}

TEST(Contract, NamesWrongTypes) {
    std::vector<FoundFunction> found = complete();
    at(found, "claim_attempt").arguments = "uuid, interval";
    at(found, "claim_refund").result = "integer";
    at(found, "expirable_orders").many = false;
    EXPECT_THAT(
        problems(found),
        ElementsAre("barid_shop.expirable_orders must return rows of text, but returns text",
                    "barid_shop.claim_attempt must take (text, interval), but takes (uuid, "
                    "interval)",
                    "barid_shop.claim_refund must return bigint, but returns integer"));
}

TEST(Contract, TakesTheOverloadThatFits) {
    std::vector<FoundFunction> found = complete();
    FoundFunction other = at(found, "claim_attempt");
    other.arguments = "uuid, interval";
    other.result = "void";
    found.insert(found.begin(), other);
    EXPECT_THAT(problems(found), IsEmpty());
}

TEST(Contract, SaysHowToMendRightsAndSearchPaths) {
    std::vector<FoundFunction> found = complete();
    at(found, "expire_claims").pins_search_path = false;
    at(found, "outbox_prune").executable = false;
    EXPECT_THAT(
        problems(found),
        ElementsAre("barid_shop.expire_claims() has its owner's rights and everybody's "
                    "search_path: ALTER FUNCTION barid_shop.expire_claims() SET search_path = "
                    "pg_catalog, pg_temp",
                    "barid_commerce may not execute barid_shop.outbox_prune: GRANT USAGE ON "
                    "SCHEMA barid_shop TO barid_commerce; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "
                    "barid_shop TO barid_commerce"));
}

TEST(Contract, FunctionsOfTheOutboxHaveTheirOwnersRights) {
    std::vector<FoundFunction> found = complete();
    at(found, "outbox_claim").security_definer = false;
    at(found, "projection_apply").security_definer = false;
    EXPECT_THAT(problems(found),
                ElementsAre("barid_shop.outbox_claim(text, integer) would run with Barid's rights: "
                            "ALTER FUNCTION barid_shop.outbox_claim(text, integer) SECURITY "
                            "DEFINER SET search_path = pg_catalog, pg_temp"));
}

TEST(Contract, QuotesAnyName) {
    EXPECT_EQ(quoted("barid_shop"), "\"barid_shop\"");
    EXPECT_EQ(quoted("a\"; DROP"), "\"a\"\"; DROP\"");
}

}  // namespace
}  // namespace barid::commerce
