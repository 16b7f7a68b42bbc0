// Colours against references that the pipeline has no part in: patches whose colour follows from
// the definition of their space, and pictures that are formulas.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "media/pipeline.hpp"
#include "media/ssim.hpp"
#include "tests/support/colour.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace support;
using vips::VImage;

TEST(Ciede2000, GivesThePublishedDifferences) {
    // From Sharma, Wu, Dalal: "The CIEDE2000 color-difference formula", table 1.
    struct Pair {
        Triple a, b;
        double wanted;
    };
    for (const Pair& pair :
         {Pair{{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
          Pair{{50, 3.1571, -77.2803}, {50, 0, -82.7485}, 2.8615},
          Pair{{50, -1.3802, -84.2814}, {50, 0, -82.7485}, 1.0000},
          Pair{{50, 0, 0}, {50, -1, 2}, 2.3669}, Pair{{50, 2.5, 0}, {73, 25, -18}, 27.1492},
          Pair{{50, 2.5, 0}, {61, -5, 29}, 22.8977}, Pair{{50, 2.5, 0}, {56, -27, -3}, 31.9030},
          Pair{{60.2574, -34.0099, 36.2677}, {60.4626, -34.1751, 39.4387}, 1.2644}}) {
        EXPECT_NEAR(ciede2000(pair.a, pair.b), pair.wanted, 1e-4);
        EXPECT_NEAR(ciede2000(pair.b, pair.a), pair.wanted, 1e-4);
    }
}

TEST(ColourArithmetic, AgreesWithTheStandardsFigures) {
    const Triple white = srgb_to_xyz({1, 1, 1});
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(white[i], kD65[i], 1e-4);
    EXPECT_NEAR(srgb_to_xyz({1, 0, 0})[0], 0.4124, 2e-4);
    EXPECT_NEAR(srgb_to_xyz({0, 1, 0})[1], 0.7152, 2e-4);
    const Triple back = xyz_to_srgb(srgb_to_xyz({0.2, 0.5, 0.9}));
    EXPECT_NEAR(back[2], 0.9, 1e-9);
    const Triple lab = xyz_to_lab(lab_to_xyz({60, -20, 35}));
    EXPECT_NEAR(lab[1], -20, 1e-9);
}

constexpr int kPatch = 40;

VImage picture_of(const void* samples, std::size_t bytes, int width, int height, int bands,
                  VipsBandFormat format) {
    return VImage(vips_image_new_from_memory_copy(samples, bytes, width, height, bands, format));
}

Recipe exact_recipe(int width) {
    Recipe recipe;
    recipe.widths = {width};
    recipe.webp_quality = recipe.avif_quality = recipe.jpeg_quality = 98;
    return recipe;
}

/// A row of patches, twice as large as the variant that is made of them.
template <class Sample>
VImage patches(const std::vector<std::vector<double>>& colours, VipsInterpretation space,
               VipsBandFormat format) {
    const std::size_t bands = colours.front().size();
    const int width = 2 * kPatch * static_cast<int>(colours.size());
    std::vector<Sample> samples;
    for (int y = 0; y < 2 * kPatch; ++y) {
        for (int x = 0; x < width; ++x) {
            for (const double v : colours[static_cast<std::size_t>(x / (2 * kPatch))]) {
                samples.push_back(static_cast<Sample>(std::lround(v)));
            }
        }
    }
    return picture_of(samples.data(), samples.size() * sizeof(Sample), width, 2 * kPatch,
                      static_cast<int>(bands), format)
        .copy(VImage::option()->set("interpretation", space));
}

VImage with_profile(const VImage& image, const std::string& profile) {
    VImage out = image.copy();
    vips_image_set_blob_copy(out.get_image(), "icc-profile-data", profile.data(), profile.size());
    return out;
}

/// The patches of every variant against what their colours are by definition, in 0–255 of sRGB.
void expect_colours(const std::string& source, const std::vector<Triple>& wanted,
                    double tolerance) {
    const int width = kPatch * static_cast<int>(wanted.size());
    const ProcessedImage image = process_image(source, exact_recipe(width), Limits{});
    ASSERT_EQ(image.variants.size(), 3U);
    for (const Variant& v : image.variants) {
        const VImage out = open(v.bytes);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const VImage middle =
                out.extract_area(kPatch * static_cast<int>(i) + 10, 10, kPatch - 20, kPatch - 20);
            const Triple seen{middle.extract_band(0).avg(), middle.extract_band(1).avg(),
                              middle.extract_band(2).avg()};
            EXPECT_LT(difference(seen, wanted[i]), tolerance)
                << word(v.format) << " patch " << i << ": (" << seen[0] << ", " << seen[1] << ", "
                << seen[2] << ") instead of (" << wanted[i][0] << ", " << wanted[i][1] << ", "
                << wanted[i][2] << ")";
        }
    }
}

const std::vector<Triple> kMuted{{200, 30, 40},   {40, 150, 60},   {50, 60, 180}, {210, 200, 60},
                                 {128, 128, 128}, {240, 240, 240}, {30, 30, 30},  {190, 140, 120},
                                 {90, 60, 130},   {60, 140, 150}};

/// The colour in `space` that looks as the sRGB colour does.
Triple in_space(const RgbSpace& space, const Triple& srgb) {
    const Triple wanted = srgb_to_xyz({srgb[0] / 255, srgb[1] / 255, srgb[2] / 255});
    // By repeated correction, so that only `to_xyz` has to be right.
    Triple guess{srgb[0] / 255, srgb[1] / 255, srgb[2] / 255};
    for (int i = 0; i < 200; ++i) {
        const Triple have = xyz_to_srgb(to_xyz(space, guess));
        const Triple want = xyz_to_srgb(wanted);
        for (std::size_t c = 0; c < 3; ++c) {
            guess[c] = std::clamp(guess[c] + 0.5 * (want[c] - have[c]), 0.0, 1.0);
        }
    }
    return guess;
}

std::vector<std::vector<double>> coded_in(const RgbSpace& space, double scale) {
    std::vector<std::vector<double>> colours;
    for (const Triple& srgb : kMuted) {
        const Triple c = in_space(space, srgb);
        colours.push_back({c[0] * scale, c[1] * scale, c[2] * scale});
    }
    return colours;
}

TEST(Colours, OfDisplayP3AreWhatTheSpaceDefines) {
    const VImage image =
        with_profile(patches<std::uint8_t>(coded_in(kDisplayP3, 255), VIPS_INTERPRETATION_sRGB,
                                           VIPS_FORMAT_UCHAR),
                     icc_profile(kDisplayP3));
    expect_colours(save(image, ".png"), kMuted, 1.5);
    expect_colours(save(image, ".jpg[Q=98]"), kMuted, 2);
    expect_colours(save(image, ".webp[lossless=true]"), kMuted, 1.5);
}

TEST(Colours, OfAdobeRgbAreWhatTheSpaceDefines) {
    const VImage image =
        with_profile(patches<std::uint8_t>(coded_in(kAdobeRgb, 255), VIPS_INTERPRETATION_sRGB,
                                           VIPS_FORMAT_UCHAR),
                     icc_profile(kAdobeRgb));
    expect_colours(save(image, ".png"), kMuted, 1.5);
    expect_colours(save(image, ".jpg[Q=98]"), kMuted, 2);
    // The test would notice a profile that is passed over: the same numbers as sRGB are far off.
    const Triple raw = in_space(kAdobeRgb, kMuted[1]);
    EXPECT_GT(difference({raw[0] * 255, raw[1] * 255, raw[2] * 255}, kMuted[1]), 5);
}

TEST(Colours, OfSixteenBitsSurviveWithAndWithoutAProfile) {
    std::vector<std::vector<double>> deep;
    for (const Triple& c : kMuted) deep.push_back({c[0] * 257, c[1] * 257, c[2] * 257});
    expect_colours(
        save(patches<std::uint16_t>(deep, VIPS_INTERPRETATION_RGB16, VIPS_FORMAT_USHORT), ".png"),
        kMuted, 1.5);
    const VImage wide =
        with_profile(patches<std::uint16_t>(coded_in(kAdobeRgb, 65535), VIPS_INTERPRETATION_RGB16,
                                            VIPS_FORMAT_USHORT),
                     icc_profile(kAdobeRgb));
    expect_colours(save(wide, ".png"), kMuted, 1.5);
}

TEST(Colours, OfGreysStayGrey) {
    std::vector<std::vector<double>> greys;
    std::vector<Triple> wanted;
    for (const double v : {0.0, 20.0, 90.0, 128.0, 200.0, 255.0}) {
        greys.push_back({v});
        wanted.push_back({v, v, v});
    }
    expect_colours(
        save(patches<std::uint8_t>(greys, VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR), ".png"),
        wanted, 1);
    for (auto& grey : greys) grey[0] *= 257;
    expect_colours(
        save(patches<std::uint16_t>(greys, VIPS_INTERPRETATION_GREY16, VIPS_FORMAT_USHORT), ".png"),
        wanted, 1);
}

TEST(Colours, OfGreyAndSixteenBitPicturesKeepTheirTransparency) {
    // Half transparent over white, in each way that a PNG can say it.
    const VImage grey =
        patches<std::uint8_t>({{60, 128}}, VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR);
    const VImage deep_grey = patches<std::uint16_t>({{60 * 257, 128 * 257}},
                                                    VIPS_INTERPRETATION_GREY16, VIPS_FORMAT_USHORT);
    const VImage deep = patches<std::uint16_t>({{60 * 257, 60 * 257, 60 * 257, 128 * 257}},
                                               VIPS_INTERPRETATION_RGB16, VIPS_FORMAT_USHORT);
    for (const VImage& image : {grey, deep_grey, deep}) {
        const ProcessedImage made =
            process_image(save(image, ".png"), exact_recipe(kPatch), Limits{});
        EXPECT_TRUE(made.source.alpha);
        for (const Variant& v : made.variants) {
            const std::vector<double> pixel = open(v.bytes).getpoint(20, 20);
            if (v.format == OutputFormat::jpeg) {
                EXPECT_NEAR(pixel.at(1), 157, 2) << made.source.colour;
            } else {
                ASSERT_EQ(pixel.size(), 4U) << made.source.colour << word(v.format);
                EXPECT_NEAR(pixel[1], 60, 2) << made.source.colour << word(v.format);
                EXPECT_NEAR(pixel[3], 128, 2) << made.source.colour << word(v.format);
            }
        }
    }
}

TEST(Colours, OfCmykFollowTheEmbeddedProfileNotTheUsualInks) {
    std::vector<std::vector<double>> inks;
    std::vector<Triple> wanted;
    // Eighths, so that every patch is on a step of the profile's table.
    for (const auto& steps :
         {std::array{4, 0, 0, 0}, std::array{0, 4, 0, 0}, std::array{0, 0, 4, 0},
          std::array{0, 0, 0, 3}, std::array{2, 1, 0, 0}, std::array{0, 2, 2, 1},
          std::array{1, 1, 1, 1}, std::array{0, 0, 0, 0}}) {
        std::array<double, 4> shares{};
        inks.emplace_back();
        for (std::size_t i = 0; i < 4; ++i) {
            shares[i] = steps[i] / (kInkSteps - 1.0);
            inks.back().push_back(shares[i] * 255);
        }
        Triple rgb = xyz_to_srgb(adapted(lab_to_xyz(strange_inks(shares), kD50), kD50, kD65));
        for (double& v : rgb) v = std::clamp(v, 0.0, 1.0) * 255;
        wanted.push_back(rgb);
    }
    const VImage image =
        with_profile(patches<std::uint8_t>(inks, VIPS_INTERPRETATION_CMYK, VIPS_FORMAT_UCHAR),
                     icc_profile_of_strange_inks());
    expect_colours(save(image, ".jpg[Q=100]"), wanted, 2.5);
}

/// A picture that is a formula: nothing about it is the same in two places.
Triple field(double x, double y) {
    return {60 + 150 * x, 80 + 100 * y, 130 + 60 * std::sin(5 * x + 2 * y)};
}

std::vector<std::uint8_t> field_samples(int width, int height) {
    std::vector<std::uint8_t> samples;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (const double v : field((x + 0.5) / width, (y + 0.5) / height)) {
                samples.push_back(static_cast<std::uint8_t>(std::lround(v)));
            }
        }
    }
    return samples;
}

