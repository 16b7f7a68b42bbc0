// What a recipe makes of a picture: shapes, focus, padding, trimming, sharpening, watermarks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/error.hpp"
#include "media/pipeline.hpp"
#include "media/recipe_book.hpp"
#include "media/wire.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace support;
using vips::VImage;

Recipe shaped(Fit fit, int aspect_width, int aspect_height, std::vector<int> widths = {60, 120}) {
    Recipe recipe;
    recipe.widths = std::move(widths);
    recipe.formats = {OutputFormat::webp, OutputFormat::jpeg};
    recipe.webp_quality = recipe.jpeg_quality = 95;
    recipe.fit = fit;
    recipe.aspect_width = aspect_width;
    recipe.aspect_height = aspect_height;
    return recipe;
}

/// Processed, and exactly what the worker would have planned.
ProcessedImage process(const std::string& bytes, const Recipe& recipe) {
    ProcessedImage image = process_image(bytes, recipe, Limits{});
    wire::check_outputs(image, recipe);
    for (const Variant& v : image.variants) {
        const VImage out = open(v.bytes);
        EXPECT_EQ(out.width(), v.width) << word(v.format);
        EXPECT_EQ(out.height(), v.height) << word(v.format);
        EXPECT_TRUE(without_metadata(v.bytes)) << word(v.format);
    }
    return image;
}

const std::string& of(const ProcessedImage& image, int width, OutputFormat format) {
    for (const Variant& v : image.variants) {
        if (v.width == width && v.format == format) return v.bytes;
    }
    throw std::runtime_error("no such variant");
}

VImage plain(int width, int height, const Rgb& colour) {
    return VImage::black(width, height)
        .new_from_image({colour.r, colour.g, colour.b})
        .cast(VIPS_FORMAT_UCHAR)
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

TEST(Cover, CutsTheMiddleOutOfAPicture) {
    Recipe recipe = shaped(Fit::cover, 1, 1);
    recipe.focus = Focus::centre;
    for (const auto& [w, h] : {std::pair{400, 200}, std::pair{200, 400}}) {
        const ProcessedImage image = process(save(quadrants(w, h), ".png"), recipe);
        EXPECT_TRUE(upright(of(image, 120, OutputFormat::webp)));
        EXPECT_TRUE(upright(of(image, 60, OutputFormat::jpeg)));
    }
}

TEST(Cover, KeepsTheFocalPointInSight) {
    Recipe recipe = shaped(Fit::cover, 1, 1);
    recipe.focus = Focus::point;
    recipe.focus_x = 0;
    const std::string source = save(quadrants(400, 200), ".png");
    const std::string left = of(process(source, recipe), 120, OutputFormat::jpeg);
    EXPECT_TRUE(near(colour_at(left, 0.85, 0.25), kRed));
    EXPECT_TRUE(near(colour_at(left, 0.15, 0.75), kBlue));
    recipe.focus_x = 1000;
    const std::string right = of(process(source, recipe), 120, OutputFormat::jpeg);
    EXPECT_TRUE(near(colour_at(right, 0.15, 0.25), kGreen));
}

TEST(Cover, FollowsOrientationsWithItsFocalPoint) {
    Recipe recipe = shaped(Fit::cover, 1, 1);
    recipe.focus = Focus::point;
    recipe.focus_x = 1000;
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const ProcessedImage image = process(oriented_jpeg(400, 200, orientation), recipe);
        const std::string& jpeg = of(image, 120, OutputFormat::jpeg);
        EXPECT_TRUE(near(colour_at(jpeg, 0.15, 0.25), kGreen)) << orientation;
        EXPECT_TRUE(near(colour_at(jpeg, 0.85, 0.75), kYellow)) << orientation;
    }
}

/// A flat ground with one colourful, busy spot around (x, y).
VImage spot(int width, int height, int x, int y) {
    const VImage ground = plain(width, height, {210, 210, 210});
    const VImage stripes = quadrants(8, 8).replicate(5, 5);
    return ground.insert(stripes, x - 20, y - 20);
}

TEST(Cover, FindsWhatDrawsTheEye) {
    const Recipe recipe = shaped(Fit::cover, 1, 1);
    for (const int x : {60, 540}) {
        const ProcessedImage image = process(save(spot(600, 200, x, 100), ".png"), recipe);
        EXPECT_NEAR(image.look.attention_x, x / 600.0, 0.06);
        EXPECT_NEAR(image.look.attention_y, 0.5, 0.12);
        // The spot is inside of the square that was cut: something there isn't ground.
        const VImage out = open(of(image, 120, OutputFormat::jpeg));
        EXPECT_GT(out.deviate(), 20) << x;
    }
}

TEST(Cover, NeverEnlarges) {
    Recipe recipe = shaped(Fit::cover, 2, 1, {100, 1000});
    const ProcessedImage image = process(save(quadrants(300, 300), ".png"), recipe);
    ASSERT_EQ(image.variants.size(), 4U);
    EXPECT_EQ(image.variants[2].width, 300);
    EXPECT_EQ(image.variants[2].height, 150);
}

