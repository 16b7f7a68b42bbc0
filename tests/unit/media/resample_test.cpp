#include "media/resample.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using support::noise;
using support::quadrants;
using vips::VImage;

/// Clouds with grain: what photographs are made of.
VImage photograph(int width, int height) {
    return (quadrants(width, height) * 0.5 + noise(width, height) * 0.25)
        .cast(VIPS_FORMAT_UCHAR)
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

double mean_difference(const VImage& a, const VImage& b) {
    return (a.cast(VIPS_FORMAT_FLOAT) - b.cast(VIPS_FORMAT_FLOAT)).abs().avg();
}

/// The same kernel at full precision, by libvips.
VImage reference(const VImage& image, int width, int height) {
    return image.cast(VIPS_FORMAT_FLOAT)
        .resize(static_cast<double>(width) / image.width(),
                VImage::option()
                    ->set("vscale", static_cast<double>(height) / image.height())
                    ->set("kernel", VIPS_KERNEL_LANCZOS3));
}

TEST(Resample, AgreesWithTheSameKernelInFullPrecision) {
    const VImage image = photograph(803, 601);
    for (const auto& [width, height] : {std::pair{640, 480}, {401, 300}, {250, 187}}) {
        const VImage small = resample(image, width, height);
        ASSERT_EQ(small.width(), width);
        ASSERT_EQ(small.height(), height);
        // Half a step is rounding's; libvips also quantises its weights.
        EXPECT_LT(mean_difference(small, reference(image, width, height)), 0.75)
            << width << "x" << height;
    }
}

TEST(Resample, GivesTheSameBytesOnEveryProcessor) {
    for (const int bands : {1, 3, 4}) {
        VImage image = photograph(517, 389);
        if (bands == 1) image = image.extract_band(1);
        if (bands == 4) image = image.bandjoin(noise(517, 389).extract_band(0));
        const VImage here = resample(image, 200, 151);
        const VImage anywhere = resample(image, 200, 151, Processor::any);
        EXPECT_EQ((here - anywhere).abs().max(), 0) << bands << " channels";
    }
}

TEST(Resample, LeavesEvenColoursExactlyAsTheyAre) {
    const VImage image = (VImage::black(300, 200, VImage::option()->set("bands", 3)) +
                          std::vector<double>{7, 128, 255})
                             .cast(VIPS_FORMAT_UCHAR);
    const VImage small = resample(image, 97, 31);
    for (int band = 0; band < 3; ++band) {
        EXPECT_EQ(small[band].min(), small[band].max());
    }
    EXPECT_EQ(small.getpoint(0, 0), (std::vector<double>{7, 128, 255}));
}

TEST(Resample, TheSameSizeIsTheSamePicture) {
    const VImage image = photograph(64, 48);
    EXPECT_EQ((resample(image, 64, 48) - image).abs().max(), 0);
}

TEST(Resample, HiddenColoursOfTransparentPixelsDoNotBleed) {
    // A red disc on transparent green: no green may appear at its edge.
    VImage shape = VImage::black(200, 200).copy_memory();
    shape.draw_circle({255}, 100, 100, 60, VImage::option()->set("fill", true));
    const VImage red = (VImage::black(200, 200, VImage::option()->set("bands", 3)) +
                        std::vector<double>{255, 0, 0})
                           .cast(VIPS_FORMAT_UCHAR);
    const VImage green = (VImage::black(200, 200, VImage::option()->set("bands", 3)) +
                          std::vector<double>{0, 255, 0})
                             .cast(VIPS_FORMAT_UCHAR);
    const VImage image =
        (shape > 0)
            .ifthenelse(red, green)
            .bandjoin(shape)
            .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    ASSERT_TRUE(image.has_alpha());
    const VImage small = resample(image, 61, 61);
    const VImage visible = small[3] > 8;
    EXPECT_LT((visible / 255 * small[1]).max(), 12);
    EXPECT_EQ(small.getpoint(30, 30), (std::vector<double>{255, 0, 0, 255}));
    EXPECT_EQ(small.getpoint(0, 0).at(3), 0);
}

TEST(Resample, TakesExtremeShapes) {
    for (const auto& [from_w, from_h, to_w, to_h] :
         {std::array{4000, 3, 16, 1}, {1, 1, 1, 1}, {2, 900, 1, 17}, {700, 500, 1, 1}}) {
        const VImage image = noise(from_w, from_h);
        const VImage small = resample(image, to_w, to_h);
        EXPECT_EQ(small.width(), to_w);
        EXPECT_EQ(small.height(), to_h);
        EXPECT_NEAR(small.avg(), image.avg(), 12) << from_w << "x" << from_h;
    }
}

TEST(Resample, ReadsASequentialSourceToItsEnd) {
    const std::string whole = support::save(photograph(900, 700), ".png");
    const auto open = [](std::string_view bytes) {
        VipsBlob* blob = vips_blob_new(nullptr, bytes.data(), bytes.size());
        const VImage image =
            VImage::pngload_buffer(blob, VImage::option()
                                             ->set("access", VIPS_ACCESS_SEQUENTIAL)
                                             ->set("fail_on", VIPS_FAIL_ON_ERROR));
        vips_area_unref(VIPS_AREA(blob));
        return image;
    };
    EXPECT_EQ(resample(open(whole), 300, 233).width(), 300);
    const std::string_view cut = std::string_view(whole).substr(0, whole.size() * 9 / 10);
    EXPECT_THROW((void)resample(open(cut), 300, 233), vips::VError);
}

TEST(Resample, KeepsTheProfileAndNothingElse) {
    VImage image = photograph(40, 30).copy();
    image.set("icc-profile-data", nullptr, const_cast<char*>("profile"), 7);
    image.set("exif-data", nullptr, const_cast<char*>("secret"), 6);
    const VImage small = resample(image, 20, 15);
    EXPECT_NE(small.get_typeof("icc-profile-data"), 0U);
    EXPECT_EQ(small.get_typeof("exif-data"), 0U);
    EXPECT_EQ(small.interpretation(), VIPS_INTERPRETATION_sRGB);
}

TEST(Resample, SaysWhatItCannotScale) {
    const VImage image = photograph(40, 30);
    EXPECT_TRUE(can_resample(image, 40, 30));
    EXPECT_FALSE(can_resample(image, 41, 30));
    EXPECT_FALSE(can_resample(image, 40, 31));
    EXPECT_FALSE(can_resample(image.cast(VIPS_FORMAT_USHORT), 20, 15));
    // Grey with transparency has two channels.
    EXPECT_FALSE(can_resample(image.extract_band(0).bandjoin(image.extract_band(1)), 20, 15));
}

}  // namespace
}  // namespace barid::media
