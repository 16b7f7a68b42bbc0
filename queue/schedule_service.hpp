// Has the database fire its schedules in time.
//
// Every worker process runs one; none leads. What is due, and when that is, the database decides
// (barid.fire_schedules): this only sleeps until the time that it was told, on its own monotonic
// clock, and at most `longest_sleep`, so that a change nobody announced is seen as well. `poke()`
// when a change was announced. Prunes the rows of past fires once a minute. Io thread only.
#pragma once

#include <chrono>

#include "base/asio.hpp"
#include "base/log.hpp"
#include "queue/pg/pool.hpp"

namespace barid::queue {

class ScheduleService {
  public:
    ScheduleService(asio::io_context& io, pg::Pool& pool, std::chrono::milliseconds longest_sleep,
                    log::Logger logger);

    /// The service: fires until cancelled; throws on database errors.
    awaitable<void> run();

    /// Schedules were changed: look again.
    void poke();

  private:
    /// Fires what is due and says how long nothing more will be.
    awaitable<std::chrono::milliseconds> fire();

    pg::Pool& pool_;
    std::chrono::milliseconds longest_sleep_;
    log::Logger log_;
    asio::steady_timer sleeper_;
    bool poked_ = false;
};

}  // namespace barid::queue