TEST(Pad, PutsTheWholePictureOnItsGround) {
    Recipe recipe = shaped(Fit::pad, 1, 1);
    recipe.background = {10, 20, 200};
    const ProcessedImage image = process(save(quadrants(400, 200), ".png"), recipe);
    for (const OutputFormat format : recipe.formats) {
        const std::string& out = of(image, 120, format);
        EXPECT_EQ(open(out).bands(), 3);
        EXPECT_TRUE(near(colour_at(out, 0.5, 0.1), {10, 20, 200})) << word(format);
        EXPECT_TRUE(near(colour_at(out, 0.5, 0.9), {10, 20, 200})) << word(format);
        EXPECT_TRUE(near(colour_at(out, 0.25, 0.38), kRed)) << word(format);
        EXPECT_TRUE(near(colour_at(out, 0.75, 0.62), kYellow)) << word(format);
    }
}

TEST(Pad, CanBeTransparentWhereTheFormatKnowsIt) {
    Recipe recipe = shaped(Fit::pad, 1, 1);
    recipe.formats = {OutputFormat::webp, OutputFormat::avif, OutputFormat::jpeg};
    recipe.clear_padding = true;
    recipe.background = {250, 250, 250};
    const ProcessedImage image = process(save(quadrants(400, 200), ".jpg[Q=95]"), recipe);
    for (const OutputFormat format : {OutputFormat::webp, OutputFormat::avif}) {
        const VImage out = open(of(image, 120, format));
        ASSERT_EQ(out.bands(), 4) << word(format);
        EXPECT_LT(out.extract_area(40, 5, 20, 15).extract_band(3).avg(), 3) << word(format);
        EXPECT_GT(out.extract_area(40, 50, 20, 15).extract_band(3).avg(), 252) << word(format);
    }
    const std::string& jpeg = of(image, 120, OutputFormat::jpeg);
    EXPECT_TRUE(near(colour_at(jpeg, 0.5, 0.1), {250, 250, 250}));
}

TEST(Trim, CutsABorderOfOneColourOff) {
    const VImage framed =
        plain(600, 500, {250, 248, 246}).insert(quadrants(300, 200), 120, 210).copy_memory();
    Recipe recipe;
    recipe.widths = {100, 1000};
    recipe.formats = {OutputFormat::webp};
    recipe.webp_quality = 95;
    recipe.trim = true;
    const ProcessedImage image = process(save(framed, ".png"), recipe);
    EXPECT_EQ(image.source.width, 600);
    EXPECT_NEAR(image.source.trimmed_width, 300, 2);
    EXPECT_NEAR(image.source.trimmed_height, 200, 2);
    EXPECT_TRUE(upright(of(image, 100, OutputFormat::webp)));
    EXPECT_GT(image.look.attention_x, 120.0 / 600);
    EXPECT_LT(image.look.attention_x, 420.0 / 600);
}

TEST(Trim, WorksOnLargeAndTurnedPicturesAndLeavesPlainOnesAlone) {
    Recipe recipe;
    recipe.widths = {300};
    recipe.formats = {OutputFormat::jpeg};
    recipe.trim = true;
    VImage framed = plain(2400, 1600, {255, 255, 255}).insert(quadrants(1200, 900), 200, 300);
    framed = framed.rot270().copy_memory();  // what orientation 6 undoes
    framed.set("orientation", 6);
    const ProcessedImage image = process(save(framed, ".jpg[Q=95]"), recipe);
    EXPECT_NEAR(image.source.trimmed_width, 1200, 8);
    EXPECT_NEAR(image.source.trimmed_height, 900, 8);
    EXPECT_TRUE(upright(of(image, 300, OutputFormat::jpeg)));
    const ProcessedImage whole = process(save(plain(300, 200, kRed), ".png"), recipe);
    EXPECT_EQ(whole.source.trimmed_width, 300);
    EXPECT_EQ(whole.source.trimmed_height, 200);
}

TEST(Trim, TakesTransparencyForABorder) {
    const VImage clear =
        VImage::black(300, 300, VImage::option()->set("bands", 4))
            .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    const VImage opaque = quadrants(100, 100).bandjoin_const({255.0});
    Recipe recipe;
    recipe.widths = {64};
    recipe.formats = {OutputFormat::webp};
    recipe.trim = true;
    const ProcessedImage image =
        process(save(clear.insert(opaque, 50, 150).cast(VIPS_FORMAT_UCHAR), ".png"), recipe);
    EXPECT_EQ(image.source.trimmed_width, 100);
    EXPECT_EQ(image.source.trimmed_height, 100);
}

