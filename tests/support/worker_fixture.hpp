// A worker inside the test's process: registry, pool and Worker on one io_context.
//
// Register handlers on `registry`, then `run_until(condition, limit)`: the worker runs until the
// condition holds, then stops gracefully. Handlers may end the run early through `done`.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "base/timeout.hpp"
#include "jobs/registry.hpp"
#include "tests/support/database.hpp"
#include "worker/worker.hpp"

namespace barid::support {

class WorkerFixture : public testing::Test, protected IoFixture {
  protected:
    worker::WorkerOptions options() {
        worker::WorkerOptions options;
        options.name = "test";
        options.concurrency = 20;
        options.shutdown_grace = std::chrono::seconds(5);
        return options;
    }

    /// Runs `worker` until `condition` (asked every 5 ms) or the limit; returns the condition.
    bool run_until(worker::Worker& worker, std::function<bool()> condition,
                   std::chrono::seconds limit = std::chrono::seconds(20)) {
        bool met = false;
        const auto watch = [&]() -> awaitable<void> {
            const auto until = std::chrono::steady_clock::now() + limit;
            while (std::chrono::steady_clock::now() < until) {
                met = condition();
                if (met) break;
                co_await barid::sleep_for(std::chrono::milliseconds(5));
            }
            worker.request_stop();
        };
        asio::co_spawn(io, watch(), asio::detached);
        clean_ = run(worker.run(), limit + std::chrono::seconds(30));
        return met;
    }

    void handle(const std::string& kind,
                std::function<awaitable<queue::Outcome>(jobs::JobContext&)> run,
                std::chrono::milliseconds timeout = std::chrono::minutes(1)) {
        registry.add_raw({.kind = kind, .timeout = timeout,
                          .retry = {.base = std::chrono::milliseconds(1),
                                    .floor = std::chrono::milliseconds(0)}},
                         [run = std::move(run)](jobs::JobContext& context, const json::value&) {
                             return run(context);
                         });
    }

    TestDatabase database;
    pg::Pool pool{io, blocking, database.options(), 5, {}};
    jobs::Registry registry;
    bool clean_ = false;  ///< what the worker's run said: everything was settled
};

}  // namespace barid::support
