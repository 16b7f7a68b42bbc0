// Judges a history: which promises of the queue it breaks. Pure.
//
// A run counts as live from its start until it ended, its process was killed, or its lease's last
// known deadline passed, whichever came first: what a fenced worker still does after that is
// its own business, as the database refuses it.
//
// One thing is excused, and counted: a claim without key or limit commits asynchronously, so a
// crash of the server may forget it. Then the job runs again under the same attempt number, even
// beside the first run (docs/queue.md: at least once).
#pragma once

#include <string>
#include <vector>

#include "tests/fault/history/history.hpp"

namespace barid::history {

struct Verdict {
    std::vector<std::string> problems;
    long committed = 0;
    long deduplicated = 0;
    long rolled_back = 0;
    long unknown = 0;
    long runs = 0;
    long cut_short = 0;  ///< runs without an end: their process was killed
    long rerun = 0;      ///< runs beyond a job's first
    long forgotten = 0;  ///< claims that a server crash lost
};

Verdict check(const History& history);

/// One line for people.
std::string summary(const Verdict& verdict);

}  // namespace barid::history
