// The yardstick `raw`: what PostgreSQL itself gives to plain SQL on the same table sizes.
//
// One client claims 500 rows at a time with SKIP LOCKED and deletes each batch, every commit
// synchronous; no handlers, no retries, no leases, no history.
#pragma once

#include "bench/worker_role.hpp"

namespace barid::bench {

/// Speaks the drain protocol of worker_role.hpp.
int run_raw(const Role& role);

}  // namespace barid::bench
