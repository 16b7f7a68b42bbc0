// A second worker process, so that the demo can kill one and show what becomes of its jobs.
//
// It is this program again with the hidden command `dev-worker`, configured by its environment
// alone. The kernel kills it when this process ends. Io thread only, which must be the thread that
// started the process (the kernel watches the parent's thread).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "config/settings.hpp"

namespace barid::worker {

class WorkerProcess {
  public:
    /// `settings` are this process's; the other one serves `queue` alone and has no HTTP port.
    /// Its log goes to `log`. Throws a transient Error when it can't be started.
    WorkerProcess(const config::Settings& settings, const std::string& name,
                  const std::string& queue, const std::filesystem::path& log);
    /// Kills it when it still runs.
    ~WorkerProcess();
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool running();
    /// SIGKILL, and waits for the end, which is a matter of milliseconds. Returns false when the
    /// process had ended by itself before.
    bool kill();

  private:
    pid_t pid_ = -1;
    bool reaped_ = false;
};

}  // namespace barid::worker
