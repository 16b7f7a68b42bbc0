// Money against money, and money against the order's end.
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

std::vector<std::string> paying(const std::string& order, const std::string& attempt,
                                const std::string& payment,
                                const std::string& source = "callback") {
    return transaction(paid(order, attempt, payment, source));
}

constexpr const char* kCancel =
    "UPDATE shop.orders SET status = 'CANCELLED', cancelled_at = now(), cancelled_by = 'expiry', "
    "cancel_evidence = 1 WHERE id = 'o1';"
    "UPDATE shop.reservations SET state = 'released' WHERE order_id = 'o1';"
    "UPDATE shop.stock s SET available = available + r.quantity, held = held - r.quantity "
    "FROM shop.reservations r WHERE r.order_id = 'o1' AND r.variant_id = s.variant_id "
    "AND r.location_id = s.location_id;"
    "UPDATE shop.promos SET used = used - 1 WHERE id IN (SELECT promo_id FROM shop.promo_uses "
    "WHERE order_id = 'o1'); UPDATE shop.promo_uses SET state = 'released' WHERE order_id = 'o1';";

std::vector<Scenario> of_one_order() {
    const std::string one = goods(5) + order("o1", "ROSE 2, OUD 1", "EID") + attempt("a1", "o1");
    return {
        {.name = "two callbacks of one payment",
         .setup = one,
         .sessions = {{"callback", paying("o1", "a1", "P1")}, {"again", paying("o1", "a1", "P1")}},
         .judge = answers_are({"ALREADY,FLIPPED"}),
         .options = {.preemptions = 2}},
        {.name = "callback, webhook and reconciliation",
         .setup = one,
         .sessions = {{"callback", {paid("o1", "a1", "P1")}},
                      {"webhook", {paid("o1", "a1", "P1", "webhook")}},
                      {"reconcile", {paid("o1", "a1", "P1", "reconcile")}}},
         .judge = answers_are({"ALREADY,ALREADY,FLIPPED"})},
        {.name = "two attempts that were both paid",
         .setup = one + attempt("a2", "o1"),
         .sessions = {{"first", paying("o1", "a1", "P1")}, {"second", paying("o1", "a2", "P2")}},
         .judge = answers_are({"FLIPPED,REFUND_DUE"})},
        {.name = "two payments of one invoice",
         .setup = one,
         .sessions = {{"first", paying("o1", "a1", "P1")},
                      {"second", paying("o1", "a1", "P2")},
                      {"again", paying("o1", "a1", "P2", "webhook")}},
         .judge = answers_are({"ALREADY,FLIPPED,REFUND_DUE", "FLIPPED,REFUND_DUE,REFUND_DUE"})},
        {.name = "a wrong amount beside the right one",
         .setup = one + attempt("a2", "o1"),
         .sessions = {{"wrong",
                       transaction("SELECT barid_shop.mark_paid('o1', 'a2', 'P2', 1, 'KWD', "
                                   "'callback', 1)")},
                      {"right", paying("o1", "a1", "P1")}},
         .judge = answers_are({"FLIPPED,MISMATCH"})},
        {.name = "a payment and the expiry",
         .setup = one,
         .sessions = {{"paid", paying("o1", "a1", "P1")}, {"expire", expiry("o1")}},
         .judge = answers_are(
             {"FLIPPED,SKIPPED_PAID", "CANCELLED,LATE_PLACED", "FLIPPED,STALE_EVIDENCE"}),
         .options = {.preemptions = 3}},
        {.name = "two expiries",
         .setup = one,
         .sessions = {{"first", expiry("o1")}, {"second", expiry("o1")}},
         .judge = answers_are({"CANCELLED,SKIPPED_STATE"}),
         .options = {.preemptions = 2}},
        {.name = "a payment and two expiries",
         .setup = one,
         .sessions = {{"paid", paying("o1", "a1", "P1")},
                      {"first", expiry("o1")},
                      {"second", expiry("o1")}},
         .judge = answers_are(
             {"FLIPPED,SKIPPED_PAID,SKIPPED_PAID", "CANCELLED,LATE_PLACED,SKIPPED_PAID",
              "CANCELLED,LATE_PLACED,SKIPPED_STATE", "FLIPPED,SKIPPED_PAID,STALE_EVIDENCE",
              "FLIPPED,STALE_EVIDENCE,STALE_EVIDENCE", "CANCELLED,LATE_PLACED,STALE_EVIDENCE"})},
    };
}

