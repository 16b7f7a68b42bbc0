#include "queue/pg/pool.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "queue/pg/error.hpp"
#include "queue/pg/watch.hpp"

namespace barid::pg {
namespace {

constexpr std::chrono::milliseconds kFirstBackoff{100};
constexpr std::chrono::milliseconds kLongestBackoff{5'000};

}  // namespace

PooledConnection::PooledConnection(Pool* pool, std::shared_ptr<Connection> connection)
    : pool_(pool), connection_(std::move(connection)) {}

PooledConnection::PooledConnection(PooledConnection&&) noexcept = default;

PooledConnection::~PooledConnection() {
    if (connection_) pool_->release(std::move(connection_), discarded_);
}

Pool::Pool(asio::io_context& io, ThreadPool& blocking, ConnectOptions options, std::size_t limit,
           log::Logger logger)
    : io_(io),
      blocking_(blocking),
      options_(std::move(options)),
      limit_(limit),
      log_(std::move(logger)) {}

Pool::~Pool() = default;

awaitable<PooledConnection> Pool::acquire(std::chrono::milliseconds deadline) {
    const SteadyTime until = std::chrono::steady_clock::now() + deadline;
    while (true) {
        while (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            if (connection->usable()) co_return PooledConnection(this, std::move(connection));
            --open_;
        }
        if (open_ < limit_) co_return PooledConnection(this, co_await open(until));
        if (std::chrono::steady_clock::now() >= until) {
            throw TimeoutError("no database connection became free in time");
        }
        asio::steady_timer turn(io_, until);
        waiters_.push_back(&turn);
        co_await turn.async_wait(use_tuple);
        std::erase(waiters_, &turn);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
}

awaitable<std::shared_ptr<Connection>> Pool::open(SteadyTime deadline) {
    ++open_;
    struct Slot {  // gives the place back unless the connection was made
        Pool* pool;
        bool taken = false;
        ~Slot() {
            if (!taken) pool->release(nullptr, true);
        }
    } slot{this};
    while (true) {
        if (not_before_ > std::chrono::steady_clock::now()) {
            asio::steady_timer pause(io_, std::min(not_before_, deadline));
            co_await pause.async_wait(asio::use_awaitable);
        }
        std::exception_ptr failure;
        bool give_up = false;
        try {
            std::shared_ptr<Connection> connection =
                co_await Connection::connect(blocking_, options_, log_);
            keep_watch(io_.get_executor(), connection);
            slot.taken = true;
            backoff_ = std::chrono::milliseconds(0);
            co_return connection;
        } catch (const barid::Error& e) {
            failure = std::current_exception();
            give_up = !e.transient();
            backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, kLongestBackoff);
            const auto jitter = std::chrono::milliseconds(
                random_u64() % static_cast<std::uint64_t>(backoff_.count() + 1));
            not_before_ = std::chrono::steady_clock::now() + jitter;
            log_.warn("database connect failed", {{"error", e.what()}, {"retry_in", jitter}});
        }
        if (give_up || std::chrono::steady_clock::now() >= deadline) {
            std::rethrow_exception(failure);
        }
    }
}

void Pool::release(std::shared_ptr<Connection> connection, bool discard) {
    if (!discard && connection->usable() && connection->in_flight() == 0) {
        connection->on_notification(nullptr);
        connection->on_lost(nullptr);
        idle_.push_back(std::move(connection));
    } else {
        --open_;
    }
    if (!waiters_.empty()) waiters_.front()->cancel();
}

awaitable<Result> Pool::execute(std::string_view sql, Params params) {
    auto connection = co_await acquire();
    co_return co_await connection->execute(sql, std::move(params));
}

awaitable<Transaction> Transaction::begin(Pool& pool) {
    Transaction transaction(co_await pool.acquire());
    co_await transaction.execute("BEGIN");
    co_return transaction;
}

Transaction::~Transaction() {
    if (!finished_) connection_.discard();
}

awaitable<Result> Transaction::execute(std::string_view sql, Params params) {
    return connection_->execute(sql, std::move(params));
}

awaitable<Result> Transaction::execute(std::string_view sql, Params params,
                                       std::chrono::milliseconds deadline) {
    return connection_->execute(sql, std::move(params), deadline);
}

awaitable<Result> Transaction::execute_script(const std::string& sql,
                                              std::chrono::milliseconds deadline) {
    return connection_->execute_script(sql, deadline);
}

awaitable<void> Transaction::rollback() {
    co_await connection_->execute("ROLLBACK");
    finished_ = true;
}

awaitable<void> Transaction::commit() {
    const Result result = co_await connection_->execute("COMMIT");
    // A transaction that failed before answers COMMIT with ROLLBACK, and no error.
    if (result.command() != "COMMIT") throw Error("25P02", "the transaction was rolled back");
    finished_ = true;
}

}  // namespace barid::pg
