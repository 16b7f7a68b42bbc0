// What enqueueing costs producers, beside plain inserts and beside a peer.
#pragma once

#include "bench/arena.hpp"

namespace barid::bench {

/// Transactions a second of 8 clients, a job each: through `barid.enqueue`, or as a plain insert
/// into a table with the same columns and indexes.
double enqueue_single(Arena& arena, const Contender& barid, bool plain);

/// Jobs a second of one client, 1,000 a call.
double enqueue_bulk(Arena& arena, const Contender& contender, int jobs);

}  // namespace barid::bench
