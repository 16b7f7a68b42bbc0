// What `barid queues list --watch` shows: two looks at the queues become a table with rates. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "worker/database_sample.hpp"
#include "worker/terminal.hpp"

namespace barid::worker {

/// How fast jobs of a kind finish and how long they take (barid.kind_status).
struct KindRate {
    std::string kind;
    double per_minute = 0;
    std::int64_t failed = 0;
    double p50_ms = 0;
    double p95_ms = 0;
    double max_ms = 0;
};

struct Look {
    std::chrono::steady_clock::time_point at;
    std::vector<QueueSample> queues = {};
    std::vector<KindRate> kinds = {};
};

/// A count, or "10,000+" when counting stopped there.
std::string show_count(std::int64_t count, std::int64_t counted_to);
/// "0.4s", "3m12s", "2h05m", "3d04h".
std::string show_age(double seconds);

std::string queue_table(const Look& look);
/// With the change of due jobs a second since `before`, "?" where not all were counted.
std::string live_table(const Look& look, const Look* before);
std::string kind_table(const Look& look);

/// Both, cut to the size; `clock` and `problem` (of the last look) stand in the head.
std::string watch_screen(const Look& look, const Look* before, TerminalSize size,
                         const std::string& clock, const std::string& problem);

}  // namespace barid::worker
