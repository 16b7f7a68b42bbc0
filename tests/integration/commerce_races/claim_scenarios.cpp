// Who may speak to the gateway: claims of attempts and refunds, and what becomes of late ones.
#include "tests/integration/commerce_races/fixture.hpp"

namespace barid::races {
namespace {

using support::Interleaver;
using support::RaceRun;
using support::transaction;

std::string claim(const std::string& attempt) {
    return "SELECT barid_shop.claim_attempt('" + attempt + "', interval '2 minutes') IS NOT NULL";
}

std::string claim_refund(const std::string& refund) {
    return "SELECT barid_shop.claim_refund('" + refund + "', interval '2 minutes') IS NOT NULL";
}

/// One session at most has got something ("t").
auto one_wins() {
    return [](const RaceRun& run, Interleaver&) -> std::string {
        for (const auto& error : run.errors) {
            if (!error.empty()) return "an error: " + error;
        }
        const int won = answers(run, "t");
        return won == 1 ? "" : std::to_string(won) + " sessions have the claim";
    };
}

/// What the session with the claim says counts, and the other one's word never does.
std::string only_the_first(const RaceRun& run) {
    if (run.answers == std::vector<std::string>{"RECORDED", "STALE"}) return "";
    return "answers " + run.answers[0] + " and " + run.answers[1];
}

/// Claims, and says after the call what came of it.
std::vector<std::string> execution(const std::string& attempt, const std::string& outcome) {
    return {"SELECT set_config('race.fence', coalesce(barid_shop.claim_attempt('" + attempt +
                "', interval '-1 second')::text, '0'), false)",
            "BEGIN; SELECT barid_shop.attempt_outcome('" + attempt +
                "', current_setting('race.fence')::bigint, '" + outcome + "', 'inv-x', NULL, NULL)",
            "COMMIT"};
}

constexpr const char* kDue =
    "INSERT INTO shop.charges (gateway, payment_id, order_id, attempt_id, amount_minor, currency, "
    "disposition, reason, source) SELECT 'myfatoorah', 'P9', 'o1', 'a1', total_minor, currency, "
    "'refund_due', 'duplicate', 'callback' FROM shop.orders WHERE id = 'o1';"
    "INSERT INTO shop.refunds (id, charge_id, order_id, gateway, payment_id, amount_minor, "
    "currency, "
    "reason) SELECT 'r1', id, order_id, gateway, payment_id, amount_minor, currency, reason "
    "FROM shop.charges;";

std::vector<Scenario> of_attempts() {
    const std::string one = goods(5) + order("o1", "ROSE 1") + attempt("a1", "o1", "CREATED");
    return {
        {.name = "two claims of one attempt",
         .setup = one,
         .sessions = {{"first", transaction(claim("a1"))}, {"second", transaction(claim("a1"))}},
         .judge = one_wins(),
         .options = {.preemptions = 3}},
        {.name = "claims of two attempts of one order",
         .setup = one + attempt("a2", "o1", "CREATED"),
         .sessions = {{"first", transaction(claim("a1"))}, {"second", transaction(claim("a2"))}},
         .judge = one_wins(),
         .options = {.preemptions = 3}},
        {.name = "a claim and the order's expiry",
         .setup = one,
         .sessions = {{"claim", transaction(claim("a1"))}, {"expire", expiry("o1")}},
         .judge = [](const RaceRun& run, Interleaver&) -> std::string {
             return one_of(run, {"CANCELLED,f", "STALE_EVIDENCE,t", "SKIPPED_STATE,t"});
         },
         .options = {.preemptions = 3}},
        {.name = "an outcome and the end of its claim",
         .setup = one,
         .sessions = {{"execute", execution("a1", "SUBMITTED")},
                      {"sweep", transaction("SELECT barid_shop.expire_claims()")},
                      {"claim", transaction(claim("a1"))}},
         .judge = [](const RaceRun& run, Interleaver& sessions) -> std::string {
             for (const auto& error : run.errors) {
                 if (!error.empty()) return "an error: " + error;
             }
             const std::string state =
                 sessions.execute("SELECT state || executions FROM shop.attempts");
             const std::string said = run.answers[0] + " " + run.answers[2] + " " + state;
             // The attempt was executed once, whoever it was that had the claim.
             const bool right =
                 state == "SUBMITTED1" || state == "UNKNOWN1" || state == "EXECUTING1";
             return right ? "" : said;
         }},
        {.name = "an outcome and one that has no right to say it",
         .setup = one,
         .sessions = {{"execute",
                       {"SELECT set_config('race.fence', barid_shop.claim_attempt('a1', '1 minute')"
                        "::text, false)",
                        "SELECT barid_shop.attempt_outcome('a1', current_setting('race.fence')"
                        "::bigint, 'SUBMITTED', 'inv-x', NULL, NULL)"}},
                      {"other",
                       {"SELECT barid_shop.attempt_outcome('a1', 0, 'FAILED', NULL, NULL, 'no')"}}},
         .judge = [](const RaceRun& run, Interleaver&) -> std::string {
             return only_the_first(run);
         }},
        {.name = "an attempt that is found and the order's expiry",
         .setup = goods(5) + order("o1", "ROSE 1") + attempt("a1", "o1", "UNKNOWN"),
         .sessions =
             {{"found",
               {"SELECT barid_shop.attempt_outcome('a1', NULL, 'SUBMITTED', 'inv-a1', NULL, "
                "NULL)"}},
              {"expire", expiry("o1")}},
         .judge = [](const RaceRun& run, Interleaver& sessions) -> std::string {
             const std::string stale = stale_cancel(sessions);
             return stale + one_of(run, {"CANCELLED,RECORDED", "RECORDED,STALE_EVIDENCE"});
         }},
        {.name = "an expiry that asked about one attempt only, and the other one's payment",
         .setup = goods(5) + order("o1", "ROSE 1") + attempt("a1", "o1") + attempt("a2", "o1"),
         .sessions = {{"paid", {paid("o1", "a2", "P2")}},
                      {"expire",
                       {"SELECT barid_shop.expire_order('o1', 2, clock_timestamp(), '{a1}')"}}},
         .judge = [](const RaceRun& run, Interleaver&) -> std::string {
             return one_of(run, {"FLIPPED,SKIPPED_PAID", "FLIPPED,STALE_EVIDENCE"});
         }},
        {.name = "a new attempt and the order's expiry",
         .setup = goods(5) + order("o1", "ROSE 1") + attempt("a1", "o1"),
         .sessions = {{"new",
                       {"SELECT shop.begin_attempt('o1', 'myfatoorah', submitted => true, "
                        "attempt_id => 'a2')"}},
                      {"expire", expiry("o1")}},
         .judge = [](const RaceRun& run, Interleaver& sessions) -> std::string {
             const std::string stale = stale_cancel(sessions);
             return stale + one_of(run, {"CANCELLED,SH003", "CANCELLED,a2", "STALE_EVIDENCE,a2"});
         }},
    };
}

std::vector<Scenario> of_refunds() {
    const std::string due = goods(5) + order("o1", "ROSE 1") + attempt("a1", "o1") + kDue;
    return {
        {.name = "two claims of one refund",
         .setup = due,
         .sessions = {{"first", transaction(claim_refund("r1"))},
                      {"second", transaction(claim_refund("r1"))},
                      {"sweep", transaction("SELECT barid_shop.expire_claims() < 0")}},
         .judge = one_wins()},
        {.name = "a refund's outcome and the end of its claim",
         .setup = due,
         .sessions = {{"refund",
                       {"SELECT set_config('race.fence', coalesce(barid_shop.claim_refund('r1', "
                        "interval '-1 second')::text, '0'), false)",
                        "BEGIN; SELECT barid_shop.refund_outcome('r1', "
                        "current_setting('race.fence')::bigint, 'REQUESTED', '27', NULL)",
                        "COMMIT"}},
                      {"sweep", transaction("SELECT barid_shop.expire_claims()")},
                      {"claim", transaction(claim_refund("r1"))}},
         .judge = [](const RaceRun& run, Interleaver& sessions) -> std::string {
             for (const auto& error : run.errors) {
                 if (!error.empty()) return "an error: " + error;
             }
             const std::string executions = sessions.execute("SELECT executions FROM shop.refunds");
             return executions == "1" ? "" : "the refund was requested " + executions + " times";
         }},
        {.name = "a refund's outcome and one that has no right to say it",
         .setup = due,
         .sessions = {{"refund",
                       {"SELECT set_config('race.fence', barid_shop.claim_refund('r1', '1 minute')"
                        "::text, false)",
                        "SELECT barid_shop.refund_outcome('r1', current_setting('race.fence')"
                        "::bigint, 'REQUESTED', '27', NULL)"}},
                      {"other",
                       {"SELECT barid_shop.refund_outcome('r1', 0, 'REJECTED', NULL, NULL)"}}},
         .judge = [](const RaceRun& run, Interleaver&) -> std::string {
             return only_the_first(run);
         }},
        {.name = "what became of a refund, told twice",
         .setup = due + "UPDATE shop.refunds SET state = 'REQUESTED', gateway_refund_id = '27', "
                        "executions = 1;",
         .sessions = {{"refunded", transaction("SELECT barid_shop.refund_outcome('r1', NULL, "
                                               "'REFUNDED', '27', 1)")},
                      {"again", transaction("SELECT barid_shop.refund_outcome('r1', NULL, "
                                            "'REFUNDED', '27', 2)")}},
         .judge = [](const RaceRun& run, Interleaver&) -> std::string {
             return one_of(run, {"RECORDED,RECORDED", "RECORDED,STALE"});
         },
         .options = {.preemptions = 2}},
    };
}

}  // namespace

std::vector<Scenario> claim_scenarios() {
    std::vector<Scenario> all = of_attempts();
    for (Scenario& one : of_refunds()) all.push_back(std::move(one));
    return all;
}

}  // namespace barid::races
