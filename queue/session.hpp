// Settings of the sessions that claim, settle and look.
#pragma once

#include <string>
#include <vector>

namespace barid::queue {

/// A plan that was made on an empty table scans a full one for ever (620-680 ms a claim instead
/// of 6-11), so only index scans and nested loops are left to choose from. What is switched off
/// still has a price tag of 10^10, which would set off JIT: 600 ms of compiling, a claim.
inline std::vector<std::string> session_setup() {
    return {"SET jit = off", "SET enable_seqscan = off", "SET enable_bitmapscan = off",
            "SET enable_sort = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off",
            "SET enable_material = off",
            // One plan is left to choose from: it need not be made again for each set of values.
            "SET plan_cache_mode = force_generic_plan"};
}

}  // namespace barid::queue
