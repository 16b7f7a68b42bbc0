// One picture in, all its variants out: a single decode, the widest variant in memory, the smaller
// ones chained from it.
//
// Runs in the decode child: call it in a worker only through SandboxPool. `start_vips` must have
// been called. Throws media::Error: not_an_image, unsupported_format, too_large, too_many_pixels,
// truncated, corrupt_image, aspect_too_extreme, out_of_memory, encode_failed (all permanent).
#pragma once

#include <string_view>

#include "media/image.hpp"
#include "media/limits.hpp"
#include "media/recipe.hpp"

namespace barid::media {

[[nodiscard]] ProcessedImage process_image(std::string_view bytes, const Recipe& recipe,
                                           const Limits& limits);

}  // namespace barid::media
