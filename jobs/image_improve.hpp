// The kind `image.improve`: the AVIF files of a set made again with more effort, at leisure.
//
//     {"set": 7, "request": {"source": {…}, "recipe": …}}
//
// `image.process` adds it in the transaction that completes the set when media.improve_avif is on.
// A file takes the place of the first one when it is smaller and looks no worse; it has a name of
// its own (640.e4.avif), because what was published never changes, and the old file goes after the
// grace. A source that has changed or is gone ends the job: the first files stay. Io thread only.
#pragma once

#include "jobs/image_process.hpp"

namespace barid::jobs {

struct ImageImproveOptions {
    int effort = 4;
    std::chrono::seconds grace{std::chrono::hours(7 * 24)};
};

/// "…/640.avif" → "…/640.e4.avif"
std::string improved_key(const std::string& key, int effort);

/// Everything in `deps` must outlive the registry.
void register_image_improve(Registry& registry, ImageProcessDeps deps, ImageImproveOptions improve);

}  // namespace barid::jobs
