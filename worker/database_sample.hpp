// What the database says of its queues and of itself, as gauges: short statements with a limit of
// their own, at most one every few seconds whoever asks.
//
// Io thread only. Opens its own session, the first time that somebody asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/run_on.hpp"
#include "queue/pg/pool.hpp"

namespace barid::worker {

/// Counts stop at `counted_to`: then there are that many or more.
struct QueueSample {
    std::string name;
    bool paused = false;
    std::int64_t due = 0;
    std::int64_t later = 0;
    std::int64_t running = 0;
    std::int64_t parked = 0;
    std::vector<std::pair<std::string, std::int64_t>> parked_by = {};
    double oldest_due_seconds = 0;
    std::int64_t counted_to = 0;
    bool dead_letters = false;  ///< another queue's failed jobs come here
};

/// A translation provider today (UTC).
struct ProviderSample {
    std::string name;
    std::int64_t requests = 0;
    std::int64_t texts = 0;
    std::int64_t characters = 0;
    std::int64_t errors = 0;
    double cost = 0;
    bool paused = false;
};

/// A stream of the shop's outbox that could be asked.
struct StreamSample {
    std::string name;
    std::int64_t pending = 0;  ///< 10,000: that or more
    double oldest_seconds = 0;
    std::int64_t blocked = 0;
};

/// An account at a payment gateway that was used.
struct GatewaySample {
    std::string name;
    bool paused = false;
    std::int64_t unknown_attempts = 0;  ///< as the last whole sweep found them
    std::int64_t open_refunds = 0;
};

struct DatabaseSample {
    std::vector<QueueSample> queues;
    std::vector<ProviderSample> providers = {};  ///< at most 16
    std::vector<StreamSample> streams = {};      ///< at most 100
    std::vector<GatewaySample> gateways = {};    ///< at most 20
    std::int64_t payments_held = 0;              ///< orders; 10,000: that or more
    std::int64_t live_rows = 0;                  ///< of barid.job, as the statistics have it
    std::int64_t dead_rows = 0;
    double oldest_transaction_seconds = 0;
    std::int64_t horizon_transactions = 0;  ///< how far back rows are kept for somebody
    double notification_usage = 0;          ///< of the notification queue, 0 to 1
    std::int64_t workers = 0;
    std::int64_t blocked_keys = 0;
    double history_overdue_seconds = 0;  ///< of the oldest finished job, beyond its retention
};

awaitable<std::vector<QueueSample>> read_queues(pg::Pool& pool);
awaitable<DatabaseSample> read_sample(pg::Pool& pool);

class DatabaseSampler {
  public:
    DatabaseSampler(asio::io_context& io, ThreadPool& blocking, pg::ConnectOptions options);

    /// A sample of at most `kFresh` ago, or nothing when the database didn't answer in time.
    awaitable<std::shared_ptr<const DatabaseSample>> get();

    static constexpr std::chrono::milliseconds kFresh{5000};
    static constexpr std::chrono::milliseconds kLimit{3000};

  private:
    pg::Pool pool_;
    std::shared_ptr<const DatabaseSample> last_;
    SteadyTime taken_{};
    bool busy_ = false;
};

}  // namespace barid::worker