std::vector<Scenario> of_late_payments() {
    const std::string late =
        goods(5) + order("o1", "ROSE 2, OUD 1", "EID") + attempt("a1", "o1") + kCancel;
    return {
        {.name = "a late payment twice",
         .setup = late,
         .sessions = {{"callback", paying("o1", "a1", "P1")},
                      {"webhook", paying("o1", "a1", "P1", "webhook")}},
         .judge = answers_are({"ALREADY,LATE_PLACED"}),
         .options = {.preemptions = 2}},
        {.name = "two late payments",
         .setup = late + attempt("a2", "o1"),
         .sessions = {{"first", paying("o1", "a1", "P1")}, {"second", paying("o1", "a2", "P2")}},
         .judge = answers_are({"LATE_PLACED,REFUND_DUE"}),
         .options = {.preemptions = 2}},
        {.name = "a late payment and the promotion's last use",
         .setup = goods(5, 1) + order("o1", "ROSE 1", "EID") + attempt("a1", "o1") + kCancel,
         .sessions = {{"late", paying("o1", "a1", "P1")},
                      {"new", transaction(placing("o2", "OUD 1", "EID"))}},
         .judge = answers_are({"LATE_PLACED,SH002", "REFUND_DUE,o2"}),
         .options = {.preemptions = 2}},
        {.name = "a late payment and a new order for the last piece",
         .setup = goods(1) + order("o1", "ROSE 1, OUD 1", "EID") + attempt("a1", "o1") + kCancel,
         .sessions = {{"late", paying("o1", "a1", "P1")},
                      {"new", transaction(placing("o2", "OUD 1, ROSE 1"))}},
         .judge = answers_are({"LATE_PLACED,SH001", "REFUND_DUE,o2"}),
         .options = {.preemptions = 2}},
    };
}

std::vector<Scenario> of_several_orders() {
    const std::string shuffled = goods(5) + order("o1", "ROSE 1, OUD 1, DATES 1", "EID") +
                                 order("o2", "DATES 1, OUD 1, ROSE 1", "EID") +
                                 attempt("a1", "o1") + attempt("a2", "o2");
    return {
        {.name = "two orders with their lines shuffled",
         .setup = shuffled,
         .sessions = {{"one", paying("o1", "a1", "P1")}, {"two", paying("o2", "a2", "P2")}},
         .judge = answers_are({"FLIPPED,FLIPPED"}),
         .options = {.preemptions = 2}},
        // Who waits for the goods in the middle of his locks holds the first ones.
        {.name = "two orders with their lines shuffled while goods come in",
         .setup = shuffled,
         .sessions = {{"goods", transaction("SELECT shop.receive_stock('ROSE', 'KW', 1)")},
                      {"one", {paid("o1", "a1", "P1")}},
                      {"two", {paid("o2", "a2", "P2")}}},
         .judge = answers_are({"6,FLIPPED,FLIPPED", "5,FLIPPED,FLIPPED", "4,FLIPPED,FLIPPED"})},
        {.name = "two expiries with their lines shuffled",
         .setup = shuffled,
         .sessions = {{"one", expiry("o1")}, {"two", expiry("o2")}},
         .judge = answers_are({"CANCELLED,CANCELLED"}),
         .options = {.preemptions = 2}},
        {.name = "a payment and the expiry of another order",
         .setup = shuffled,
         .sessions = {{"paid", paying("o1", "a1", "P1")}, {"expire", expiry("o2")}},
         .judge = answers_are({"CANCELLED,FLIPPED"}),
         .options = {.preemptions = 2}},
    };
}

}  // namespace

std::vector<Scenario> payment_scenarios() {
    std::vector<Scenario> all;
    for (auto part : {of_one_order, of_late_payments, of_several_orders}) {
        for (Scenario& one : part()) all.push_back(std::move(one));
    }
    return all;
}

}  // namespace barid::races
