// What libvips 8.14.1 does that a shop must never see, and what files do that claim to be pictures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "media/error.hpp"
#include "media/pipeline.hpp"
#include "media/vips_runtime.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace support;
using namespace std::string_literals;
using ::testing::HasSubstr;
using vips::VImage;

Recipe small_recipe() {
    Recipe recipe;
    recipe.widths = {64, 128};
    return recipe;
}

struct Refusal {
    std::string code;
    std::string message;
    double cpu_ms = 0;
};

Refusal refusal(const std::string& bytes, const Limits& limits = {}) {
    const std::clock_t start = std::clock();
    Refusal result{.code = "processed", .message = {}};
    try {
        (void)process_image(bytes, small_recipe(), limits);
    } catch (const Error& e) {
        result = {.code = e.code(), .message = e.what()};
        EXPECT_FALSE(e.transient());
    }
    result.cpu_ms = 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    return result;
}

void set_blob(VImage& image, const char* name, const std::string& bytes) {
    vips_image_set_blob_copy(image.get_image(), name, bytes.data(), bytes.size());
}

/// A picture with everything in it that says more than its pixels.
VImage talkative(const VImage& pixels) {
    VImage image = pixels.copy_memory();
    image.set("exif-ifd0-Make", "Camera");
    image.set("exif-ifd2-UserComment", "at home");
    image.set("exif-ifd3-GPSLatitude", "21/1 25/1 21/1");
    image.set("exif-ifd3-GPSLongitude", "39/1 49/1 34/1");
    image.set("orientation", 1);
    set_blob(image, "xmp-data",
             "<x:xmpmeta xmlns:x='adobe:ns:meta/' xmlns='http://ns.adobe.com/xap/1.0/'/>");
    set_blob(image, "iptc-data", "Photoshop 3.0\0008BIM"s);
    return image;
}

TEST(Trap, WebpsaveIgnoresStripSoGpsIsGoneBeforeItSaves) {
    const VImage plain = talkative(quadrants(300, 200));
    const VImage wide = talkative(
        quadrants(300, 200).icc_transform("p3", VImage::option()->set("input_profile", "srgb")));
    Recipe fancy = small_recipe();
    fancy.fit = Fit::pad;
    fancy.aspect_width = fancy.aspect_height = 1;
    fancy.sharpen = fancy.trim = true;
    // The watermark's own data must not get in, either.
    fancy.watermark.picture = save(talkative(quadrants(30, 20)), ".png");
    for (const VImage& image : {plain, wide}) {
        for (const char* suffix : {".jpg[Q=90]", ".png", ".webp[Q=90]", ".avif[effort=0]"}) {
            const std::string source = save(image, suffix);
            ASSERT_FALSE(without_metadata(source)) << "the test's picture says nothing: " << suffix;
            for (const Recipe& recipe : {small_recipe(), fancy}) {
                for (const Variant& v : process_image(source, recipe, Limits{}).variants) {
                    EXPECT_TRUE(without_metadata(v.bytes)) << suffix << " " << word(v.format);
                }
            }
        }
    }
}

TEST(Trap, AnAnimationKeepsNoMetadataEither) {
    VImage roll = talkative(quadrants(100, 200));
    roll.set("page-height", 100);
    const std::string source = save(roll, ".webp");
    ASSERT_FALSE(without_metadata(source));
    Recipe recipe = small_recipe();
    recipe.animation = Animation::keep;
    const ProcessedImage image = process_image(source, recipe, Limits{});
    EXPECT_EQ(image.source.frames, 2);
    for (const Variant& v : image.variants) EXPECT_TRUE(without_metadata(v.bytes));
}

TEST(Trap, ASixtyNineBytePngThatClaimsMuchIsRefusedFromItsHeader) {
    const std::string png = lying_png(50'000, 50'000);
    EXPECT_LE(png.size(), 69U);
    const Refusal refused = refusal(png);
    EXPECT_EQ(refused.code, "too_many_pixels");
    EXPECT_THAT(refused.message, HasSubstr("50000x50000"));
    EXPECT_LT(refused.cpu_ms, 100);
}

/// A JPEG whose frame header claims another size.
std::string lying_jpeg(bool progressive, unsigned width, unsigned height) {
    std::string jpeg =
        save(quadrants(64, 64), progressive ? ".jpg[interlace=true]" : ".jpg[strip=true]");
    const std::size_t at = jpeg.find(progressive ? "\xFF\xC2"s : "\xFF\xC0"s);
    EXPECT_NE(at, std::string::npos);
    for (const auto& [offset, value] : {std::pair{5U, height}, std::pair{7U, width}}) {
        jpeg[at + offset] = static_cast<char>(value >> 8U);
        jpeg[at + offset + 1] = static_cast<char>(value & 0xFFU);
    }
    return jpeg;
}

