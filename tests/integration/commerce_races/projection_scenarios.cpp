// Events of one wish, applied by two sessions: whoever is last, the newest stays.
#include "tests/integration/commerce_races/fixture.hpp"

namespace barid::races {
namespace {

using support::Interleaver;
using support::RaceRun;

/// Applies the wish's event of that version.
std::string apply(int version) {
    return "SELECT barid_shop.projection_apply('wishlist', 1, o.id::text, o.aggregate_type, "
           "o.aggregate_id, o.aggregate_version, o.event_type, o.payload) FROM shop.outbox o "
           "WHERE o.aggregate_type = 'wishlist' AND o.aggregate_version = " +
           std::to_string(version);
}

std::string newest_stays(const RaceRun& run, Interleaver& sessions) {
    for (const auto& error : run.errors) {
        if (!error.empty()) return "an error: " + error;
    }
    return sessions.execute(
        "SELECT string_agg(format('wish %s is as of %s of %s', i.id, i.version, a.last_version), "
        "'; ') FROM shop.wishlist_items_v1 i JOIN shop.outbox_aggregate a "
        "ON a.aggregate_type = 'wishlist' AND a.aggregate_id = i.id "
        "WHERE i.version <> a.last_version OR NOT i.deleted");
}

}  // namespace

std::vector<Scenario> projection_scenarios() {
    const std::string wish = goods(5) +
                             "SELECT shop.wish_add('noura', 'ROSE', 'KW');"
                             "SELECT shop.wish_remove('noura', 'ROSE', 'KW');";
    return {
        {.name = "a wish and its removal",
         .setup = wish,
         .sessions = {{"added", support::transaction(apply(1))},
                      {"removed", support::transaction(apply(2))}},
         .judge = newest_stays,
         .options = {.preemptions = 2}},
        {.name = "a wish and its removal, each told twice",
         .setup = wish,
         .sessions = {{"added", {apply(1)}},
                      {"removed", {apply(2), apply(1)}},
                      {"again", {apply(2)}}},
         .judge = newest_stays},
    };
}

}  // namespace barid::races
