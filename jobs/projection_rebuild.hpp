// The kinds `projection.rebuild`, `projection.rollback` and `projection.prune`.
//
// rebuild: {"projection": "wishlist", "actor": "…", "reason": "…", "differs": false}. It works for
// a shift, and comes back; between two steps it may be killed, cancelled or moved to another
// worker. One at a time for each projection: the second ends with the first one's number.
// rollback: {"projection", "version", "actor", "reason"}: the kept version is read again.
// prune: {}: old keys of the inbox, versions kept long enough, rebuilds whose job is gone.
#pragma once

#include <map>

#include "base/clock.hpp"
#include "commerce/projection_rebuild.hpp"
#include "jobs/registry.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

using ProjectionMap = std::map<std::string, commerce::ProjectionOptions>;

/// `pool` is Barid's own; it and `clock` outlive the registry's use.
void register_projection_rebuild(Registry& registry, pg::Pool& pool, const Clock& clock,
                                 ProjectionMap projections,
                                 std::chrono::seconds shift = std::chrono::seconds(30));

}  // namespace barid::jobs
