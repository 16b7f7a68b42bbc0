// One database's share of `barid work`: its Platform and its Worker.
//
// Among several databases, one that can't be worked on (unreachable, not migrated, a wrong
// password) is tried again with a growing pause, and the others go on. Alone, its error ends the
// program. Once the work has begun, the Worker itself survives that the database goes away. Io
// thread only.
#pragma once

#include <memory>
#include <string>

#include "worker/platform.hpp"
#include "worker/worker.hpp"

namespace barid::worker {

class DatabaseWorker {
  public:
    /// `settings.database` is the one; it has a name when it is one of several.
    DatabaseWorker(asio::io_context& io, ThreadPool& blocking, const config::Settings& settings,
                   const trace::Tracer& tracer = trace::Tracer::off());

    /// Until a stop; false when not everything was written. Throws when it is alone.
    awaitable<bool> run();
    /// Call again to hurry.
    void request_stop();
    [[nodiscard]] Platform& platform() { return platform_; }
    /// Empty when it is alone.
    [[nodiscard]] const std::string& name() const { return name_; }
    /// nullptr as long as the database can't be worked on.
    [[nodiscard]] const Worker* worker() const { return worker_.get(); }
    /// Empty when its lease is held.
    [[nodiscard]] std::string problem() const;

  private:
    awaitable<void> wait(std::chrono::milliseconds pause);

    asio::io_context& io_;
    ThreadPool& blocking_;
    std::string name_;
    log::Logger log_;
    Platform platform_;
    WorkerOptions options_;
    std::unique_ptr<Worker> worker_;
    std::string failure_;
    int stops_ = 0;
    asio::steady_timer pause_;
};

}  // namespace barid::worker
