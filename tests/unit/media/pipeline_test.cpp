#include "media/pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "media/error.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace support;
using ::testing::ElementsAre;
using vips::VImage;

Recipe small_recipe() {
    Recipe recipe;
    recipe.widths = {64, 128};
    return recipe;
}

ProcessedImage process(const std::string& bytes, const Recipe& recipe = small_recipe()) {
    return process_image(bytes, recipe, Limits{});
}

std::string code_of(const std::string& bytes, const Limits& limits = {}) {
    try {
        (void)process_image(bytes, small_recipe(), limits);
        return "processed";
    } catch (const Error& e) {
        EXPECT_FALSE(e.transient());
        return e.code();
    }
}

const std::string& of(const ProcessedImage& image, int width, OutputFormat format) {
    for (const Variant& v : image.variants) {
        if (v.width == width && v.format == format) return v.bytes;
    }
    throw std::runtime_error("no such variant");
}

TEST(Pipeline, MakesEveryWidthInEveryFormatAtItsExactSize) {
    const ProcessedImage image = process(save(quadrants(300, 200), ".jpg[Q=95]"));
    ASSERT_EQ(image.variants.size(), 6U);
    std::vector<int> widths;
    for (const Variant& v : image.variants) {
        widths.push_back(v.width);
        const VImage out = open(v.bytes);
        EXPECT_EQ(out.width(), v.width);
        EXPECT_EQ(out.height(), v.height);
        EXPECT_EQ(v.height, v.width == 64 ? 43 : 85);
        EXPECT_TRUE(upright(v.bytes)) << v.width << word(v.format);
        EXPECT_TRUE(without_metadata(v.bytes)) << v.width << word(v.format);
    }
    EXPECT_THAT(widths, ElementsAre(64, 64, 64, 128, 128, 128));
    EXPECT_EQ(image.source.width, 300);
    EXPECT_EQ(image.source.colour, "srgb");
}

TEST(Pipeline, NeverEnlarges) {
    const ProcessedImage image = process(save(quadrants(100, 50), ".png"));
    std::vector<int> widths;
    for (const Variant& v : image.variants) widths.push_back(v.width);
    EXPECT_THAT(widths, ElementsAre(64, 64, 64, 100, 100, 100));
}

class Orientation : public ::testing::TestWithParam<int> {};

TEST_P(Orientation, IsAppliedAndForgotten) {
    const ProcessedImage image = process(oriented_jpeg(600, 400, GetParam()));
    EXPECT_EQ(image.source.orientation, GetParam());
    EXPECT_EQ(image.source.width, 600);
    EXPECT_EQ(image.source.height, 400);
    for (const Variant& v : image.variants) {
        EXPECT_EQ(v.height, v.width == 64 ? 43 : 85);
        EXPECT_TRUE(upright(v.bytes)) << v.width << word(v.format);
        EXPECT_TRUE(without_metadata(v.bytes)) << v.width << word(v.format);
    }
}

INSTANTIATE_TEST_SUITE_P(AllEight, Orientation, ::testing::Range(1, 9));

TEST(Pipeline, ReadsTheFiveOtherFormats) {
    for (const char* suffix :
         {".png", ".png[interlace=true]", ".webp[Q=90]", ".webp[lossless=true]",
          ".avif[Q=90,effort=0]", ".jpg[Q=90,interlace=true]"}) {
        const ProcessedImage image = process(save(quadrants(300, 200), suffix));
        EXPECT_TRUE(upright(of(image, 128, OutputFormat::webp))) << suffix;
        EXPECT_TRUE(upright(of(image, 64, OutputFormat::jpeg))) << suffix;
    }
}

TEST(Pipeline, UsesTheDecodersOwnScalingWithoutLosingThePicture) {
    for (const char* suffix : {".jpg[Q=95]", ".webp[Q=95]"}) {
        const ProcessedImage image = process(save(quadrants(2000, 1000), suffix));
        EXPECT_TRUE(upright(of(image, 128, OutputFormat::jpeg))) << suffix;
        EXPECT_EQ(image.source.width, 2000) << suffix;
    }
}

