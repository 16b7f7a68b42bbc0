// Small pictures made on the spot, and looks at what came out of processing them.
//
// The picture is four quadrants: red, green / blue, yellow. Wherever a corner ends up, its colour
// tells. Programs that use this link tests/support/media_main.cpp, which starts libvips.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vips/vips8>

namespace barid::support {

struct Rgb {
    double r = 0;
    double g = 0;
    double b = 0;
};
inline constexpr Rgb kRed{200, 30, 30};
inline constexpr Rgb kGreen{30, 160, 40};
inline constexpr Rgb kBlue{40, 40, 200};
inline constexpr Rgb kYellow{220, 210, 40};

vips::VImage quadrants(int width, int height);
/// As a file; `suffix` is libvips' way to say it: ".jpg[Q=90,interlace=true]", ".avif[effort=0]".
std::string save(const vips::VImage& image, const std::string& suffix);
/// Quadrants whose EXIF orientation is `orientation`, stored so that they are upright after it.
std::string oriented_jpeg(int width, int height, int orientation);
/// Something that compresses badly: the same pixels for the same seed.
vips::VImage noise(int width, int height, int seed = 1);
/// A PNG header that claims a size, with hardly any data (valid check sums).
std::string lying_png(std::uint32_t width, std::uint32_t height);
/// `frames` frames of a GIF, red first, then blue.
std::string animated_gif(int width, int height, int frames);

/// Opens any of the five formats from memory.
vips::VImage open(const std::string& bytes);
/// Mean of a small area around the relative point, as 8-bit sRGB.
Rgb colour_at(const std::string& bytes, double x, double y);
::testing::AssertionResult near(const Rgb& actual, const Rgb& wanted, double tolerance = 14);
/// The four corners are red, green, blue, yellow again.
::testing::AssertionResult upright(const std::string& bytes, double tolerance = 14);
/// No EXIF, XMP, IPTC, GPS or ICC left.
::testing::AssertionResult without_metadata(const std::string& bytes);

}  // namespace barid::support
