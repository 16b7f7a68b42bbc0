// How large a picture may be before it is decoded. Pure.
//
// One flat pixel limit is wrong: a plain JPEG streams through a few rows of memory, while a
// progressive one, an interlaced PNG, a GIF or an AVIF of the same size must be held whole
// (2 KB of AVIF can ask for 700 MB). So each class has a limit of its own.
#pragma once

#include <cstdint>

#include "media/format.hpp"

namespace barid::media {

struct Limits {
    std::uint64_t max_source_bytes = 32U << 20U;
    /// Baseline JPEG, plain PNG, still WebP.
    std::int64_t max_streaming_pixels = 50'000'000;
    /// Progressive JPEG, interlaced PNG, GIF, AVIF, HEIC, animations: one frame.
    std::int64_t max_buffered_pixels = 25'000'000;
    /// Frames × width × height of an animation, even where only the first frame is used.
    std::int64_t max_animation_pixels = 250'000'000;
    /// Frames × width × height of the widest variant of an animation that is kept: RGBA in memory.
    std::int64_t max_kept_pixels = 50'000'000;
    friend bool operator==(const Limits&, const Limits&) = default;
};

/// What a file's header claims.
struct Header {
    InputFormat format = InputFormat::jpeg;
    std::int64_t width = 0;
    std::int64_t height = 0;  ///< of one frame
    std::int64_t frames = 1;
    bool interlaced = false;  ///< interlaced or progressive
};

/// True when the decoder must hold the whole picture.
[[nodiscard]] bool is_buffered(const Header& header);

/// Throws a permanent too_many_pixels that names the claim and the limit.
void check_limits(const Header& header, const Limits& limits);

}  // namespace barid::media
