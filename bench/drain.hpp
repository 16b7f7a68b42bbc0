// One drain: a filled table, a worker process, and the time until the table is empty.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bench/arena.hpp"

namespace barid::bench {

struct DrainResult {
    double seconds = 0;
    double peak_kilobytes = 0;  ///< of the worker process
    double worker_cpu = 0;      ///< seconds
    /// Seconds of each backend's CPU by application name; empty when the server isn't ours.
    std::map<std::string, double> server_cpu = {};
    double wal_bytes = 0;  ///< from the first enqueue to the last settle
};

/// `beside` starts something on the database before the clock does; what it returns lives until
/// the drain is over.
DrainResult drain_once(
    Arena& arena, const Contender& contender, int jobs,
    const std::function<std::shared_ptr<void>(const std::string& url)>& beside = {});

/// Bytes of WAL for each of `jobs` jobs with a payload of about 130 bytes, from the enqueue until
/// it is finished and kept as the contender keeps finished jobs.
double wal_per_job(Arena& arena, const Contender& contender, int jobs);

}  // namespace barid::bench
