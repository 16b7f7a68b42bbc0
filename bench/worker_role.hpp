// Barid's worker as the measured process: `barid_bench --role drain|latency URL JOBS CONCURRENCY`.
//
// drain: the clock runs from `Worker::run` until the job table is empty, which is looked at once
// the last handler was called; prints `RESULT seconds rss_kb cpu_s`, and leaves at the end of its
// input. latency: prints READY, and after JOBS jobs `seq nanoseconds` (CLOCK_MONOTONIC at the
// handler's start) for each, then END. The peers' scripts speak the same protocol.
#pragma once

#include <string>
#include <vector>

namespace barid::bench {

struct Role {
    std::string name;
    std::string url;
    std::size_t jobs = 0;
    std::size_t concurrency = 50;
    std::vector<std::string> queues = {"default"};
};

int run_role(const Role& role);

/// Applies Barid's migrations to a database.
void migrate(const std::string& url);

}  // namespace barid::bench