TEST(Pipeline, TurnsCmykIntoTheRightColours) {
    const VImage rgb = quadrants(300, 200);
    const VImage cmyk = rgb.icc_transform("cmyk", VImage::option()->set("input_profile", "srgb"));
    const ProcessedImage with_profile = process(save(cmyk, ".jpg[Q=95]"));
    EXPECT_EQ(with_profile.source.colour, "cmyk");
    EXPECT_TRUE(with_profile.source.profile);
    // The inks can't show every colour: what they show is what a colour-managed viewer gives.
    const VImage seen = cmyk.icc_transform("srgb", VImage::option()->set("embedded", true));
    const std::string reference = save(seen, ".png[strip=true]");
    for (const auto& [x, y] : {std::pair{0.25, 0.25}, std::pair{0.75, 0.25}, std::pair{0.25, 0.75},
                               std::pair{0.75, 0.75}}) {
        const Rgb wanted = colour_at(reference, x, y);
        EXPECT_TRUE(near(colour_at(of(with_profile, 128, OutputFormat::jpeg), x, y), wanted));
        EXPECT_TRUE(near(colour_at(of(with_profile, 64, OutputFormat::webp), x, y), wanted));
    }
    const ProcessedImage bare = process(save(cmyk, ".jpg[Q=95,strip=true]"));
    EXPECT_FALSE(bare.source.profile);
    EXPECT_TRUE(near(colour_at(of(bare, 128, OutputFormat::webp), 0.25, 0.25),
                     colour_at(reference, 0.25, 0.25)));
}

TEST(Pipeline, AppliesAWideGamutProfile) {
    const VImage p3 =
        quadrants(300, 200).icc_transform("p3", VImage::option()->set("input_profile", "srgb"));
    const ProcessedImage image = process(save(p3, ".png"));
    EXPECT_TRUE(image.source.profile);
    for (const Variant& v : image.variants) EXPECT_TRUE(upright(v.bytes)) << word(v.format);
}

TEST(Pipeline, PassesOverAProfileThatIsRubbish) {
    VImage image = quadrants(300, 200);
    const std::string rubbish(500, 'x');
    image.set("icc-profile-data", nullptr, const_cast<char*>(rubbish.data()), rubbish.size());
    EXPECT_TRUE(upright(of(process(save(image, ".png")), 128, OutputFormat::webp)));
}

TEST(Pipeline, BringsSixteenBitsToEight) {
    const VImage deep =
        (quadrants(300, 200) * 257)
            .cast(VIPS_FORMAT_USHORT)
            .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_RGB16));
    const ProcessedImage image = process(save(deep, ".png"));
    EXPECT_EQ(image.source.colour, "rgb16");
    for (const Variant& v : image.variants) EXPECT_TRUE(upright(v.bytes)) << word(v.format);
}

TEST(Pipeline, ReadsGreyAndPalettePictures) {
    const VImage grey = quadrants(300, 200).colourspace(VIPS_INTERPRETATION_B_W);
    const Rgb wanted = colour_at(save(grey, ".png"), 0.25, 0.25);
    EXPECT_TRUE(near(colour_at(of(process(save(grey, ".jpg")), 128, OutputFormat::avif), .25, .25),
                     wanted));
    EXPECT_TRUE(upright(
        of(process(save(quadrants(300, 200), ".png[palette=true]")), 128, OutputFormat::webp)));
}

TEST(Pipeline, KeepsTransparencyAndFlattensItForJpeg) {
    // Left half opaque red; right half transparent, with green hidden under it.
    const VImage red = VImage::black(150, 200).new_from_image({200.0, 30.0, 30.0, 255.0});
    const VImage hidden = VImage::black(150, 200).new_from_image({30.0, 160.0, 40.0, 0.0});
    const VImage both =
        red.join(hidden, VIPS_DIRECTION_HORIZONTAL)
            .cast(VIPS_FORMAT_UCHAR)
            .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    Recipe recipe = small_recipe();
    const ProcessedImage image = process(save(both, ".png"), recipe);
    EXPECT_TRUE(image.source.alpha);
    for (const OutputFormat format : {OutputFormat::webp, OutputFormat::avif}) {
        const VImage out = open(of(image, 128, format));
        ASSERT_EQ(out.bands(), 4) << word(format);
        const double opaque = out.extract_area(10, 20, 20, 20).extract_band(3).avg();
        const double clear = out.extract_area(100, 20, 20, 20).extract_band(3).avg();
        EXPECT_GT(opaque, 250) << word(format);
        EXPECT_LT(clear, 5) << word(format);
    }
    const std::string& jpeg = of(image, 128, OutputFormat::jpeg);
    EXPECT_TRUE(near(colour_at(jpeg, 0.25, 0.5), kRed));
    EXPECT_TRUE(near(colour_at(jpeg, 0.8, 0.5), {255, 255, 255}));
    // No green fringe: along the edge nothing is greener than it is red.
    const VImage edge = open(jpeg).extract_area(60, 40, 8, 20);
    EXPECT_LE((edge.extract_band(1) - edge.extract_band(0)).max(), 12);
    recipe.background = {0, 0, 0};
    EXPECT_TRUE(
        near(colour_at(of(process(save(both, ".png"), recipe), 64, OutputFormat::jpeg), 0.8, 0.5),
             {0, 0, 0}));
}

