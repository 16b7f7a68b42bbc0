// Real pictures, when the directory that BARID_TEST_IMAGES names has any.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "media/pipeline.hpp"
#include "media/sandbox_pool.hpp"
#include "tests/support/database.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::vector<fs::path> pictures() {
    std::vector<fs::path> found;
    const char* directory = std::getenv("BARID_TEST_IMAGES");
    if (directory == nullptr || !fs::is_directory(directory)) return found;
    for (const auto& entry : fs::directory_iterator(directory)) {
        const std::string ext = entry.path().extension().string();
        if (ext == ".jpg" || ext == ".png" || ext == ".webp" || ext == ".gif" || ext == ".avif" ||
            ext == ".heic") {
            found.push_back(entry.path());
        }
    }
    std::ranges::sort(found);
    return found;
}

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Mean colour of the whole picture.
support::Rgb mean(const vips::VImage& image) {
    const vips::VImage plain = image.colourspace(VIPS_INTERPRETATION_sRGB);
    return {plain.extract_band(0).avg(), plain.extract_band(1).avg(), plain.extract_band(2).avg()};
}

/// How it should look: a full decode, colour-managed, turned, then scaled; nothing clever.
vips::VImage reference(const std::string& bytes) {
    using vips::VImage;
    VImage image = support::open(bytes);
    if (image.get_typeof("icc-profile-data") != 0 ||
        image.interpretation() == VIPS_INTERPRETATION_CMYK) {
        image = image.icc_transform("srgb", VImage::option()
                                                ->set("embedded", true)
                                                ->set("depth", 8)
                                                ->set("intent", VIPS_INTENT_PERCEPTUAL));
    }
    image = image.colourspace(VIPS_INTERPRETATION_sRGB).autorot();
    if (image.has_alpha()) {
        image = image.flatten(VImage::option()->set("background", std::vector<double>(3, 255)));
    }
    return image.cast(VIPS_FORMAT_UCHAR);
}

TEST(RealPictures, BecomeCleanVariantsOfTheRightSizeAndColour) {
    const std::vector<fs::path> files = pictures();
    if (files.empty()) GTEST_SKIP() << "set BARID_TEST_IMAGES to a directory of pictures";
    support::IoFixture fixture;
    SandboxOptions options;
    options.program = BARID_TEST_DECODE_CHILD;
    options.arguments = {"real"};
    options.children = 2;
    SandboxPool pool(fixture.io, options, {});
    for (const fs::path& file : files) {
        SCOPED_TRACE(file.filename().string());
        const std::string bytes = read(file);
        const auto deadline = std::chrono::steady_clock::now() + 90s;
        const ProcessedImage image = fixture.run(pool.process({}, bytes, deadline), 100s);
        const vips::VImage wanted = reference(bytes);
        EXPECT_EQ(image.source.width, wanted.width());
        EXPECT_EQ(image.source.height, wanted.height());
        for (const Variant& v : image.variants) {
            EXPECT_TRUE(support::without_metadata(v.bytes)) << v.width << word(v.format);
            const vips::VImage out = support::open(v.bytes);
            EXPECT_EQ(out.width(), v.width);
            EXPECT_NEAR(static_cast<double>(out.height()) / out.width(),
                        static_cast<double>(wanted.height()) / wanted.width(),
                        1.0 / out.width() + 0.001);
            if (v.format != OutputFormat::jpeg) continue;
            EXPECT_TRUE(support::near(mean(out), mean(wanted), 4)) << v.width;
        }
    }
    EXPECT_EQ(pool.stats().lost, 0U);
}

}  // namespace
}  // namespace barid::media