TEST(Trap, EachClassHasItsOwnPixelLimitBeforeAnyDecoding) {
    // 42 million pixels: a baseline JPEG may stream them, a progressive one may not hold them.
    EXPECT_NE(refusal(lying_jpeg(false, 7000, 6000)).code, "too_many_pixels");
    for (const std::string& file : {lying_jpeg(true, 7000, 6000), lying_jpeg(false, 65'500, 65'500),
                                    lying_png(10'000, 5'001)}) {
        const Refusal refused = refusal(file);
        EXPECT_EQ(refused.code, "too_many_pixels");
        EXPECT_LT(refused.cpu_ms, 100);
    }
    std::string webp = save(quadrants(64, 64).bandjoin_const({128.0}), ".webp");
    ASSERT_EQ(webp.substr(12, 4), "VP8X");
    webp.replace(24, 6, "\xFF\x3F\0\xFF\x3F\0"s);  // a canvas of 16384 × 16384
    EXPECT_NE(refusal(webp).code, "processed");
    EXPECT_LT(refusal(webp).cpu_ms, 100);
}

TEST(Trap, ASmallSvgIsRefusedUnread) {
    const Refusal refused = refusal(
        "<svg xmlns='http://www.w3.org/2000/svg' width='30000' height='30000'>"
        "<rect width='100%' height='100%'/></svg>");
    EXPECT_EQ(refused.code, "unsupported_format");
    EXPECT_THAT(refused.message, HasSubstr("svg"));
    EXPECT_LT(refused.cpu_ms, 20);
}

TEST(Trap, WhateverItsNameAFileIsWhatItsBytesSay) {
    // The bytes of "photo.jpg", as they arrive: nobody looks at the name.
    for (const auto& [bytes, code, kind] :
         {std::tuple{"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF"s, "not_an_image", "pdf"},
          std::tuple{"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"s,
                     "unsupported_format", "svg"},
          std::tuple{"II*\0\x08\0\0\0\0\0"s, "unsupported_format", "tiff"},
          std::tuple{"<!doctype html><img src=x>"s, "not_an_image", "html"},
          std::tuple{"GIMP gradient"s, "not_an_image", "text"},
          std::tuple{"P6 1 1 255 abc"s, "not_an_image", "text"},
          std::tuple{"push graphic-context\nimage over 0,0 1,1 'url(http://a/b)'"s, "not_an_image",
                     "text"}}) {
        const Refusal refused = refusal(bytes);
        EXPECT_EQ(refused.code, code) << kind;
        EXPECT_THAT(refused.message, HasSubstr(kind));
    }
}

TEST(Trap, LibvipsItselfCouldNotReadThemEither) {
    const std::string svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
    const std::string pdf = "%PDF-1.4\n";
    const std::string pnm = "P5 1 1 255 a";
    for (const std::string& bytes : {svg, pdf, pnm}) {
        EXPECT_THROW((void)VImage::new_from_buffer(bytes.data(), bytes.size(), ""), vips::VError)
            << bytes;
        vips_error_clear();
    }
    EXPECT_THROW((void)VImage::new_from_file("/etc/hostname"), vips::VError);
    vips_error_clear();
}

std::string heic() {
    return save(quadrants(128, 96), ".heic[Q=90,compression=hevc,effort=0]");
}

class Heic : public ::testing::Test {
  protected:
    void TearDown() override { pretend_heic(readable_); }

  private:
    const bool readable_ = can_read_heic();
};

TEST_F(Heic, IsReadWhereLibheifCan) {
    if (!can_read_heic()) GTEST_SKIP() << "this machine's libheif has no HEVC decoder";
    std::string source;
    try {
        source = heic();
    } catch (const vips::VError&) {
        vips_error_clear();
        GTEST_SKIP() << "this machine's libheif has no HEVC encoder to make the test's picture";
    }
    const ProcessedImage image = process_image(source, small_recipe(), Limits{});
    EXPECT_EQ(image.source.format, InputFormat::heic);
    for (const Variant& v : image.variants) EXPECT_TRUE(upright(v.bytes)) << word(v.format);
}

TEST_F(Heic, IsRefusedByNameWhereLibheifCannot) {
    pretend_heic(false);
    const std::string start = "\0\0\0\x18"s + "ftypheic\0\0\0\0mif1heic"s;
    const Refusal refused = refusal(start + std::string(200, '\0'));
    EXPECT_EQ(refused.code, "unsupported_format");
    EXPECT_THAT(refused.message, HasSubstr("libheif has no HEVC decoder"));
    EXPECT_THAT(refused.message, HasSubstr("send JPEG, PNG, WebP, GIF or AVIF"));
}

}  // namespace
}  // namespace barid::media
