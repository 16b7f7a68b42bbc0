// Stores the files of a set, several at once.
//
// Bounded by `concurrency`, over connections that are kept or shared (HTTP/2). The first failure
// ends the others and is the one that is thrown; what was stored by then stays on the list of
// garbage. Cancelling the caller cancels the uploads. Io thread only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jobs/image_manifest.hpp"

namespace barid::jobs {

/// `names` are those of barid.media_plan, one for each variant; `stored(n)` is told after each.
/// The result is in the variants' order; their bytes are moved out.
awaitable<std::vector<StoredVariant>> upload_variants(media::ObjectStore& store,
                                                      std::vector<media::Variant> variants,
                                                      std::vector<std::string> names,
                                                      std::size_t concurrency,
                                                      std::function<void(std::size_t)> stored);

}  // namespace barid::jobs
