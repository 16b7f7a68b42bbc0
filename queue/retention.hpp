// Keeps bounded what would grow: finished jobs past their retention, whole partitions of them,
// windows, finished batches; and ends what an operator's request left half done (see barid.tidy).
//
// Every process runs it and there is no leader: advisory locks let one work at a time, and each
// step is small, repeatable and safe to be killed in. Io thread only.
#pragma once

#include <string_view>

#include "queue/rescue.hpp"

namespace barid::queue {

/// A service for a TaskGroup; runs until cancelled and throws on database errors.
awaitable<void> upkeep_service(pg::Pool& pool, MaintenanceOptions options, log::Logger logger);

/// Partitions that nobody needs any more, as the database names them.
struct PartitionsToDrop {
    std::string_view next;  ///< a row (partition, parent, step), or none; marks it as busy
    std::string_view done;  ///< told the partition when its step is over
};

/// Detaches and drops such partitions. Writers go on meanwhile, whoever reads: a step that would
/// have to wait for a reader is given up and comes back with a later call. Only the schema's owner
/// may drop a table; for others this does nothing, and rows are deleted one by one. Returns how
/// many were dropped.
awaitable<int> drop_partitions(pg::Pool& pool, PartitionsToDrop which, log::Logger logger);

/// Those of finished jobs.
awaitable<int> drop_history(pg::Pool& pool, log::Logger logger);

}  // namespace barid::queue