TEST(Pipeline, TakesTheFirstFrameOfAnAnimation) {
    const ProcessedImage image = process(animated_gif(200, 100, 4));
    EXPECT_EQ(image.source.frames, 4);
    EXPECT_EQ(image.source.height, 100);
    EXPECT_TRUE(near(colour_at(of(image, 128, OutputFormat::webp), 0.5, 0.5), kRed));
}

TEST(Pipeline, HandlesExtremeShapes) {
    const ProcessedImage flat = process(save(quadrants(2000, 2), ".png"));
    EXPECT_EQ(flat.variants[0].height, 1);
    EXPECT_EQ(code_of(save(quadrants(2, 2), ".png")), "processed");
    EXPECT_EQ(code_of(save(VImage::black(1, 1), ".png")), "processed");
    EXPECT_EQ(code_of(save(VImage::black(100, 20'000), ".png")), "aspect_too_extreme");
}

TEST(Pipeline, RefusesTruncatedPicturesOfEveryFormat) {
    const VImage seed = noise(400, 300);
    for (const char* suffix :
         {".jpg", ".jpg[interlace=true]", ".png", ".webp", ".avif[effort=0]"}) {
        const std::string whole = save(seed, suffix);
        for (const double part : {0.3, 0.6, 0.9, 0.99}) {
            const auto size = static_cast<std::size_t>(static_cast<double>(whole.size()) * part);
            EXPECT_EQ(code_of(whole.substr(0, size)), "truncated") << suffix << " " << part;
        }
    }
    const std::string gif = animated_gif(300, 200, 1);
    EXPECT_EQ(code_of(gif.substr(0, gif.size() / 2)), "truncated");
}

TEST(Pipeline, RefusesWhatIsNoPicture) {
    EXPECT_EQ(code_of(""), "not_an_image");
    EXPECT_EQ(code_of("x"), "not_an_image");
    EXPECT_EQ(code_of("<!doctype html><title>Not found</title>"), "not_an_image");
    EXPECT_EQ(code_of("<svg width='1' height='1'/>"), "unsupported_format");
    EXPECT_EQ(code_of("\xFF\xD8\xFF"), "truncated");
    std::mt19937 random(7);
    for (const char* start : {"\xFF\xD8\xFF\xE0", "\x89PNG\r\n\x1A\n", "GIF89a"}) {
        std::string bytes = start;
        for (int i = 0; i < 2000; ++i) bytes += static_cast<char>(random());
        EXPECT_NE(code_of(bytes), "processed");
    }
}

TEST(Pipeline, RefusesLyingSizesFromTheHeaderAlone) {
    EXPECT_EQ(code_of(lying_png(50'000, 50'000)), "too_many_pixels");
    EXPECT_LT(lying_png(50'000, 50'000).size(), 80U);
    EXPECT_EQ(code_of(save(VImage::black(6'000, 5'000), ".avif[effort=0]")), "too_many_pixels");
    std::string gif = animated_gif(10, 10, 1);
    // The image descriptor: ',' and four 16-bit numbers, left, top, width, height.
    const std::size_t frame = gif.find(std::string("\x2C\0\0\0\0\x0A\0\x0A\0", 9));
    ASSERT_NE(frame, std::string::npos);
    gif.replace(frame + 5, 4, "\xFF\xFF\xFF\xFF");  // 65535 × 65535
    EXPECT_EQ(code_of(gif), "too_many_pixels");
    const Limits tight{.max_streaming_pixels = 59'999};
    EXPECT_EQ(code_of(save(quadrants(300, 200), ".jpg"), tight), "too_many_pixels");
}

TEST(Pipeline, RefusesTooManyBytes) {
    const std::string bytes = save(quadrants(300, 200), ".png");
    EXPECT_EQ(code_of(bytes, {.max_source_bytes = bytes.size() - 1}), "too_large");
}

TEST(Pipeline, GivesTheSameBytesEachTime) {
    const std::string source = save(noise(300, 200), ".jpg[Q=90]");
    const ProcessedImage a = process(source);
    const ProcessedImage b = process(source);
    for (std::size_t i = 0; i < a.variants.size(); ++i) {
        EXPECT_EQ(a.variants[i].bytes, b.variants[i].bytes) << word(a.variants[i].format);
    }
}

}  // namespace
}  // namespace barid::media
