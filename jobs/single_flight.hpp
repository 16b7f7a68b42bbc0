// One at a time for each key, inside this process: the others wait, and then look at what was made.
//
//     const SingleFlight::Turn turn = co_await flights.enter(hash);
//
// A cancelled wait throws operation_aborted. Io thread only; must outlive its turns.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/asio.hpp"

namespace barid::jobs {

class SingleFlight {
  public:
    /// Ends when destroyed.
    class Turn {
      public:
        Turn(SingleFlight& flights, std::string key) : flights_(&flights), key_(std::move(key)) {}
        ~Turn();
        Turn(Turn&& other) noexcept
            : flights_(std::exchange(other.flights_, nullptr)), key_(std::move(other.key_)) {}
        Turn& operator=(Turn&&) = delete;

      private:
        SingleFlight* flights_;
        std::string key_;
    };

    awaitable<Turn> enter(std::string key);

  private:
    std::map<std::string, std::shared_ptr<asio::steady_timer>> under_way_;
};

}  // namespace barid::jobs
