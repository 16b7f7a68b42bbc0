// A child process of a test: a stand-in server (`node x.mjs`), a tool, or Barid itself.
//
// The child's standard output is read line by line with deadlines; its standard error is the
// test's own. The destructor kills the child's whole process group, and the kernel kills the
// child should the test die first. Use it from the thread that made it; nothing is shared.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace barid::support {

class ChildProcess {
  public:
    struct Options {
        /// Added to (or replacing) the test's own environment.
        std::vector<std::pair<std::string, std::string>> environment = {};
        std::string directory = {};  ///< working directory; empty: the test's own
    };

    /// Starts `argv[0]`, found by PATH. Throws std::runtime_error when it can't be started.
    explicit ChildProcess(std::vector<std::string> argv) : ChildProcess(std::move(argv), {}) {}
    ChildProcess(std::vector<std::string> argv, const Options& options);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// The next line of standard output that starts with `prefix`, without the prefix and the
    /// blanks after it; lines before it are kept in `output()`. Throws std::runtime_error at the
    /// deadline or when the output ends.
    std::string wait_for_line(std::string_view prefix,
                              std::chrono::milliseconds limit = std::chrono::seconds(20));
    /// Waits for `READY <port>`.
    int wait_ready(std::chrono::milliseconds limit = std::chrono::seconds(20));

    /// Everything read from standard output so far.
    [[nodiscard]] const std::string& output() const { return output_; }

    /// Sends a signal to the child alone; nothing happens when it has ended.
    void signal(int number);
    /// Waits for the end and returns the exit code (128 + signal when a signal ended it), or
    /// nothing at the deadline. Standard output is read meanwhile, so the child can't block on it.
    std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(20));

  private:
    /// Reads what there is into `output_`; false when the output has ended.
    bool read_more(std::chrono::milliseconds limit);

    pid_t pid_ = -1;
    int out_ = -1;
    bool reaped_ = false;
    int exit_code_ = 0;
    std::string output_;
    std::size_t line_start_ = 0;
};

/// The command line that runs tests/support/`script` with Node.
std::vector<std::string> node_script(const std::string& script,
                                     const std::vector<std::string>& arguments = {});

}  // namespace barid::support
