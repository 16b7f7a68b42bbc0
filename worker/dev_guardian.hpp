// The guardian's side of DevServer: runs in the forked process, single-threaded, blocking.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "worker/dev_directory.hpp"

namespace barid::worker {

class DevGuardian {
  public:
    /// `control` ends (end of file) when the owner is gone; lines of `status` are for the owner:
    /// `ready PORT`, or `error TEXT`.
    DevGuardian(const DevDirectory& directory, ServerUser user, int control, int status);

    /// The process's whole life.
    [[noreturn]] void run(std::uint16_t preferred_port);

  private:
    void lock();
    void find_programs();
    void initialise();
    void clear_stale_pid_file() const;
    void start(std::uint16_t port);
    void watch();
    void stop();
    void clean_up();

    pid_t launch(const std::string& program, std::vector<std::string> arguments,
                 const std::filesystem::path& log, int death_signal);
    /// The status of waitpid, or throws when the owner is gone or the deadline passes.
    int wait_for(pid_t child, std::chrono::seconds limit, const std::string& what);
    [[nodiscard]] bool owner_gone(int wait_ms) const;
    void say(const std::string& line) const;

    DevDirectory directory_;
    ServerUser user_;
    int control_;
    int status_;
    int lock_ = -1;
    std::filesystem::path programs_;
    pid_t server_ = -1;
};

}  // namespace barid::worker