/// Where the pixel of the stored picture that shows (x, y) of the upright one is: EXIF's own table.
std::vector<std::uint8_t> stored(const std::vector<std::uint8_t>& upright, int width, int height,
                                 int orientation) {
    const bool turned = orientation >= 5;
    const int w = turned ? height : width;
    std::vector<std::uint8_t> out(upright.size());
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const int right = width - 1 - x;
            const int below = height - 1 - y;
            const std::array<std::pair<int, int>, 8> places{{{x, y},
                                                             {right, y},
                                                             {right, below},
                                                             {x, below},
                                                             {y, x},
                                                             {y, right},
                                                             {below, right},
                                                             {below, x}}};
            const auto [column, row] = places.at(static_cast<std::size_t>(orientation - 1));
            for (int c = 0; c < 3; ++c) {
                out[static_cast<std::size_t>((row * w + column) * 3 + c)] =
                    upright[static_cast<std::size_t>((y * width + x) * 3 + c)];
            }
        }
    }
    return out;
}

std::vector<std::uint8_t> luma_of(const VImage& image) {
    const VImage grey =
        image.colourspace(VIPS_INTERPRETATION_B_W).extract_band(0).cast(VIPS_FORMAT_UCHAR);
    size_t size = 0;
    auto* data = static_cast<std::uint8_t*>(grey.write_to_memory(&size));
    std::vector<std::uint8_t> luma(data, data + size);
    g_free(data);
    return luma;
}

