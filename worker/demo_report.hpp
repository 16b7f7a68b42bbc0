// The demo's end: tables of what happened, and whether it is what should have happened.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "worker/demo_output.hpp"
#include "worker/demo_work.hpp"
#include "worker/platform.hpp"

namespace barid::worker {

struct DemoFacts {
    DemoRun run;
    std::vector<DemoPicture> pictures;
    std::vector<int> widths;
    std::vector<std::string> formats;
    std::vector<std::int64_t> slow_jobs;
    std::chrono::milliseconds lease_ttl{0};
    SystemTime killed_at{};
    bool killed = false;   ///< by our SIGKILL, not by itself
    bool in_time = false;  ///< every job ended before the deadline
};

struct Expectation {
    std::string what;
    bool held = false;
    std::string found;  ///< what is wrong, when it did not hold
};

/// Looks at database, files and HTTP; demo_checks.cpp.
awaitable<std::vector<Expectation>> check_demo(Platform& platform, const DemoFacts& facts);

/// Prints everything; true when every expectation held.
awaitable<bool> report_demo(Platform& platform, const DemoFacts& facts, DemoOutput& out);

}  // namespace barid::worker
