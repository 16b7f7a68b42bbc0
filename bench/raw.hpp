// The yardstick `raw`: what PostgreSQL itself gives to plain SQL on the same table sizes.
//
// Two clients claim 500 rows at a time with SKIP LOCKED (asynchronous commit, as Barid's claim)
// and delete each batch; no handlers, no retries, no leases, no history.
#pragma once

#include "bench/worker_role.hpp"

namespace barid::bench {

/// Speaks the drain protocol of worker_role.hpp.
int run_raw(const Role& role);

}  // namespace barid::bench
