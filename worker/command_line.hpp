// The command line's grammar (CLI11), kept away from what the commands do.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace barid::worker {

class CommandLine {
  public:
    CommandLine();
    ~CommandLine();

    /// -1: go on with `run`; otherwise the exit code (help was printed, or the usage is wrong).
    int parse(int argc, char** argv);
    /// Reads the settings and runs the chosen command.
    int run();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace barid::worker
