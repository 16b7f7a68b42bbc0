// Latency of an idle worker: single jobs, far enough apart for it to fall asleep in between.
#pragma once

#include <vector>

#include "bench/arena.hpp"

namespace barid::bench {

struct LatencyResult {
    std::vector<double> from_call;    ///< ms from before the enqueue call to the handler's start
    std::vector<double> from_commit;  ///< ms from the commit's return; below 0 when it was faster
    /// ms of single-row inserts on an idle connection, made half-way between two jobs.
    std::vector<double> commits;
};

/// Adds `jobs` samples to `result`.
void measure_latency(Arena& arena, const Contender& contender, int jobs, LatencyResult& result);

}  // namespace barid::bench
