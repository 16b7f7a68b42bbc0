// What `barid doctor` found, one line each: for people, or as JSON for scripts.
//
// Findings quote other people's servers, so nothing that steers a terminal gets through; secrets
// are kept out by whoever makes the finding. Use it from one thread.
#pragma once

#include <string>
#include <vector>

namespace barid::worker {

struct Finding {
    enum class Level { ok, warning, problem };
    Level level = Level::ok;
    std::string check;        ///< what was looked at: "database", "store", …
    std::string text;         ///< what was found
    std::string advice = {};  ///< how to mend it
};

using Findings = std::vector<Finding>;

/// One line, without its end.
std::string render(const Finding& finding, bool json);

class DoctorReport {
  public:
    explicit DoctorReport(bool json) : json_(json) {}

    /// Prints the line at once: a slow check shows which one it is by what stands before it.
    void add(const Finding& finding);
    void add(const Findings& findings);
    /// Prints the sum (for people only) and returns the exit code: 1 when there is any problem.
    int finish();

  private:
    bool json_;
    int checks_ = 0;
    int warnings_ = 0;
    int problems_ = 0;
};

}  // namespace barid::worker
