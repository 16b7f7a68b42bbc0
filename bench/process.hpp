// A child process with a pipe each way: workers and peers run apart from who measures them.
//
// The child dies with its parent. The destructor kills and reaps it. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace barid::bench {

class Process {
  public:
    struct Options {
        std::string user = {};  ///< run as this user; empty: as we are
        int parent_death_signal = 9;
        bool quiet = false;  ///< discard its standard error
    };

    explicit Process(const std::vector<std::string>& command);
    Process(const std::vector<std::string>& command, const Options& options);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Its next line of output; throws std::runtime_error when it ends or the limit passes.
    std::string read_line(std::chrono::seconds limit);
    /// The end of its input: what it waits for before it leaves.
    void close_input();
    /// Its exit code (128 + the signal that killed it).
    int wait();
    void signal(int number) const;
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    std::string name_;
    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
    std::string buffer_;
};

/// User and system time that a process has used so far, in seconds; 0 when it is gone.
double cpu_seconds(pid_t pid);

}  // namespace barid::bench
