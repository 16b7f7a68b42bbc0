// Asks again for pictures that a filter names, a page at a time: the kind `image.reprocess`, the
// command `barid media reprocess` and the API.
//
//     {"filter": {"prefix": "product:", "recipe": "banner", "missing": "avif", "stale": true,
//                 "before": "2026-11-22T10:00:00Z"}, "recipe": "product", "per_minute": 60}
//
// Each place that shows a picture becomes one `image.process` with the request that first asked for
// it, spread over time. That job's unique key holds what it is to replace: asking twice adds
// nothing twice while the first waits, and what was cut off simply goes on. `before` freezes the
// filter: places that were filled since are left alone. Io thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "jobs/registry.hpp"
#include "media/recipe_book.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct ReprocessFilter {
    std::string prefix = {};  ///< entities that begin so
    std::string recipe = {};  ///< pictures of this recipe
    std::string missing_format = {};
    bool stale = false;  ///< only what its recipe would make otherwise now
    std::string before = {};
};
struct ReprocessWish {
    ReprocessFilter filter = {};
    std::string recipe = {};  ///< to be made by this one instead
    int per_minute = 60;
    std::string queue = "default";
    int priority = 8;
};

/// What shows a picture. `request` is nothing where it isn't known where the picture came from.
struct ReprocessPlace {
    std::string entity = {};
    std::string slot = {};
    std::int64_t set = 0;
    std::string recipe_hash = {};
    std::optional<std::string> request = {};
};

enum class NotReprocessed : std::uint8_t {
    current,          ///< its recipe would make the same (with `stale`)
    without_request,  ///< older than this program remembers requests
    unknown_recipe,   ///< its recipe isn't known any more
};

/// The job as barid.enqueue_many takes it, or why there is none. Pure.
std::variant<json::object, NotReprocessed> reprocess_job(const ReprocessPlace& place,
                                                         const media::RecipeBook& recipes,
                                                         const ReprocessWish& wish);

struct ReprocessCounts {
    std::int64_t looked_at = 0;
    std::int64_t chosen = 0;
    std::int64_t added = 0;
    std::int64_t without_request = 0;
    std::int64_t unknown_recipe = 0;
};
/// Where a walk over all places stands; a value that can be kept.
struct ReprocessWalk {
    ReprocessCounts counts = {};
    std::string entity = {};
    std::string slot = {};
    std::int64_t set = 0;
};

/// The next page's jobs, in one statement; false when there was none. With `preview` it only
/// counts.
awaitable<bool> reprocess_page(pg::Pool& pool, const ReprocessWish& wish,
                               const media::RecipeBook& recipes, ReprocessWalk& walk,
                               bool preview = false);

/// Notes every violation; pure.
ReprocessWish parse_reprocess(JsonReader& in, const media::RecipeBook& recipes);

/// {"looked_at": 9, "chosen": 3, "added": 3, "without_request": 0, "unknown_recipe": 0}
json::object reprocess_json(const ReprocessCounts& counts);

/// `pool` must outlive the registry.
void register_image_reprocess(Registry& registry, pg::Pool& pool, media::RecipeBook recipes);

}  // namespace barid::jobs
