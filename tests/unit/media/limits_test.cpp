#include "media/limits.hpp"

#include <gtest/gtest.h>

#include <string>

#include "media/error.hpp"

namespace barid::media {
namespace {

std::string refusal(const Header& header, const Limits& limits = {}) {
    try {
        check_limits(header, limits);
        return "";
    } catch (const Error& e) {
        EXPECT_FALSE(e.transient());
        return e.code();
    }
}

TEST(Limits, LetAStreamedPictureBeTwiceAsLargeAsABufferedOne) {
    EXPECT_EQ(refusal({.format = InputFormat::jpeg, .width = 10'000, .height = 5'000}), "");
    EXPECT_EQ(refusal({.format = InputFormat::jpeg, .width = 10'000, .height = 5'001}),
              "too_many_pixels");
    EXPECT_EQ(refusal({.format = InputFormat::avif, .width = 5'000, .height = 5'000}), "");
    EXPECT_EQ(refusal({.format = InputFormat::avif, .width = 5'000, .height = 5'001}),
              "too_many_pixels");
    EXPECT_EQ(refusal({.format = InputFormat::heic, .width = 10'000, .height = 3'000}),
              "too_many_pixels");
}

TEST(Limits, CountInterlacedProgressiveAndAnimatedPicturesAsBuffered) {
    for (const InputFormat format : {InputFormat::jpeg, InputFormat::png}) {
        EXPECT_EQ(refusal({.format = format, .width = 6'000, .height = 5'000}), "");
        EXPECT_EQ(refusal({.format = format, .width = 6'000, .height = 5'000, .interlaced = true}),
                  "too_many_pixels");
    }
    EXPECT_EQ(refusal({.format = InputFormat::webp, .width = 6'000, .height = 5'000, .frames = 2}),
              "too_many_pixels");
}

TEST(Limits, CountAllFramesOfAnAnimation) {
    EXPECT_EQ(refusal({.format = InputFormat::gif, .width = 1'000, .height = 1'000, .frames = 250}),
              "");
    EXPECT_EQ(refusal({.format = InputFormat::gif, .width = 1'000, .height = 1'000, .frames = 251}),
              "too_many_pixels");
    EXPECT_EQ(
        refusal(
            {.format = InputFormat::gif, .width = 5'000, .height = 5'000, .frames = 2'000'000'000}),
        "too_many_pixels");
}

TEST(Limits, DoNotOverflowOnAbsurdClaims) {
    const std::int64_t huge = 2'147'483'647;
    EXPECT_EQ(refusal({.format = InputFormat::png, .width = huge, .height = huge}),
              "too_many_pixels");
}

TEST(Limits, RefuseAPictureWithoutPixels) {
    EXPECT_EQ(refusal({.format = InputFormat::png, .width = 0, .height = 10}), "corrupt_image");
}

TEST(Limits, NameTheClaimAndTheLimit) {
    try {
        check_limits({.format = InputFormat::png, .width = 50'000, .height = 50'000}, {});
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("50000x50000"), std::string::npos) << e.what();
        EXPECT_NE(std::string(e.what()).find("50000000"), std::string::npos) << e.what();
    }
}

}  // namespace
}  // namespace barid::media
