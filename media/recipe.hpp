// What to make of a picture, and the names of what was made. Pure.
//
// A recipe is part of every object's name, so its hash must change when the same source would give
// other bytes: `kPipelineVersion` is raised when the pipeline itself changes. Widths are the
// displayed width (after EXIF orientation) and are never larger than the source: a source of
// 500 pixels with widths 160, 320, 640, 1080 gives 160, 320 and 500: its own width stands in for
// the larger ones that were asked for, so that nothing sharper is lost.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media/format.hpp"

namespace barid::media {

inline constexpr int kPipelineVersion = 1;
inline constexpr int kMinWidth = 16;
inline constexpr int kMaxWidth = 8192;
inline constexpr std::size_t kMaxWidths = 16;
/// WebP's limit for a side; taller variants are refused (aspect_too_extreme).
inline constexpr int kMaxVariantHeight = 16'383;

struct Recipe {
    std::vector<int> widths{160, 320, 640, 1080, 1600};
    std::vector<OutputFormat> formats{OutputFormat::webp, OutputFormat::avif, OutputFormat::jpeg};
    int webp_quality = 80;
    int webp_effort = 2;  ///< 0–6; 2 costs 40 % of 4 for 4 % more bytes
    int avif_quality = 60;
    int avif_effort = 0;  ///< 0–9; libvips' default of 4 costs 48 times as much
    int jpeg_quality = 80;
    std::array<std::uint8_t, 3> background{255, 255, 255};  ///< under transparency, for JPEG
    friend bool operator==(const Recipe&, const Recipe&) = default;
};

/// Widths and formats sorted and without repeats: two spellings of one recipe have one hash.
[[nodiscard]] Recipe normalised(Recipe recipe);

/// Throws a permanent bad_recipe that names what is out of range.
void check_recipe(const Recipe& recipe);

/// The first 8 hexadecimal digits of the SHA-256 over everything that shapes the outputs.
[[nodiscard]] std::string recipe_hash(const Recipe& recipe);

/// Ascending; see the top of this file.
[[nodiscard]] std::vector<int> plan_widths(int source_width, std::vector<int> requested);

/// Which of the ready widths (any order, each ≥ target) to make `target` from: the smallest that is
/// at least twice as wide (scaling step by step softens a picture), else the widest.
[[nodiscard]] int parent_width(const std::vector<int>& ready, int target);

/// "{32 digits of the source's hash}/{recipe}/{width}.{ext}". 128 bits, because with a short
/// prefix somebody could craft two pictures that share a name.
[[nodiscard]] std::string variant_key(std::string_view source_sha256, std::string_view recipe,
                                      int width, OutputFormat format);

}  // namespace barid::media
