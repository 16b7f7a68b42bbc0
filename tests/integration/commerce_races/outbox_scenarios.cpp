// Writers of one aggregate against relays: late commits, rolled back writers, two relays at once.
#include "tests/integration/commerce_races/race_shop.hpp"

namespace barid::races {
namespace {

using support::Interleaver;
using support::RaceRun;
using support::transaction;

// Delivers as the job does, in one transaction: claim, then acknowledge. What it took is written
// down, in the order of the commits, for the stream's row is locked until then.
constexpr const char* kRelay = R"(
CREATE TABLE IF NOT EXISTS race.delivered (
    position bigint GENERATED ALWAYS AS IDENTITY, aggregate text, version bigint);
TRUNCATE race.delivered;
CREATE OR REPLACE FUNCTION race.relay(many int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ids text[];
BEGIN
    WITH taken AS MATERIALIZED (SELECT * FROM barid_shop.outbox_claim('orders', many)),
    noted AS (
        INSERT INTO race.delivered (aggregate, version)
        SELECT aggregate_id, aggregate_version FROM taken ORDER BY 1, 2)
    SELECT array_agg(event_id ORDER BY aggregate_id, aggregate_version) INTO ids FROM taken;
    IF ids IS NOT NULL THEN PERFORM barid_shop.outbox_ack('orders', ids); END IF;
    RETURN coalesce(cardinality(ids), 0);
END $$;
SELECT race.relay(0);
)";

std::string emit(const std::string& order, const std::string& type = "order.changed") {
    return "SELECT shop.emit('order', '" + order + "', '" + type + "', '{\"name\": \"طلب\"}')";
}

/// After the run: everything that is left is delivered, and the receiver's view is judged.
std::string judge_delivery(const RaceRun& run, Interleaver& sessions, int events) {
    for (const auto& error : run.errors) {
        if (!error.empty() && !error.starts_with("22012")) return "an error: " + error;
    }
    sessions.execute("SELECT race.relay(100)");
    const std::string wrong = sessions.execute(
        "SELECT string_agg(aggregate || ' ' || version || ' after ' || coalesce(before, 0), '; ') "
        "FROM (SELECT aggregate, version, lag(version) OVER (PARTITION BY aggregate "
        "ORDER BY position) AS before FROM race.delivered) d "
        "WHERE version <> coalesce(before, 0) + 1");
    const std::string many = sessions.execute("SELECT count(*) FROM race.delivered");
    sessions.execute("TRUNCATE race.delivered");
    if (!wrong.empty()) return "delivered out of order: " + wrong;
    if (many != std::to_string(events))
        return "delivered " + many + " of " + std::to_string(events);
    return sessions.execute(
        "SELECT string_agg(what, '; ') FROM shop.violations_i9() HAVING count(*) > 0");
}

auto delivers(int events) {
    return [events](const RaceRun& run, Interleaver& sessions) {
        return judge_delivery(run, sessions, events);
    };
}

}  // namespace

std::vector<Scenario> outbox_scenarios() {
    const std::string before = std::string(kRelay) + emit("a") + ";" + emit("b");
    return {
        {.name = "two writers of one order and a relay",
         .setup = before,
         .sessions = {{"one", transaction(emit("a"))},
                      {"two", transaction(emit("a"))},
                      {"relay", transaction("SELECT race.relay(10)")}},
         .judge = delivers(4)},
        {.name = "writers of two orders in the other order and a relay",
         .setup = before,
         .sessions = {{"late", {"BEGIN; " + emit("a"), emit("b"), "COMMIT"}},
                      {"quick", {emit("b")}},
                      {"relay", {"SELECT race.relay(1)", "SELECT race.relay(10)"}}},
         .judge = delivers(5)},
        {.name = "two relays",
         .setup = before + ";" + emit("a"),
         .sessions = {{"first", transaction("SELECT race.relay(2)")},
                      {"second", transaction("SELECT race.relay(2)")},
                      {"writer", transaction(emit("a"))}},
         .judge = delivers(4)},
        {.name = "a writer that rolls back",
         .setup = before,
         .sessions = {{"undone", {"BEGIN; " + emit("a"), "SELECT 1 / 0"}},
                      {"writer", {emit("a")}},
                      {"relay", {"SELECT race.relay(10)", "SELECT race.relay(10)"}}},
         .judge = delivers(3)},
        {.name = "a poison head, its retry and a relay",
         .setup = before + ";" + emit("a"),
         .sessions = {{"fail", transaction("SELECT barid_shop.outbox_fail('orders', (SELECT min(id)"
                                           "::text FROM shop.outbox), 'no', NULL)")},
                      {"relay", transaction("SELECT race.relay(10)")},
                      {"skip", transaction("SELECT barid_shop.outbox_skip('orders', (SELECT min(id)"
                                           "::text FROM shop.outbox), 'سالم', 'broken')")}},
         .judge = [](const RaceRun& run, Interleaver& sessions) -> std::string {
             sessions.execute("SELECT race.relay(10); TRUNCATE race.delivered");
             if (run.deadlocked()) return "a deadlock";
             return sessions.execute(
                 "SELECT string_agg(what, '; ') FROM shop.violations_i9() HAVING count(*) > 0");
         }},
    };
}

}  // namespace barid::races
