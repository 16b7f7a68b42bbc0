// The cases in which other queues collapse: a held horizon, deep backlogs, blocked and limited
// jobs, many queues and processes, late commits, killed workers. Each is compared with the same
// work without the burden, on the same server in the same run.
#pragma once

#include <functional>
#include <string>

#include "bench/arena.hpp"

namespace barid::bench {

struct LoadOptions {
    int runs = 3;
    std::size_t concurrency = 50;
    bool peers = false;
    /// Scales the burdens (5M, 1M, 500k, 100k); 1 is what the names say.
    double scale = 1;
};

/// Runs the cases that `wanted` names and prints a line for each.
void run_load_cases(Arena& arena, const LoadOptions& options,
                    const std::function<bool(std::string_view)>& wanted);

}  // namespace barid::bench
