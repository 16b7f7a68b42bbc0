// What to make of a picture, and the names of what was made. Pure.
//
// A recipe is part of every object's name, so its hash must change when the same source would give
// other bytes: `kPipelineVersion` is raised when the pipeline itself changes. Widths are the
// displayed width (after EXIF orientation) and are never larger than the source: a source of
// 500 pixels with widths 160, 320, 640, 1080 gives 160, 320 and 500: its own width stands in for
// the larger ones that were asked for, so that nothing sharper is lost. media/geometry.hpp says
// which sizes come out of a given source.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/format.hpp"

namespace barid::media {

inline constexpr int kPipelineVersion = 2;
inline constexpr int kMinWidth = 16;
inline constexpr int kMaxWidth = 8192;
inline constexpr std::size_t kMaxWidths = 16;
/// WebP's limit for a side; taller variants are refused (aspect_too_extreme).
inline constexpr int kMaxVariantHeight = 16'383;
/// Neither side of a shape is more than this many times the other.
inline constexpr int kMaxAspect = 20;
inline constexpr std::size_t kMaxWatermarkBytes = std::size_t{1} << 20U;

enum class Fit : std::uint8_t {
    inside,  ///< the whole picture in its own shape
    cover,   ///< cut to the recipe's shape
    pad,     ///< the whole picture on a ground of the recipe's shape
};
inline constexpr std::uint8_t kFitCount = 3;

/// What stays in sight when `cover` cuts.
enum class Focus : std::uint8_t { attention, centre, point };
inline constexpr std::uint8_t kFocusCount = 3;

enum class Animation : std::uint8_t {
    first,  ///< the first frame alone
    keep,   ///< animated WebP; JPEG and AVIF get the first frame
};
inline constexpr std::uint8_t kAnimationCount = 2;

enum class Place : std::uint8_t { top_left, top_right, bottom_left, bottom_right, centre };
inline constexpr std::uint8_t kPlaceCount = 5;

[[nodiscard]] std::string_view word(Fit fit);
[[nodiscard]] std::string_view word(Focus focus);
[[nodiscard]] std::string_view word(Animation animation);
[[nodiscard]] std::string_view word(Place place);  ///< "bottom-right", …
[[nodiscard]] std::optional<Fit> fit_of(std::string_view word);
[[nodiscard]] std::optional<Focus> focus_of(std::string_view word);
[[nodiscard]] std::optional<Animation> animation_of(std::string_view word);
[[nodiscard]] std::optional<Place> place_of(std::string_view word);

/// The operator's own picture over each variant. The worker reads the file; a decode child gets
/// its bytes with the request and opens nothing.
struct Watermark {
    std::string picture;  ///< the file's bytes; empty: no watermark
    Place place = Place::bottom_right;
    int size = 20;     ///< its width in per cent of the variant's
    int opacity = 60;  ///< per cent
    friend bool operator==(const Watermark&, const Watermark&) = default;
};

struct Recipe {
    std::vector<int> widths{160, 320, 640, 1080, 1600};
    std::vector<OutputFormat> formats{OutputFormat::webp, OutputFormat::avif, OutputFormat::jpeg};
    int webp_quality = 80;
    int webp_effort = 2;  ///< 0–6; 2 costs 40 % of 4 for 4 % more bytes
    int avif_quality = 60;
    int avif_effort = 0;  ///< 0–9; libvips' default of 4 costs 48 times as much
    int jpeg_quality = 80;
    /// Under transparency, for JPEG; around the picture, for `pad`.
    std::array<std::uint8_t, 3> background{255, 255, 255};
    bool clear_padding = false;  ///< `pad` leaves WebP and AVIF transparent around the picture
    Fit fit = Fit::inside;
    int aspect_width = 0;  ///< the shape that `cover` and `pad` make: 4 and 3 for 4:3
    int aspect_height = 0;
    Focus focus = Focus::attention;
    int focus_x = 500;  ///< thousandths of the picture, for Focus::point
    int focus_y = 500;
    bool sharpen = false;  ///< mildly, after scaling down
    bool trim = false;     ///< cut off a border of one colour first
    Animation animation = Animation::first;
    Watermark watermark = {};
    /// 0 or more: formats must be {avif}; of each variant made at both efforts, only those come
    /// out whose bytes at `avif_effort` are fewer at no lower SSIM than at this effort.
    int avif_baseline_effort = -1;
    friend bool operator==(const Recipe&, const Recipe&) = default;
};

/// One spelling of each recipe: sorted lists without repeats, the smallest numbers for a shape, and
/// the defaults wherever a value has no effect. Equal results have equal hashes.
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
