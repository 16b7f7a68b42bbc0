// The kind `projection.apply`: one event into a projection, for producers without a relay.
//
// Payload: {"projection": "wishlist", "event_id": "…", "aggregate_type": "wishlist",
// "aggregate_id": "…", "aggregate_version": 3, "event_type": "wishlist.added", "payload": {…}}.
// The projection must be one of those given; its functions are the configuration's. A relay with
// target "projection" applies many events at once instead (commerce/projection_apply.hpp).
#pragma once

#include <map>

#include "commerce/projection_apply.hpp"
#include "jobs/registry.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

/// `pool` is Barid's own and outlives the registry's use.
void register_projection_apply(Registry& registry, pg::Pool& pool,
                               std::map<std::string, commerce::ProjectionTarget> projections);

}  // namespace barid::jobs
