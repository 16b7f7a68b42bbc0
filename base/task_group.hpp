// Supervises the long-lived coroutines of one io thread ("services").
//
// A service that throws is logged and started again after a back-off (100 ms doubling to 2 s).
// `stop()` cancels every service's pending wait; `join()` ends when the last one has returned. Not
// thread-safe: use it on the io thread.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "base/asio.hpp"
#include "base/log.hpp"

namespace barid {

class TaskGroup {
  public:
    using Service = std::function<awaitable<void>()>;

    TaskGroup(asio::io_context& io, log::Logger logger);
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Starts `service` under `name`; a service that returns is finished, not restarted.
    void spawn(std::string name, Service service);

    /// Asks every service to end: cancels what it waits for. Safe to call more than once.
    void stop();
    [[nodiscard]] bool stopping() const { return stopping_; }

    /// Completes when no service runs any more.
    awaitable<void> join();

  private:
    struct Task;
    awaitable<void> supervise(std::shared_ptr<Task> task);

    asio::io_context& io_;
    log::Logger log_;
    std::list<std::shared_ptr<Task>> tasks_;
    asio::steady_timer changed_;
    bool stopping_ = false;
};

}  // namespace barid
