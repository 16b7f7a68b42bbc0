// ThumbHash: a picture's outline in at most 25 bytes, to show until the picture is there.
//
// The format is Evan Wallace's (https://evanw.github.io/thumbhash/): the lowest terms of a cosine
// transform of lightness, of two colour differences and, where there is any transparency, of
// alpha; four bits for each term. Any of its published decoders reads what this writes. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace barid::media {

inline constexpr int kThumbhashSide = 100;  ///< neither side of its picture may be larger

/// `rgba` holds width × height pixels, row by row, four bytes each, not premultiplied.
[[nodiscard]] std::string thumbhash(int width, int height, std::span<const std::uint8_t> rgba);

}  // namespace barid::media
