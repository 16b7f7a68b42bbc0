// The point of a picture that draws the eye: edges, strong colours and skin, weighed and blurred.
//
// The measures are those of libvips' smartcrop: how much lightness changes from pixel to pixel, how
// far a colour is from grey, and how near to the colour of skin. A picture of some 32 pixels is
// enough for them, and its arithmetic in one place costs a twentieth of a pipeline's. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace barid::media {

/// In shares of the picture.
struct Point {
    double x = 0.5;
    double y = 0.5;
};

inline constexpr int kAttentionSide = 32;  ///< the longer side of a picture that is good for it

/// `rgba` holds width × height pixels of sRGB; what is transparent draws no eye. The middle of a
/// picture that is the same everywhere.
[[nodiscard]] Point attention(int width, int height, std::span<const std::uint8_t> rgba);

}  // namespace barid::media
