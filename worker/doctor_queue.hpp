// The doctor's look at the queue's own state: what keeps it from working although every setting is
// right. `judge_queue` is pure; reading takes no lock and is bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "queue/pg/pool.hpp"
#include "worker/database_sample.hpp"
#include "worker/doctor_report.hpp"

namespace barid::worker {

struct QueueFacts {
    DatabaseSample sample;
    bool job_autovacuum = true;                    ///< not switched off for barid.job
    std::optional<std::chrono::seconds> vacuumed;  ///< how long ago barid.job was vacuumed
    std::int64_t stale_claims = 0;                 ///< of workers that no longer renew their lease
    std::vector<std::string> served;               ///< queues that live workers serve; "*" for all
};

awaitable<QueueFacts> read_queue_facts(pg::Pool& pool);
Findings judge_queue(const QueueFacts& facts);

}  // namespace barid::worker
