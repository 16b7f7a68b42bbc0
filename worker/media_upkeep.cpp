#include "worker/media_upkeep.hpp"

#include "base/timeout.hpp"

namespace barid::worker {

awaitable<void> media_upkeep(pg::Pool& pool, MediaUpkeep upkeep) {
    co_await pool.execute(
        "SELECT barid.media_upkeep($1, $2::interval, $3)",
        pg::Params(upkeep.store, std::chrono::microseconds(upkeep.grace), upkeep.queue));
}

awaitable<void> media_upkeep_service(pg::Pool& pool, MediaUpkeep upkeep,
                                     queue::MaintenanceOptions options) {
    do {
        co_await media_upkeep(pool, upkeep);
    } while (co_await sleep_for(options.upkeep_every));
}

}  // namespace barid::worker
