// The kind `admin.bulk`: does to many jobs what an admin asked for (docs/admin.md, "In bulk").
//
// Payload: {"bulk": 7}. Each step is one transaction of at most 1,000 jobs that also moves the
// place where the next one begins (barid.admin_bulk_step), so a kill at any point costs nothing
// and nothing is done twice. Ends at once when the bulk action was cancelled. Io thread only.
#pragma once

#include "base/clock.hpp"
#include "jobs/registry.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct AdminBulkOptions {
    int page = 1000;
    /// An attempt works this long and comes back: a worker that stops waits for nobody.
    std::chrono::seconds shift{30};
};

/// `pool` and `clock` must outlive the registry's use.
void register_admin_bulk(Registry& registry, pg::Pool& pool, const Clock& clock,
                         AdminBulkOptions options = {});

}  // namespace barid::jobs
