#include "media/wire.hpp"

#include <gtest/gtest.h>

#include <random>

#include "media/error.hpp"

namespace barid::media::wire {
namespace {

constexpr std::string_view kWebp("RIFF\x04\0\0\0WEBP", 12);
constexpr std::string_view kJpeg = "\xFF\xD8\xFF\xD9";

ProcessedImage sample() {
    return {.source = {.format = InputFormat::png,
                       .width = 500,
                       .height = 400,
                       .orientation = 6,
                       .frames = 3,
                       .alpha = true,
                       .profile = true,
                       .colour = "rgb16"},
            .variants = {{.width = 160,
                          .height = 128,
                          .format = OutputFormat::webp,
                          .bytes = std::string(kWebp)},
                         {.width = 160,
                          .height = 128,
                          .format = OutputFormat::jpeg,
                          .bytes = std::string(kJpeg)}}};
}

Recipe sample_recipe() {
    Recipe recipe;
    recipe.widths = {160};
    recipe.formats = {OutputFormat::webp, OutputFormat::jpeg};
    return recipe;
}

TEST(Wire, CarriesARequestWhole) {
    Request request;
    request.recipe.widths = {33, 44};
    request.recipe.background = {1, 2, 255};
    request.recipe.avif_effort = 7;
    request.limits.max_buffered_pixels = 77;
    const Request copy = decode_request(encode(request));
    EXPECT_EQ(copy.recipe, request.recipe);
    EXPECT_EQ(copy.limits, request.limits);
}

TEST(Wire, CarriesAnAnswerWhole) {
    const Answer answer = decode_answer(encode(Answer(sample())));
    const auto& image = std::get<ProcessedImage>(answer);
    EXPECT_EQ(image.source.format, InputFormat::png);
    EXPECT_EQ(image.source.width, 500);
    EXPECT_EQ(image.source.frames, 3);
    EXPECT_TRUE(image.source.alpha);
    EXPECT_EQ(image.source.colour, "rgb16");
    ASSERT_EQ(image.variants.size(), 2U);
    EXPECT_EQ(image.variants[0].bytes, kWebp);
    EXPECT_EQ(image.variants[1].format, OutputFormat::jpeg);
    EXPECT_NO_THROW(check_outputs(image, sample_recipe()));
}

TEST(Wire, CarriesAFailure) {
    const Answer answer = decode_answer(encode(Answer(Failure{"truncated", "cut off"})));
    EXPECT_EQ(std::get<Failure>(answer).code, "truncated");
    EXPECT_EQ(std::get<Failure>(answer).message, "cut off");
}

TEST(Wire, RefusesEveryCutAndEveryExtraByte) {
    const std::string whole = encode(Answer(sample()));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_THROW((void)decode_answer(whole.substr(0, size)), Error) << size;
    }
    EXPECT_THROW((void)decode_answer(whole + "x"), Error);
}

TEST(Wire, SurvivesRandomChangesOfAnAnswer) {
    std::mt19937 random(42);  // fixed: a failure can be repeated
    const std::string whole = encode(Answer(sample()));
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string changed = whole;
        changed[random() % changed.size()] = static_cast<char>(random());
        try {
            const Answer answer = decode_answer(changed);
            if (const auto* image = std::get_if<ProcessedImage>(&answer)) {
                check_outputs(*image, sample_recipe());
            }
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "bad_frame");
            ++refused;
        }
    }
    EXPECT_GT(refused, 1'000);
}

TEST(Wire, BoundsTheLengthOfAFrame) {
    EXPECT_EQ(parse_length(length_prefix(1000), 1000), 1000U);
    EXPECT_THROW((void)parse_length(length_prefix(1001), 1000), Error);
    EXPECT_THROW((void)parse_length(std::string(8, '\xFF'), 1000), Error);
}

TEST(Wire, RefusesFailuresThatCouldForgeOtherCodes) {
    EXPECT_THROW((void)decode_answer(encode(Answer(Failure{"Bad Code\n", "x"}))), Error);
    EXPECT_THROW((void)decode_answer(encode(Answer(Failure{"", "x"}))), Error);
}

TEST(CheckOutputs, RefusesWhatWasNotAskedFor) {
    const auto refuses = [](auto change) {
        ProcessedImage image = sample();
        change(image);
        EXPECT_THROW(check_outputs(image, sample_recipe()), Error);
    };
    refuses([](ProcessedImage& i) { i.variants.pop_back(); });
    refuses([](ProcessedImage& i) { i.variants[0].width = 161; });
    refuses([](ProcessedImage& i) { i.variants[0].height = 0; });
    refuses([](ProcessedImage& i) { i.variants[0].bytes = "<script>"; });
    refuses([](ProcessedImage& i) { std::swap(i.variants[0], i.variants[1]); });
}

}  // namespace
}  // namespace barid::media::wire
