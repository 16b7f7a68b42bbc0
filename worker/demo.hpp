// `barid dev --demo`: a small shop's work from SQL to phones, pictures and translations, with
// failures and a killed worker process on the way, and a verdict at the end. Io thread only.
#pragma once

#include <functional>

#include "worker/demo_output.hpp"
#include "worker/dev_directory.hpp"
#include "worker/platform.hpp"

namespace barid::worker {

struct DemoParts {
    Platform& platform;
    const config::Settings& settings;
    const DevDirectory& directory;
    DemoOutput& out;
    std::function<void()> start_worker;  ///< this process's own
    std::function<bool()> stopped;       ///< somebody wants it to end, or the worker failed
};

/// True when every expectation held; false also when it was stopped. Takes three minutes at most.
awaitable<bool> run_demo(DemoParts parts);

}  // namespace barid::worker
