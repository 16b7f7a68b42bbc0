// Finds workers whose lease stands still and gives their work back.
//
// Every process watches every other: a lease is over when its renewal counter has not moved for a
// full TTL on *this* process's monotonic clock. The decision is re-checked under the worker row's
// lock in `barid.rescue`, so several rescuers at once do it once.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "queue/pg/pool.hpp"

namespace barid::queue {

/// Pure: remembers when each counter last moved.
class LeaseWatch {
  public:
    struct Seen {
        std::int64_t worker_id;
        std::int64_t renewals;
        std::chrono::milliseconds ttl;
    };
    /// Takes a full reading of the worker table; returns those that are over.
    std::vector<Seen> observe(const std::vector<Seen>& workers, SteadyTime now);

  private:
    struct Mark {
        std::int64_t renewals;
        SteadyTime since;
    };
    std::map<std::int64_t, Mark> marks_;
};

struct MaintenanceOptions {
    std::chrono::milliseconds rescue_every{1'000};
    std::chrono::milliseconds sweep_every{15'000};
    std::chrono::milliseconds upkeep_every{60'000};  ///< history partitions and pruning
};

/// How long one of so many workers waits after its sweep, so that the fleet sweeps about once
/// each `every`, and no worker waits for longer than twelve times that. Pure.
std::chrono::milliseconds sweep_pause(std::chrono::milliseconds every, std::int64_t workers,
                                      std::uint64_t random);

/// Services for a TaskGroup; both run until cancelled and throw on database errors.
awaitable<void> rescue_service(pg::Pool& pool, MaintenanceOptions options, log::Logger logger);
awaitable<void> sweep_service(pg::Pool& pool, MaintenanceOptions options, log::Logger logger);

}  // namespace barid::queue
