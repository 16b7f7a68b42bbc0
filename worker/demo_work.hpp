// What the demo's shop looks like and what it asks for, all of it by plain SQL, as a shop's own
// backend would do it; and what each phone should show for it.
//
// Each run has a number, so that runs in a kept directory don't get into each other's way: `@` in
// a name below stands for nothing in the first run, for "-2" in the second.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "queue/pg/pool.hpp"
#include "worker/demo_pictures.hpp"

namespace barid::worker {

struct DemoRun {
    std::string suffix;      ///< what `@` stands for
    std::string request_id;  ///< of all its jobs
};

/// The next run's names.
awaitable<DemoRun> begin_demo_run(pg::Pool& pool);

/// Users with their languages, devices and preferences, a template, and two texts that a person
/// translated.
awaitable<void> set_up_shop(pg::Pool& pool, const DemoRun& run);

inline constexpr const char* kSlowQueue = "demo-slow";
/// Jobs that last until their worker is killed; returns their ids.
awaitable<std::vector<std::int64_t>> enqueue_slow(pg::Pool& pool, const DemoRun& run);

/// Everything else.
awaitable<void> enqueue_work(pg::Pool& pool, const DemoRun& run,
                             const std::vector<DemoPicture>& pictures);

struct ExpectedPush {
    std::string user;  ///< with the run's suffix
    std::string platform;
    std::string title;
    std::string body;
    auto operator<=>(const ExpectedPush&) const = default;
};
std::vector<ExpectedPush> expected_pushes(const DemoRun& run);

/// The users, with the run's suffix.
std::vector<std::string> demo_users(const DemoRun& run);

/// `text` with each `@` replaced by the run's suffix.
std::string of_run(const DemoRun& run, std::string text);

}  // namespace barid::worker
