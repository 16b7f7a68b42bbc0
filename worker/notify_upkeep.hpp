// Keeps what notifications leave behind bounded: the ledger's old weeks, the inbox, stale devices,
// and the rest of barid.notify_upkeep; and makes the ledger's next weeks in time.
//
// Every process runs it; an advisory lock lets one work at a time, each step is small, repeatable
// and safe to be killed in. Io thread only.
#pragma once

#include "queue/rescue.hpp"

namespace barid::worker {

/// One round.
awaitable<void> notify_upkeep(pg::Pool& pool, log::Logger logger);

/// A service for a TaskGroup; runs until cancelled and throws on database errors.
awaitable<void> notify_upkeep_service(pg::Pool& pool, queue::MaintenanceOptions options,
                                      log::Logger logger);

}  // namespace barid::worker
