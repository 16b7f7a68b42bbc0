// Settings of the sessions that claim, settle and look.
#pragma once

#include <vector>

#include "queue/pg/statement_text.hpp"

namespace barid::queue {

/// A plan that was made on an empty table scans a full one for ever (620-680 ms a claim instead
/// of 6-11), so only index scans and nested loops are left to choose from. What is switched off
/// still has a price tag of 10^10, which would set off JIT: 600 ms of compiling, a claim.
inline std::vector<pg::Setting> session_settings() {
    return {{"jit", "off"},
            {"enable_seqscan", "off"},
            {"enable_bitmapscan", "off"},
            {"enable_sort", "off"},
            {"enable_hashjoin", "off"},
            {"enable_mergejoin", "off"},
            {"enable_material", "off"},
            // One plan is left to choose from: it need not be made again for each set of values.
            {"plan_cache_mode", "force_generic_plan"}};
}

}  // namespace barid::queue
