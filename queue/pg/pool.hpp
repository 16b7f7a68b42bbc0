// A bounded set of connections that heals itself.
//
// `acquire` hands out an idle connection, opens a new one below the limit, or waits for one to
// come back. After a failed connect the next attempt waits: 100 ms doubling to 5 s, with full
// jitter, for all users together. A broken connection is thrown away when it is released.
// Not thread-safe: io thread only; must outlive its leases.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "queue/pg/connection.hpp"

namespace barid::pg {

class Pool;

/// A connection on loan; goes back when destroyed.
class PooledConnection {
  public:
    PooledConnection(Pool* pool, std::shared_ptr<Connection> connection);
    ~PooledConnection();
    PooledConnection(PooledConnection&&) noexcept;
    PooledConnection& operator=(PooledConnection&&) = delete;

    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }
    /// Closes it instead of giving it back (a transaction may be open).
    void discard() { discarded_ = true; }

  private:
    Pool* pool_;
    std::shared_ptr<Connection> connection_;
    bool discarded_ = false;
};

class Pool {
  public:
    Pool(asio::io_context& io, ThreadPool& blocking, ConnectOptions options, std::size_t limit,
         log::Logger logger);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Throws the last connect Error, or TimeoutError, when `deadline` passes without one.
    awaitable<PooledConnection> acquire(
        std::chrono::milliseconds deadline = std::chrono::seconds(30));

    /// acquire + execute.
    awaitable<Result> execute(std::string_view sql, Params params = {});

    [[nodiscard]] const ConnectOptions& options() const { return options_; }

  private:
    friend class PooledConnection;
    void release(std::shared_ptr<Connection> connection, bool discard);
    awaitable<std::shared_ptr<Connection>> open(SteadyTime deadline);

    asio::io_context& io_;
    ThreadPool& blocking_;
    ConnectOptions options_;
    std::size_t limit_;
    log::Logger log_;
    std::deque<std::shared_ptr<Connection>> idle_;
    std::size_t open_ = 0;
    std::deque<asio::steady_timer*> waiters_;  ///< longest waiting first
    SteadyTime not_before_{};
    std::chrono::milliseconds backoff_{0};
};

/// A transaction on a connection of its own: BEGIN … COMMIT, or ROLLBACK when `commit` was not
/// reached (the connection is discarded then, which rolls back on the server).
class Transaction {
  public:
    static awaitable<Transaction> begin(Pool& pool);
    ~Transaction();
    Transaction(Transaction&&) noexcept = default;

    awaitable<Result> execute(std::string_view sql, Params params = {});
    awaitable<Result> execute(std::string_view sql, Params params,
                              std::chrono::milliseconds deadline);
    /// Several statements without parameters, as a part of this transaction.
    awaitable<Result> execute_script(const std::string& sql, std::chrono::milliseconds deadline);
    /// Undoes it and keeps the connection; without it the connection is closed.
    awaitable<void> rollback();
    /// Throws when the outcome is unknown or the server refused.
    awaitable<void> commit();

  private:
    explicit Transaction(PooledConnection connection) : connection_(std::move(connection)) {}
    PooledConnection connection_;
    bool finished_ = false;
};

}  // namespace barid::pg
