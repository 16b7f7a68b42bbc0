// Removes the files that nothing shows any more: the kinds `image.collect` and `image.delete`.
//
//     image.collect {}                       added by the platform itself when something is due
//     image.delete  {"entity": "product:42"} | {"entity": "product:42", "slot": "main"} |
//                   {"set": 7}, and "now": true to remove the files without the grace
//
// barid.media_garbage (migration 0018) says what is to go; a file's row outlives it by a day. Any
// number of processes may collect at once, and be killed while they do. A file that can't be
// removed or purged is tried again later. Io thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "jobs/registry.hpp"
#include "media/store.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct CollectOptions {
    std::chrono::seconds grace{std::chrono::hours(7 * 24)};
    std::size_t concurrency = 6;  ///< files at once
    int batch = 100;
};

struct Collected {
    std::int64_t sets = 0;   ///< whose files became due
    std::int64_t files = 0;  ///< removed
    std::int64_t failed = 0;
    std::string error = {};  ///< of the last that failed
};

/// Until nothing is due, or `stop` says so.
awaitable<Collected> collect_garbage(pg::Pool& pool, media::ObjectStore& store,
                                     CollectOptions options, std::function<bool()> stop);

/// {"sets": 1, "files": 6, "failed": 0}
std::string collected_json(const Collected& collected);

struct ImageDeletePayload {
    std::optional<std::string> entity;
    std::optional<std::string> slot;
    std::optional<std::int64_t> set;
    bool now = false;
};
/// Notes every violation; pure.
ImageDeletePayload parse_image_delete(JsonReader& in);

/// Everything must outlive the registry.
void register_image_upkeep(Registry& registry, pg::Pool& pool, media::ObjectStore& store,
                           CollectOptions options);

}  // namespace barid::jobs
