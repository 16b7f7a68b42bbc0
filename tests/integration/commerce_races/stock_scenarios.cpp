// Orders against each other: the last piece, a promotion's last use, lines in any order.
#include "tests/integration/commerce_races/fixture.hpp"

namespace barid::races {
namespace {

using support::Interleaver;
using support::RaceRun;
using support::transaction;

auto answers_are(std::vector<std::string> allowed) {
    return [allowed = std::move(allowed)](const RaceRun& run, Interleaver&) {
        return one_of(run, allowed);
    };
}

std::string price(const std::string& variant) {
    return "UPDATE shop.prices SET amount_minor = amount_minor + 250 WHERE variant_id = '" +
           variant + "' AND location_id = 'KW'";
}

std::vector<Scenario> of_new_orders() {
    return {
        {.name = "two new orders for the last piece",
         .setup = goods(1),
         .sessions = {{"one", transaction(placing("o1", "ROSE 1, OUD 1"))},
                      {"two", transaction(placing("o2", "OUD 1, ROSE 1"))}},
         .judge = answers_are({"SH001,o1", "SH001,o2"}),
         .options = {.preemptions = 2}},
        {.name = "two new orders for a promotion's last use",
         .setup = goods(5, 1),
         .sessions = {{"one", transaction(placing("o1", "ROSE 1", "EID"))},
                      {"two", transaction(placing("o2", "OUD 1", "EID"))}},
         .judge = answers_are({"SH002,o1", "SH002,o2"}),
         .options = {.preemptions = 2}},
        {.name = "three new orders with their lines shuffled",
         .setup = goods(5),
         .sessions = {{"one", {placing("o1", "ROSE 1, OUD 1, DATES 1", "EID")}},
                      {"two", {placing("o2", "DATES 1, ROSE 1, OUD 1")}},
                      {"three", {placing("o3", "OUD 1, DATES 1", "EID")}}},
         .judge = answers_are({"o1,o2,o3"})},
        {.name = "one order placed twice",
         .setup = goods(5),
         .sessions = {{"one", transaction(placing("o1", "ROSE 2", "EID"))},
                      {"again", transaction(placing("o1", "ROSE 2", "EID"))}},
         .judge = answers_are({"o1,o1"}),
         .options = {.preemptions = 2}},
    };
}

std::vector<Scenario> of_ends() {
    const std::string last = goods(1) + order("o1", "ROSE 1, OUD 1", "EID") + attempt("a1", "o1");
    return {
        {.name = "a payment, the expiry and a new order for the last piece",
         .setup = last,
         .sessions = {{"paid", {paid("o1", "a1", "P1")}},
                      {"expire", expiry("o1")},
                      {"new", {placing("o2", "OUD 1, ROSE 1")}}},
         .judge = answers_are({"FLIPPED,SH001,SKIPPED_PAID", "FLIPPED,SH001,STALE_EVIDENCE",
                               "CANCELLED,LATE_PLACED,SH001", "CANCELLED,REFUND_DUE,o2"})},
        {.name = "a payment and the customer who cancels",
         .setup = last,
         .sessions = {{"paid", transaction(paid("o1", "a1", "P1"))},
                      {"cancel", transaction("SELECT shop.cancel_order('o1', 'customer')")}},
         .judge = answers_are({"LATE_PLACED,t", "FLIPPED,f"}),
         .options = {.preemptions = 2}},
        {.name = "the expiry and the customer who cancels",
         .setup = last,
         .sessions = {{"expire", expiry("o1")},
                      {"cancel", transaction("SELECT shop.cancel_order('o1', 'customer')")}},
         .judge = answers_are({"CANCELLED,f", "SKIPPED_STATE,t"}),
         .options = {.preemptions = 2}},
        {.name = "the expiry beside one who gives back by hand",
         .setup = goods(5) + order("o1", "ROSE 2, OUD 1", "EID") + order("o2", "ROSE 1", "EID"),
         .sessions = {{"expire", expiry("o1")},
                      {"again",
                       {"SELECT count(shop.release_held(o)) FROM shop.orders o "
                        "WHERE o.id = 'o1' AND o.status = 'CANCELLED'"}}},
         .judge = [](const RaceRun& run,
                     Interleaver&) { return one_of(run, {"0,CANCELLED", "1,CANCELLED"}); },
         .options = {.preemptions = 2}},
        {.name = "a payment beside one who places by hand",
         .setup = last,
         .sessions = {{"paid", {paid("o1", "a1", "P1")}},
                      {"again",
                       {"SELECT count(*) FROM (SELECT shop.commit_held(o) FROM shop.orders o "
                        "WHERE o.id = 'o1' AND o.status = 'PAID') x"}}},
         .judge = answers_are({"0,FLIPPED", "1,FLIPPED"}),
         .options = {.preemptions = 2}},
        {.name = "the expiry and goods that come in",
         .setup = last,
         .sessions = {{"expire", expiry("o1")},
                      {"goods", transaction("SELECT shop.receive_stock('ROSE', 'KW', 3) > 2")},
                      {"new", {placing("o2", "ROSE 2")}}},
         .judge = answers_are({"CANCELLED,o2,t", "CANCELLED,SH001,t"})},
        {.name = "new prices while the last pieces are sold",
         .setup = goods(1),
         .sessions = {{"new", transaction(placing("o1", "ROSE 1, OUD 1"))},
                      {"prices", {"BEGIN; " + price("ROSE"), price("OUD"), "COMMIT"}}},
         .judge = answers_are({",o1"})},
        {.name = "new prices, the other one first, while the last pieces are sold",
         .setup = goods(1),
         .sessions = {{"new", transaction(placing("o1", "ROSE 1, OUD 1"))},
                      {"prices", {"BEGIN; " + price("OUD"), price("ROSE"), "COMMIT"}}},
         .judge = answers_are({",o1"})},
    };
}

}  // namespace

std::vector<Scenario> stock_scenarios() {
    std::vector<Scenario> all = of_new_orders();
    for (Scenario& one : of_ends()) all.push_back(std::move(one));
    return all;
}

}  // namespace barid::races