class OrientedField : public ::testing::TestWithParam<int> {};

TEST_P(OrientedField, LooksAsItsFormulaSays) {
    constexpr int kWidth = 480;
    constexpr int kHeight = 320;
    const int orientation = GetParam();
    const bool turned = orientation >= 5;
    const std::vector<std::uint8_t> raw =
        stored(field_samples(kWidth, kHeight), kWidth, kHeight, orientation);
    VImage image = picture_of(raw.data(), raw.size(), turned ? kHeight : kWidth,
                              turned ? kWidth : kHeight, 3, VIPS_FORMAT_UCHAR)
                       .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    image.set("orientation", orientation);
    for (const char* suffix : {".jpg[Q=97]", ".webp[lossless=true]"}) {
        Recipe recipe = exact_recipe(60);
        recipe.widths = {60, 120};  // the smaller one from the larger one
        const ProcessedImage made = process_image(save(image, suffix), recipe, Limits{});
        for (const Variant& v : made.variants) {
            ASSERT_EQ(v.height, v.width * 2 / 3);
            const VImage out = open(v.bytes);
            size_t size = 0;
            auto* pixel = static_cast<std::uint8_t*>(out.write_to_memory(&size));
            const std::unique_ptr<void, decltype(&g_free)> owner(pixel, &g_free);
            ASSERT_EQ(size, static_cast<std::size_t>(v.width * v.height * 3));
            double sum = 0;
            double worst = 0;
            for (int y = 0; y < v.height; ++y) {
                for (int x = 0; x < v.width; ++x, pixel += 3) {
                    const double d = difference({1.0 * pixel[0], 1.0 * pixel[1], 1.0 * pixel[2]},
                                                field((x + 0.5) / v.width, (y + 0.5) / v.height));
                    sum += d;
                    worst = std::max(worst, d);
                }
            }
            EXPECT_LT(sum / (v.width * v.height), 1) << suffix << word(v.format) << v.width;
            EXPECT_LT(worst, 5) << suffix << word(v.format) << v.width;
            const std::vector<std::uint8_t> wanted = field_samples(v.width, v.height);
            const VImage reference =
                picture_of(wanted.data(), wanted.size(), v.width, v.height, 3, VIPS_FORMAT_UCHAR)
                    .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
            EXPECT_GT(ssim(luma_of(out), luma_of(reference), v.width, v.height), 0.97)
                << suffix << word(v.format) << v.width;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AllEight, OrientedField, ::testing::Range(1, 9));

TEST(Colours, UnderTransparencyAreMixedInProportionToIt) {
    // Stripes of one pixel, opaque red beside clear green: scaled down by two they are half clear
    // and red, with nothing of the hidden green.
    std::vector<std::uint8_t> samples;
    for (int i = 0; i < 200 * 100; ++i) {
        const bool opaque = i % 2 == 0;
        for (const int v :
             {opaque ? 200 : 0, opaque ? 30 : 255, opaque ? 30 : 0, opaque ? 255 : 0}) {
            samples.push_back(static_cast<std::uint8_t>(v));
        }
    }
    const VImage image =
        picture_of(samples.data(), samples.size(), 200, 100, 4, VIPS_FORMAT_UCHAR)
            .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    const ProcessedImage made = process_image(save(image, ".png"), exact_recipe(100), Limits{});
    for (const Variant& v : made.variants) {
        const VImage middle = open(v.bytes).extract_area(20, 20, 60, 10);
        const Triple seen{middle.extract_band(0).avg(), middle.extract_band(1).avg(),
                          middle.extract_band(2).avg()};
        if (v.format == OutputFormat::jpeg) {
            // Half red over white.
            EXPECT_LT(difference(seen, {227.5, 142.5, 142.5}), 2);
        } else {
            EXPECT_NEAR(middle.extract_band(3).avg(), 127.5, 3) << word(v.format);
            EXPECT_LT(difference(seen, {200, 30, 30}), 3) << word(v.format);
        }
    }
}

}  // namespace
}  // namespace barid::media
