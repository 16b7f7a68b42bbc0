// Structural similarity of two grey pictures: how alike they look, 1 for the same.
//
// Wang, Bovik, Sheikh, Simoncelli: "Image quality assessment" (2004), with square windows of 8 × 8
// pixels, 4 apart, and the mean over all of them. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace barid::media {

/// Both pictures are width × height bytes, row by row.
[[nodiscard]] double ssim(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                          int width, int height);

}  // namespace barid::media
