// Adds a job `image.collect` whenever files of pictures are due to be removed.
//
// Every process looks now and then; the job has a unique key, so that there is one at a time. What
// it does is small, repeatable and safe to be killed in. Io thread only.
#pragma once

#include <chrono>
#include <string>

#include "queue/rescue.hpp"

namespace barid::worker {

struct MediaUpkeep {
    std::string store = {};  ///< its name; empty: this process keeps no pictures
    std::chrono::milliseconds grace{0};
    std::string queue = "default";  ///< one that this process works on
};

/// One look.
awaitable<void> media_upkeep(pg::Pool& pool, MediaUpkeep upkeep);

/// A service for a TaskGroup; runs until cancelled and throws on database errors.
awaitable<void> media_upkeep_service(pg::Pool& pool, MediaUpkeep upkeep,
                                     queue::MaintenanceOptions options);

}  // namespace barid::worker
