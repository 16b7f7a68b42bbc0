#include "queue/lease.hpp"

#include "base/crypto.hpp"
#include "base/timeout.hpp"
#include "queue/pg/error.hpp"

namespace barid::queue {
namespace {

constexpr std::chrono::milliseconds kWithdrawDeadline{3'000};

std::int64_t nanos(SteadyTime time) {
    return time.time_since_epoch().count();
}

std::int64_t random_worker_id() {
    return static_cast<std::int64_t>(random_u64() >> 1U);
}

}  // namespace

awaitable<std::unique_ptr<Lease>> Lease::open(pg::Pool& pool, LeaseOptions options,
                                              log::Logger logger) {
    const std::int64_t id = random_worker_id();
    const SteadyTime sent = std::chrono::steady_clock::now();
    co_await pool.execute(
        R"(INSERT INTO barid.worker (id, lease_ttl, name, queues)
           VALUES ($1, $2::interval, $3, $4::text[]))",
        pg::Params(id, std::chrono::microseconds(options.ttl), options.name, options.queues));
    std::unique_ptr<Lease> lease(
        new Lease(id, std::move(options), pool.options(), std::move(logger)));
    lease->deadline_ns_ = nanos(sent + lease->options_.ttl * 9 / 10);
    lease->beat();
    lease->thread_ = std::thread([raw = lease.get()] { raw->renew_for_ever(); });
    co_return lease;
}

Lease::Lease(std::int64_t worker_id, LeaseOptions options, pg::ConnectOptions connect,
             log::Logger logger)
    : worker_id_(worker_id),
      options_(std::move(options)),
      connect_(std::move(connect)),
      log_(std::move(logger)) {
    connect_.application_name = "barid lease";
    connect_.settings.clear();
    connect_.host_timeout = options_.ttl / 4;
}

Lease::~Lease() {
    stop();
}

void Lease::stop() {
    stopping_ = true;
    io_.stop();
    if (thread_.joinable()) thread_.join();
    blocking_.stop();
    blocking_.join();
}

SteadyTime Lease::deadline() const {
    return SteadyTime(std::chrono::nanoseconds(deadline_ns_.load()));
}

bool Lease::alive() const {
    return !lost_ && std::chrono::steady_clock::now() < deadline();
}

void Lease::beat() {
    beat_ns_ = nanos(std::chrono::steady_clock::now());
}

void Lease::renew_for_ever() {
    asio::co_spawn(io_, renewal_loop(io_), asio::detached);
    io_.run();
}

awaitable<void> Lease::renewal_loop(asio::io_context& io) {
    const auto period = options_.ttl / 4;
    std::unique_ptr<pg::Connection> connection;
    asio::steady_timer timer(io, std::chrono::steady_clock::now() + period);
    while (!stopping_ && !lost_) {
        co_await timer.async_wait(use_tuple);
        if (stopping_) break;
        auto next = period;
        try {
            if (!connection || !connection->usable()) {
                connection = co_await pg::Connection::connect(blocking_, connect_, log_);
            }
            co_await renew(*connection);
        } catch (const Error& e) {
            log_.warn("lease renewal failed", {{"error", e.what()}});
            next = std::min(period, std::chrono::milliseconds(250));
        }
        timer.expires_after(next);
    }
}

awaitable<void> Lease::renew(pg::Connection& connection) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto silent = std::chrono::nanoseconds(nanos(now) - beat_ns_.load());
    if (silent > options_.ttl / 2) {
        log_.error("the io thread stands still: the lease is not renewed", {{"for", silent}});
        co_return;
    }
    if (now >= deadline()) co_return;  // over: a late renewal must not revive it
    const pg::Result result = co_await connection.execute(
        "UPDATE barid.worker SET renewals = renewals + 1, renewed_at = now() WHERE id = $1",
        pg::Params(worker_id_), options_.ttl / 2);
    if (result.affected() == 0) {
        lost_ = true;
    } else {
        deadline_ns_ = nanos(now + options_.ttl * 9 / 10);
    }
}

awaitable<void> Lease::withdraw(pg::Pool& pool) {
    stop();
    // A server that is away is not waited for: the row is a rescuer's to remove then.
    auto connection = co_await pool.acquire(kWithdrawDeadline);
    co_await connection->execute(
        "SELECT barid.rescue(w.id, w.renewals) FROM barid.worker w WHERE w.id = $1",
        pg::Params(worker_id_), kWithdrawDeadline);
}

}  // namespace barid::queue