/// Mean difference between neighbours: how hard the edges are.
double contrast(const std::string& bytes) {
    const VImage grey = open(bytes).colourspace(VIPS_INTERPRETATION_B_W).extract_band(0);
    const VImage mask = VImage::new_matrixv(3, 3, 0.0, -1.0, 0.0, -1.0, 4.0, -1.0, 0.0, -1.0, 0.0);
    return grey.conv(mask, VImage::option()->set("precision", VIPS_PRECISION_FLOAT)).abs().avg();
}

TEST(Sharpen, MakesEdgesHarderAndLeavesFlatColoursAlone) {
    const std::string source = save(quadrants(40, 40).replicate(10, 10), ".png");
    Recipe recipe;
    recipe.widths = {150};
    recipe.formats = {OutputFormat::webp};
    recipe.webp_quality = 95;
    const std::string soft = of(process(source, recipe), 150, OutputFormat::webp);
    recipe.sharpen = true;
    const std::string sharp = of(process(source, recipe), 150, OutputFormat::webp);
    EXPECT_GT(contrast(sharp), 1.1 * contrast(soft));
    const ProcessedImage flat = process(save(plain(400, 400, kBlue), ".png"), recipe);
    EXPECT_TRUE(near(colour_at(of(flat, 150, OutputFormat::webp), 0.5, 0.5), kBlue, 3));
}

TEST(Sharpen, TouchesNothingThatWasNotScaledDown) {
    const std::string source = save(quadrants(40, 40).replicate(4, 4), ".png");
    Recipe recipe;
    recipe.widths = {160};
    recipe.formats = {OutputFormat::jpeg};
    const std::string soft = of(process(source, recipe), 160, OutputFormat::jpeg);
    recipe.sharpen = true;
    EXPECT_EQ(of(process(source, recipe), 160, OutputFormat::jpeg), soft);
}

TEST(Watermark, LiesWhereTheRecipeSaysInItsOpacity) {
    Recipe recipe;
    recipe.widths = {200};
    recipe.formats = {OutputFormat::jpeg};
    recipe.jpeg_quality = 95;
    recipe.watermark = {.picture = save(plain(80, 40, {255, 255, 255}), ".png"),
                        .place = Place::bottom_right,
                        .size = 50,
                        .opacity = 100};
    const std::string source = save(plain(400, 400, {0, 0, 0}), ".png");
    const auto at = [&](double x, double y) {
        return colour_at(of(process(source, recipe), 200, OutputFormat::jpeg), x, y).g;
    };
    // 100 × 50 pixels, 6 away from the edges: around (144, 169).
    EXPECT_GT(at(0.72, 0.845), 245);
    EXPECT_LT(at(0.72, 0.60), 10);
    EXPECT_LT(at(0.28, 0.845), 10);
    recipe.watermark.opacity = 50;
    EXPECT_NEAR(at(0.72, 0.845), 128, 6);
    recipe.watermark.place = Place::top_left;
    EXPECT_NEAR(at(0.28, 0.155), 128, 6);
    recipe.watermark.place = Place::centre;
    EXPECT_NEAR(at(0.5, 0.5), 128, 6);
    EXPECT_LT(at(0.28, 0.155), 10);
}

TEST(Watermark, LeavesTransparencyAroundItAlone) {
    const VImage clear =
        VImage::black(200, 200, VImage::option()->set("bands", 4))
            .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    Recipe recipe;
    recipe.widths = {100};
    recipe.formats = {OutputFormat::webp};
    recipe.watermark = {.picture = save(plain(10, 10, kRed), ".webp[lossless=true]"),
                        .place = Place::centre,
                        .size = 50,
                        .opacity = 100};
    const std::string out = of(process(save(clear, ".png"), recipe), 100, OutputFormat::webp);
    const VImage alpha = open(out).extract_band(3);
    EXPECT_LT(alpha.extract_area(5, 5, 10, 10).avg(), 3);
    EXPECT_GT(alpha.extract_area(45, 45, 10, 10).avg(), 252);
}

TEST(Watermark, ThatIsNoPictureIsNamed) {
    Recipe recipe;
    for (const std::string& rubbish :
         {std::string("<svg/>"), std::string("\x89PNG\r\n\x1A\nxxxx")}) {
        recipe.watermark.picture = rubbish;
        try {
            (void)process_image(save(quadrants(64, 64), ".png"), recipe, Limits{});
            FAIL();
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "bad_watermark");
        }
    }
}

TEST(Presets, MakeTheShapesTheyPromise) {
    const RecipeBook book;
    const std::string source = save(quadrants(900, 600), ".jpg[Q=90]");
    for (const auto& [name, width, height] :
         {std::tuple{"product", 640, 640}, std::tuple{"banner", 900, 300},
          std::tuple{"avatar", 256, 256}, std::tuple{"default", 900, 600}}) {
        const ProcessedImage image = process(source, *book.find(name));
        const bool there = std::ranges::any_of(image.variants, [&](const Variant& v) {
            return v.width == width && v.height == height;
        });
        EXPECT_TRUE(there) << name;
    }
}

}  // namespace
}  // namespace barid::media
