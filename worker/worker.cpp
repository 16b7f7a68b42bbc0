#include "worker/worker.hpp"

#include <algorithm>

#include "base/timeout.hpp"
#include "queue/migrate.hpp"
#include "queue/retention.hpp"
#include "worker/notify_upkeep.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

/// After the grace: for cancelled handlers to unwind, and for the last outcomes to be written.
constexpr auto kUnwind = 5s;
constexpr auto kSettleAtTheEnd = 15s;
/// A handler is told within a second even when no notification comes.
constexpr auto kCancelCheck = 500ms;

}  // namespace

Worker::Worker(asio::io_context& io, ThreadPool& blocking, pg::Pool& pool,
               const jobs::Registry& registry, WorkerOptions options, log::Logger logger)
    : pool_(pool),
      options_(std::move(options)),
      log_(logger.with({{"worker", options_.name}})),
      settler_(io, blocking, pool.options(), ledger_, {.worker_name = options_.name}, log_),
      records_(pool, settler_),
      executor_(io, registry, settler_, records_, options_.concurrency, log_),
      claimer_(blocking, pool.options(), ledger_, log_),
      wakeup_(io, blocking, pool.options(), options_.wakeup, log_),
      schedules_(io, pool,
                 options_.wakeup == queue::WakeupMode::listen ? options_.idle_interval
                                                              : options_.poll_interval,
                 log_),
      fetcher_(claimer_, wakeup_, settler_, executor_,
               {.queues = options_.queues,
                .poll_interval = options_.poll_interval,
                .idle_interval = options_.idle_interval},
               log_),
      intake_(io, log_),
      services_(io, log_),
      stop_signal_(io, asio::steady_timer::time_point::max()) {
    executor_.tracer = options_.tracer;
    fetcher_.may_claim = [this] { return ready() && !lease_lost_; };
    executor_.may_start = [this](const queue::Job& job) {
        return ready() && queue::worker_of_claim(job.claim_id) == lease_->worker_id();
    };
    fetcher_.on_lease_lost = [this] { lease_lost_ = true; };
    wakeup_.on_cancel = [this](std::int64_t id) { executor_.cancel(id); };
    wakeup_.on_schedule = [this] { schedules_.poke(); };
    settler_.on_stale = [](std::int64_t) {};
    executor_.on_finished = [this](const queue::Job& job) { fetcher_.finished(job); };
    settler_.on_freed = [this] { fetcher_.slot_freed(); };
}

Worker::~Worker() = default;

void Worker::request_stop() {
    ++stops_;
    stop_signal_.cancel();
}

awaitable<void> Worker::check_schema() {
    const std::string problem =
        queue::schema_problem(co_await queue::read_schema(pool_), queue::newest_migration());
    if (!problem.empty()) throw SchemaError(problem);
}

awaitable<void> Worker::open_lease() {
    lease_ = co_await queue::Lease::open(
        pool_, {.name = options_.name, .queues = options_.queues, .ttl = options_.lease_ttl}, log_);
    ledger_.clear();
    claimer_.attach(lease_->worker_id());
    lease_lost_ = false;
    log_.info("ready for work",
              {{"worker_id", lease_->worker_id()}, {"concurrency", options_.concurrency}});
}

awaitable<void> Worker::guard_lease() {
    do {
        if (lease_) lease_->beat();
        if (lease_ && lease_->alive() && !lease_lost_) continue;
        if (lease_) {
            log_.error("the lease is lost: handlers are stopped",
                       {{"running", executor_.running()}});
            executor_.fence();
            lease_.reset();
        }
        co_await open_lease();
    } while (co_await sleep_for(options_.lease_ttl / 20));
}

// The notification is the quick way; this finds a request that was made while nobody listened,
// and is the only way in poll mode.
awaitable<void> Worker::watch_cancels() {
    while (co_await sleep_for(kCancelCheck)) {
        const auto ids = executor_.running_longer_than(kCancelCheck / 2);
        if (ids.empty()) continue;
        const pg::Result wanted = co_await pool_.execute(
            "SELECT id FROM barid.job WHERE id = ANY ($1::bigint[]) AND cancel_requested",
            pg::Params(ids));
        for (const pg::Row row : wanted) executor_.cancel(row.get<std::int64_t>(0));
    }
}

awaitable<bool> Worker::run() {
    co_await check_schema();
    if (options_.before_work) co_await options_.before_work();
    co_await open_lease();
    services_.spawn("settler", [this] { return settler_.run(); });
    services_.spawn("watchdog", [this] { return executor_.watchdog(); });
    services_.spawn("lease guard", [this] { return guard_lease(); });
    services_.spawn("cancel watch", [this] { return watch_cancels(); });
    intake_.spawn("wakeup", [this] { return wakeup_.run(); });
    intake_.spawn("fetcher", [this] { return fetcher_.run(); });
    intake_.spawn("schedules", [this] { return schedules_.run(); });
    intake_.spawn("rescue", [this] { return rescue_service(pool_, options_.maintenance, log_); });
    intake_.spawn("sweep", [this] { return sweep_service(pool_, options_.maintenance, log_); });
    intake_.spawn("upkeep", [this] { return upkeep_service(pool_, options_.maintenance, log_); });
    intake_.spawn("notification upkeep",
                  [this] { return notify_upkeep_service(pool_, options_.maintenance, log_); });
    if (!options_.media.store.empty()) {
        intake_.spawn("picture upkeep", [this] {
            return media_upkeep_service(pool_, options_.media, options_.maintenance);
        });
    }
    while (stops_ == 0) co_await stop_signal_.async_wait(use_tuple);
    co_return co_await shut_down();
}

awaitable<bool> Worker::shut_down() {
    log_.info("stopping", {{"running", executor_.running()}, {"waiting", executor_.buffered()}});
    intake_.stop();
    co_await intake_.join();
    executor_.hand_back(false);
    const auto until = std::chrono::steady_clock::now() + options_.shutdown_grace;
    while (executor_.running() > 0 && stops_ < 2 && std::chrono::steady_clock::now() < until) {
        co_await executor_.drained(50ms);
    }
    if (executor_.running() > 0) {
        log_.warn("handlers are cancelled and their jobs handed back",
                  {{"running", executor_.running()}});
        executor_.hand_back(true);
        co_await executor_.drained(kUnwind);
    }
    settler_.close();
    const auto settle_until = std::chrono::steady_clock::now() + kSettleAtTheEnd;
    while (!settler_.idle() && std::chrono::steady_clock::now() < settle_until) {
        co_await sleep_for(5ms);
    }
    const bool clean = settler_.pending() == 0 && executor_.running() == 0;
    services_.stop();
    co_await services_.join();
    settler_.give_up();
    while (!settler_.quiet()) co_await sleep_for(5ms);
    if (clean && lease_) {
        try {
            co_await claimer_.resolve_doubt();
            co_await lease_->withdraw(pool_);
        } catch (const Error& e) {
            log_.warn("the lease could not be withdrawn", {{"error", e.what()}});
        }
    }
    log_.info("stopped", {{"clean", clean}});
    co_return clean;
}

}  // namespace barid::worker
