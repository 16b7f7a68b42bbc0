// Scales a picture to a smaller size, row by row, with the Lanczos kernel of three lobes.
//
// libvips' own resize spends a quarter of a variant set here; this does the same arithmetic in
// single-precision vectors, vertically first (docs/decisions/0017-own-resampler.md). Source rows
// are read once from top to bottom, so a decoder that streams stays streaming, and memory is a few
// rows. The result depends on the pixels alone, not on the processor: sums are in one order and
// products are rounded before they are added. Colour channels of a picture with transparency are
// weighted by it, so hidden colours don't bleed. Thread-safe for different pictures.
#pragma once

#include <vips/vips8>

namespace barid::media {

/// True for 8-bit pictures of 1, 3 or 4 channels that get no larger in either direction.
[[nodiscard]] bool can_resample(const vips::VImage& image, int width, int height);

/// Which of the two compilations of the inner loops: the fastest here, or the one that runs
/// anywhere. They give the same bytes; tests compare them.
enum class Processor { this_one, any };

/// The picture at exactly `width` × `height`, in memory, with its interpretation and, where it has
/// one, its ICC profile; no other metadata. `can_resample` must be true. Throws VError when the
/// source can't be read to its end, std::bad_alloc.
[[nodiscard]] vips::VImage resample(const vips::VImage& image, int width, int height,
                                    Processor processor = Processor::this_one);

}  // namespace barid::media
