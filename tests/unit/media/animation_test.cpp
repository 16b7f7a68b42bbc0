#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/error.hpp"
#include "media/pipeline.hpp"
#include "media/wire.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace support;
using ::testing::ElementsAre;
using vips::VImage;

Recipe keeping() {
    Recipe recipe;
    recipe.widths = {50, 100};
    recipe.animation = Animation::keep;
    return recipe;
}

const std::string& of(const ProcessedImage& image, int width, OutputFormat format) {
    for (const Variant& v : image.variants) {
        if (v.width == width && v.format == format) return v.bytes;
    }
    throw std::runtime_error("no such variant");
}

/// Every frame of an animated WebP, as one tall picture.
VImage roll_of(const std::string& webp) {
    VipsBlob* blob = vips_blob_copy(webp.data(), webp.size());
    const VImage roll = VImage::webpload_buffer(blob, VImage::option()->set("n", -1)).copy_memory();
    vips_area_unref(VIPS_AREA(blob));
    return roll;
}

std::string blinking(const char* suffix, int frames) {
    VImage strip = quadrants(200, 100);
    for (int i = 1; i < frames; ++i) {
        strip = strip.join(i % 2 == 1 ? quadrants(200, 100).invert() : quadrants(200, 100),
                           VIPS_DIRECTION_VERTICAL);
    }
    VImage roll = strip.cast(VIPS_FORMAT_UCHAR).copy_memory();
    roll.set("page-height", 100);
    roll.set("loop", 3);
    std::vector<int> delays;
    for (int i = 0; i < frames; ++i) delays.push_back(100 + 10 * i);
    roll.set("delay", delays);
    return save(roll, suffix);
}

TEST(Animation, IsKeptAsWebpWithItsTimes) {
    for (const char* suffix : {".gif", ".webp[Q=95]"}) {
        const std::string source = blinking(suffix, 4);
        const ProcessedImage image = process_image(source, keeping(), Limits{});
        wire::check_outputs(image, keeping());
        EXPECT_EQ(image.source.frames, 4);
        for (const int width : {50, 100}) {
            const std::string& webp = of(image, width, OutputFormat::webp);
            const VImage roll = roll_of(webp);
            EXPECT_EQ(roll.width(), width) << suffix;
            ASSERT_EQ(roll.height(), 4 * width / 2) << suffix;
            EXPECT_EQ(roll.get_int("n-pages"), 4) << suffix;
            EXPECT_EQ(roll.get_int("loop"), 3) << suffix;
            EXPECT_THAT(roll.get_array_int("delay"), ElementsAre(100, 110, 120, 130)) << suffix;
            EXPECT_TRUE(without_metadata(webp)) << suffix;
            const int h = width / 2;
            const VImage second = roll.extract_area(0, h, width, h);
            EXPECT_TRUE(upright(save(roll.extract_area(0, 2 * h, width, h), ".png"), 20)) << suffix;
            EXPECT_NEAR(second.getpoint(width / 4, h / 4)[0], 255 - kRed.r, 20) << suffix;
        }
    }
}

TEST(Animation, GivesJpegAndAvifItsFirstFrame) {
    const ProcessedImage image = process_image(blinking(".gif", 3), keeping(), Limits{});
    for (const OutputFormat format : {OutputFormat::jpeg, OutputFormat::avif}) {
        EXPECT_EQ(open(of(image, 100, format)).height(), 50) << word(format);
        EXPECT_TRUE(upright(of(image, 100, format), 20)) << word(format);
    }
}

TEST(Animation, IsDroppedUnlessTheRecipeKeepsIt) {
    Recipe recipe = keeping();
    recipe.animation = Animation::first;
    const ProcessedImage image = process_image(blinking(".webp", 4), recipe, Limits{});
    EXPECT_EQ(roll_of(of(image, 100, OutputFormat::webp)).height(), 50);
}

TEST(Animation, IsCutAndPaddedFrameByFrame) {
    Recipe recipe = keeping();
    recipe.widths = {60};
    recipe.formats = {OutputFormat::webp};
    recipe.aspect_width = recipe.aspect_height = 1;
    recipe.fit = Fit::pad;
    recipe.background = {0, 0, 0};
    const ProcessedImage padded = process_image(blinking(".gif", 2), recipe, Limits{});
    wire::check_outputs(padded, recipe);
    const VImage roll = roll_of(padded.variants[0].bytes);
    ASSERT_EQ(roll.height(), 120);
    for (const int top : {3, 63}) {
        EXPECT_LT(roll.extract_area(5, top, 50, 6).extract_band(0).max(), 12) << top;
    }
    recipe.fit = Fit::cover;
    recipe.focus = Focus::centre;
    const ProcessedImage cut = process_image(blinking(".gif", 2), recipe, Limits{});
    EXPECT_TRUE(
        upright(save(roll_of(cut.variants[0].bytes).extract_area(0, 0, 60, 60), ".png"), 20));
}

TEST(Animation, ThatIsTooLargeToKeepIsRefusedByName) {
    const Limits limits{.max_kept_pixels = 4 * 100 * 50 - 1};
    try {
        (void)process_image(blinking(".gif", 4), keeping(), limits);
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "too_many_pixels");
        EXPECT_NE(std::string(e.what()).find("4 frames of 100x50"), std::string::npos)
            << e.what();
    }
}

}  // namespace
}  // namespace barid::media
