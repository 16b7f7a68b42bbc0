// What an answer says about a picture beside its variants, and AVIFs that are made again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/pipeline.hpp"
#include "media/ssim.hpp"
#include "media/wire.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace support;
using ::testing::ElementsAre;
using vips::VImage;

VImage plain(int width, int height, const std::vector<double>& colour) {
    return VImage::black(width, height)
        .new_from_image(colour)
        .cast(VIPS_FORMAT_UCHAR)
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

Look look_of(const VImage& image, std::vector<int> widths = {64, 160}) {
    Recipe recipe;
    recipe.widths = std::move(widths);
    recipe.formats = {OutputFormat::jpeg};
    return process_image(save(image, ".png"), recipe, Limits{}).look;
}

TEST(Look, NamesTheColourThatMostOfThePictureHas) {
    const VImage image = plain(300, 200, {20, 120, 220}).insert(plain(100, 100, {250, 0, 0}), 9, 9);
    EXPECT_THAT(look_of(image).dominant, ElementsAre(20, 120, 220));
}

TEST(Look, DoesNotCountWhatIsTransparent) {
    const VImage clear = plain(300, 200, {0, 255, 0, 0});
    EXPECT_THAT(look_of(clear.insert(plain(80, 80, {200, 30, 30, 255}), 0, 0)).dominant,
                ElementsAre(200, 30, 30));
    EXPECT_THAT(look_of(clear).dominant, ElementsAre(255, 255, 255));
}

TEST(Look, DoesNotCountTheGroundAroundAPaddedPicture) {
    Recipe recipe;
    recipe.widths = {160};
    recipe.formats = {OutputFormat::jpeg};
    recipe.fit = Fit::pad;
    recipe.aspect_width = 1;
    recipe.aspect_height = 4;
    const std::string source = save(plain(300, 200, {20, 120, 220}), ".png");
    EXPECT_THAT(process_image(source, recipe, Limits{}).look.dominant, ElementsAre(20, 120, 220));
}

TEST(Look, HasAThumbhashOfThePicturesShape) {
    for (const auto& [w, h, landscape] :
         {std::tuple{400, 200, true}, std::tuple{200, 400, false}, std::tuple{3, 2, true}}) {
        const Look look = look_of(quadrants(w, h));
        ASSERT_GE(look.thumbhash.size(), 10U) << w;
        EXPECT_LE(look.thumbhash.size(), 25U) << w;
        EXPECT_EQ((static_cast<unsigned char>(look.thumbhash[4]) & 0x80U) != 0, landscape) << w;
    }
    EXPECT_NE(look_of(quadrants(400, 200)).thumbhash,
              look_of(quadrants(400, 200).fliphor()).thumbhash);
}

TEST(Look, PointsAtTheBusySpotWhateverTheWidthsAre) {
    const VImage image =
        plain(600, 400, {210, 210, 210}).insert(quadrants(8, 8).replicate(6, 6), 450, 300);
    for (const std::vector<int>& widths : {std::vector{32}, std::vector{160}, std::vector{600}}) {
        const Look look = look_of(image, widths);
        EXPECT_NEAR(look.attention_x, 0.79, 0.06);
        EXPECT_NEAR(look.attention_y, 0.81, 0.08);
    }
}

TEST(Look, PointsIntoTheSourceWhenTheOutputIsPadded) {
    const VImage image =
        plain(600, 200, {210, 210, 210}).insert(quadrants(8, 8).replicate(5, 5), 540, 80);
    Recipe recipe;
    recipe.widths = {160};
    recipe.formats = {OutputFormat::jpeg};
    recipe.fit = Fit::pad;
    recipe.aspect_width = recipe.aspect_height = 1;
    const Look look = process_image(save(image, ".png"), recipe, Limits{}).look;
    EXPECT_NEAR(look.attention_x, 0.93, 0.06);
    EXPECT_NEAR(look.attention_y, 0.5, 0.15);
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

/// Edges, gradients and a little noise, as a photo has them.
VImage photograph(int seed) {
    return (quadrants(192, 128) * 0.6 + noise(192, 128, seed) * 0.02 +
            VImage::xyz(192, 128).extract_band(0) * 0.3)
        .cast(VIPS_FORMAT_UCHAR)
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

TEST(ImprovedAvif, IsSmallerAndLooksNoWorseThanTheBaseline) {
    Recipe baseline;
    baseline.widths = {64, 96, 192};
    baseline.formats = {OutputFormat::avif};
    Recipe improving = baseline;
    improving.avif_effort = 4;
    improving.avif_baseline_effort = 0;
    std::size_t improved = 0;
    for (const int seed : {1, 2, 3}) {
        const VImage source = photograph(seed);
        const std::string png = save(source, ".png");
        const ProcessedImage before = process_image(png, baseline, Limits{});
        const ProcessedImage after = process_image(png, improving, Limits{});
        EXPECT_NO_THROW(wire::check_outputs(after, improving));
        improved += after.variants.size();
        for (const Variant& better : after.variants) {
            const auto same = std::ranges::find(before.variants, better.width, &Variant::width);
            ASSERT_NE(same, before.variants.end());
            EXPECT_LT(better.bytes.size(), same->bytes.size()) << seed;
            if (better.width != 192) continue;
            const double now = ssim(luma_of(source), luma_of(open(better.bytes)), 192, 128);
            const double then = ssim(luma_of(source), luma_of(open(same->bytes)), 192, 128);
            EXPECT_GE(now, then) << seed;
        }
    }
    // Nothing may get better in one picture: which, the encoder's effort decides.
    EXPECT_GT(improved, 0U);
}

TEST(ImprovedAvif, IsNoneWhereNothingGetsBetter) {
    Recipe same;
    same.widths = {64};
    same.formats = {OutputFormat::avif};
    same.avif_baseline_effort = same.avif_effort;
    EXPECT_TRUE(process_image(save(quadrants(64, 64), ".png"), same, Limits{}).variants.empty());
}

}  // namespace
}  // namespace barid::media
