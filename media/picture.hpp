// Pixels on their way from a source to its variants. Internal to media's .cpp files, as it shows
// libvips; every function throws vips::VError when the picture turns out to be damaged.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <vips/vips8>

#include "media/attention.hpp"
#include "media/geometry.hpp"
#include "media/image.hpp"
#include "media/limits.hpp"
#include "media/recipe.hpp"

namespace barid::media {

struct UnrefBlob {
    void operator()(VipsBlob* blob) const noexcept { vips_area_unref(VIPS_AREA(blob)); }
};
using BlobHandle = std::unique_ptr<VipsBlob, UnrefBlob>;

/// A view of the caller's bytes; they outlive every image made from it.
[[nodiscard]] BlobHandle view_of(std::string_view bytes);

// --- picture_open.cpp

/// A source whose header was read and found to be within the limits; no pixel is decoded yet.
struct Opened {
    vips::VImage image;
    SourceFacts facts;
    VipsBlob* blob = nullptr;  ///< the caller's
    bool turned = false;       ///< orientation swaps width and height
    std::vector<int> delays;   ///< of an animation's frames, in milliseconds
    int loop = 0;

    [[nodiscard]] Size stored() const { return {image.width(), image.height()}; }
};
[[nodiscard]] Opened open_header(InputFormat format, VipsBlob* blob, const Limits& limits);

/// A source can be decoded once; this makes it ready for another time.
void reopen(Opened& opened);

/// A part of a picture in the size that is wanted of it, both upright.
struct Wanted {
    Box region;
    Size size;
    int frames = 1;
};
/// Decodes once: each frame upright in 8-bit sRGB (RGB or RGBA), in memory, without any metadata.
[[nodiscard]] std::vector<vips::VImage> decode(const Opened& opened, const Wanted& wanted);

// --- picture_colour.cpp

/// To 8-bit sRGB. A profile that doesn't fit the picture is passed over.
[[nodiscard]] vips::VImage to_srgb(const vips::VImage& image);

/// Computes the pixels into memory and forgets everything else: EXIF, GPS, XMP, profiles and
/// comments can't reach an output, whatever a saver's `strip` does (webpsave's does nothing).
[[nodiscard]] vips::VImage pixels_only(const vips::VImage& image);

[[nodiscard]] vips::VImage with_alpha(const vips::VImage& image);
[[nodiscard]] vips::VImage flattened(const vips::VImage& image,
                                     const std::array<std::uint8_t, 3>& background);

// --- picture_shape.cpp

/// Scales to exactly this size. Transparent pixels don't bleed their hidden colour.
[[nodiscard]] vips::VImage scale(const vips::VImage& image, const Size& size);
/// On a ground of `size`, in the middle.
[[nodiscard]] vips::VImage padded(const vips::VImage& image, const Size& size,
                                  const Recipe& recipe);
[[nodiscard]] vips::VImage sharpened(const vips::VImage& image);
[[nodiscard]] vips::VImage watermarked(const vips::VImage& image, const vips::VImage& mark,
                                       const Watermark& how);
/// What is left of the upright source without a border of one colour.
[[nodiscard]] Box trim_box(const Opened& opened, const Recipe& recipe);

// --- picture_encode.cpp

/// The frames of one variant as a file.
struct Timing {
    std::vector<int> delays;
    int loop = 0;
};
[[nodiscard]] std::string encode(const std::vector<vips::VImage>& frames, OutputFormat format,
                                 const Recipe& recipe, const Timing& timing);
/// The AVIF at `avif_effort` when it is smaller than the one at `avif_baseline_effort` and looks
/// no worse; else "".
[[nodiscard]] std::string improved_avif(const vips::VImage& image, const Recipe& recipe);

// --- picture_look.cpp

[[nodiscard]] std::string thumbhash_of(const vips::VImage& image);
/// The mean of the colours that most of a picture is near to.
[[nodiscard]] std::array<std::uint8_t, 3> dominant_of(const vips::VImage& image);
/// The point that draws the eye, in shares of this picture.
[[nodiscard]] Point attention_of(const vips::VImage& image);

}  // namespace barid::media
