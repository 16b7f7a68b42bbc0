// The worker process's lease: one row, renewed by a thread with a connection of its own.
//
// The deadline counts from the moment a renewal was *sent*, on the monotonic clock, so neither a
// slow answer nor a stepping database clock makes a lease look alive that is not. The thread also
// watches that the io thread calls `beat()`: a stalled worker must lose its lease. When
// the deadline passes, or the row is gone, the lease is over for good (`alive()` is false): the
// owner stops its handlers and registers a new one.
//
// `alive`, `deadline` and `beat` may be called from any thread; the rest from the owner's.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "queue/pg/pool.hpp"

namespace barid::queue {

struct LeaseOptions {
    std::string name;
    std::vector<std::string> queues;
    std::chrono::milliseconds ttl{8'000};
};

class Lease {
  public:
    /// Writes the worker's row with a fresh random id and starts to renew it.
    static awaitable<std::unique_ptr<Lease>> open(pg::Pool& pool, LeaseOptions options,
                                                  log::Logger logger);
    /// Stops renewing; the row stays for a rescuer unless `withdraw` removed it.
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    [[nodiscard]] std::int64_t worker_id() const { return worker_id_; }
    /// Handlers must have stopped by then; a tenth of the TTL is kept as a margin.
    [[nodiscard]] SteadyTime deadline() const;
    [[nodiscard]] bool alive() const;
    /// The io thread is alive; call at least every `ttl / 4`.
    void beat();

    /// Removes the row (and claims that are left, whose jobs go back) at a clean shutdown.
    awaitable<void> withdraw(pg::Pool& pool);

  private:
    Lease(std::int64_t worker_id, LeaseOptions options, pg::ConnectOptions connect,
          log::Logger logger);
    void renew_for_ever();
    awaitable<void> renewal_loop(asio::io_context& io);
    awaitable<void> renew(pg::Connection& connection);
    void stop();

    std::int64_t worker_id_;
    LeaseOptions options_;
    pg::ConnectOptions connect_;
    log::Logger log_;
    std::atomic<std::int64_t> deadline_ns_{0};
    std::atomic<std::int64_t> beat_ns_{0};
    std::atomic<bool> lost_{false};
    std::atomic<bool> stopping_{false};
    asio::io_context io_{1};
    ThreadPool blocking_{1};
    std::thread thread_;
};

}  // namespace barid::queue
