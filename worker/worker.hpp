// The life of a worker process's work on one database: lease, services, graceful shutdown.
//
// `run` returns when a stop was requested and everything is settled. First stop: claim no more,
// let handlers finish until `shutdown_grace`, hand the rest back, settle, withdraw the lease.
// Second stop: hand back at once. When the lease is lost (the database was away for longer than
// its TTL, or the process stood still), handlers are stopped and a new lease is opened.
// Io thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"
#include "base/task_group.hpp"
#include "jobs/registry.hpp"
#include "queue/claimer.hpp"
#include "queue/lease.hpp"
#include "queue/rescue.hpp"
#include "queue/schedule_service.hpp"
#include "queue/settler.hpp"
#include "queue/wakeup.hpp"
#include "worker/executor.hpp"
#include "worker/fetcher.hpp"
#include "worker/job_records.hpp"
#include "worker/media_upkeep.hpp"

namespace barid::worker {

struct WorkerOptions {
    std::string name = "worker";
    std::vector<std::string> queues{"default"};
    std::size_t concurrency = 50;
    std::chrono::milliseconds shutdown_grace{30'000};
    std::chrono::milliseconds lease_ttl{8'000};
    std::chrono::milliseconds poll_interval{2'000};  ///< longest sleep without a listening session
    std::chrono::milliseconds idle_interval{5'000};  ///< longest sleep with one
    queue::WakeupMode wakeup = queue::WakeupMode::listen;
    queue::MaintenanceOptions maintenance = {};
    MediaUpkeep media = {};
    const trace::Tracer* tracer = &trace::Tracer::off();  ///< must outlive the worker
    /// Asked once the schema fits, before anything is claimed; what it throws ends `run`.
    std::function<awaitable<void>()> before_work = {};
};

/// The schema is missing or doesn't fit this program.
class SchemaError : public Error {
  public:
    explicit SchemaError(const std::string& message) : Error(Retry::permanent, message) {}
};

class Worker {
  public:
    Worker(asio::io_context& io, ThreadPool& blocking, pg::Pool& pool,
           const jobs::Registry& registry, WorkerOptions options, log::Logger logger);
    ~Worker();

    /// Throws SchemaError, and pg::Error when the
    /// database can't be reached at the start. False when outcomes could not be written before
    /// the end; their jobs run again elsewhere.
    awaitable<bool> run();

    /// Call again to hurry. Safe in a signal_set's handler.
    void request_stop();

    /// Ready to take work: the lease is alive. For /readyz.
    [[nodiscard]] bool ready() const { return lease_ && lease_->alive(); }
    /// The present lease's id, and when it ends unless it is renewed; 0 and the epoch without one.
    [[nodiscard]] std::int64_t lease_id() const { return lease_ ? lease_->worker_id() : 0; }
    [[nodiscard]] SteadyTime lease_deadline() const {
        return lease_ ? lease_->deadline() : SteadyTime{};
    }
    [[nodiscard]] const Executor& executor() const { return executor_; }
    [[nodiscard]] const queue::Settler& settler() const { return settler_; }
    [[nodiscard]] const queue::Claimer& claimer() const { return claimer_; }

  private:
    awaitable<void> check_schema();
    awaitable<void> open_lease();
    awaitable<void> guard_lease();
    awaitable<void> watch_cancels();
    awaitable<bool> shut_down();

    pg::Pool& pool_;
    WorkerOptions options_;
    log::Logger log_;
    queue::ClaimLedger ledger_;
    queue::Settler settler_;
    DatabaseRecords records_;
    Executor executor_;
    queue::Claimer claimer_;
    queue::Wakeup wakeup_;
    queue::ScheduleService schedules_;
    Fetcher fetcher_;
    TaskGroup intake_;    ///< what finds work: stopped first
    TaskGroup services_;  ///< what finishes it: stopped last
    std::unique_ptr<queue::Lease> lease_;
    bool lease_lost_ = false;
    int stops_ = 0;
    asio::steady_timer stop_signal_;
};

}  // namespace barid::worker
