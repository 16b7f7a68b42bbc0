// What a one-shot command needs: an io_context, a pool, and a coroutine run to its end.
#pragma once

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
    explicit CommandSession(const config::Settings& settings)
        : pool(io, blocking, connect_options(settings), 2, {}) {
        config::require_database(settings);
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
};

}  // namespace barid::worker
