// What a one-shot command needs: an io_context, a pool, and a coroutine run to its end.
#pragma once

#include <chrono>
#include <exception>
#include <optional>

#include "base/asio.hpp"
#include "base/run_on.hpp"
#include "config/load.hpp"
#include "queue/pg/pool.hpp"
#include "worker/platform.hpp"

namespace barid::worker {

class CommandSession {
  public:
    /// Connects at once; a person at a terminal wants to know now that the database is away.
    /// `patience` is for what starts beside its database: attempts are repeated for that long.
    explicit CommandSession(const config::Settings& settings,
                            std::chrono::milliseconds patience = std::chrono::milliseconds(0))
        : pool(io, blocking, connect_options(settings), 2, {}) {
        config::require_database(settings);
        run(connect(pool, patience));
    }
    ~CommandSession() {
        blocking.stop();
        blocking.join();
    }

    /// Runs the coroutine to its end and rethrows what it threw.
    template <class T>
    T run(awaitable<T> work) {
        std::exception_ptr error;
        std::optional<T> result;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
            error = e;
            if (!e) result.emplace(std::move(value));
            io.stop();
        });
        io.run();
        io.restart();
        if (error) std::rethrow_exception(error);
        return std::move(*result);
    }

    asio::io_context io{1};
    ThreadPool blocking{2};
    pg::Pool pool;

  private:
    static awaitable<bool> connect(pg::Pool& pool, std::chrono::milliseconds patience) {
        co_await pool.acquire(patience);  // and back it goes, open
        co_return true;
    }
};

}  // namespace barid::worker
