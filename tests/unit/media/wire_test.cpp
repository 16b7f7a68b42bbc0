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
            .look = {.thumbhash = std::string("\0abc", 4),
                     .dominant = {1, 2, 255},
                     .attention_x = 0.25,
                     .attention_y = 1},
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

/// Head and variants as the worker gets them.
Answer across(const Answer& sent) {
    Answer answer = decode_answer(encode(sent), 1000);
    auto* image = std::get_if<ProcessedImage>(&answer);
    if (image == nullptr) return answer;
    const auto& variants = std::get<ProcessedImage>(sent).variants;
    for (std::size_t i = 0; i < variants.size(); ++i) {
        EXPECT_EQ(image->variants.at(i).bytes.size(), variants.at(i).bytes.size());
        image->variants.at(i).bytes = variants.at(i).bytes;
    }
    return answer;
}

TEST(Wire, CarriesARequestWhole) {
    Request request;
    request.recipe.widths = {33, 44};
    request.recipe.background = {1, 2, 255};
    request.recipe.avif_effort = 7;
    request.recipe.fit = Fit::cover;
    request.recipe.aspect_width = 4;
    request.recipe.aspect_height = 3;
    request.recipe.focus = Focus::point;
    request.recipe.focus_x = 999;
    request.recipe.focus_y = 1;
    request.recipe.clear_padding = true;
    request.recipe.sharpen = true;
    request.recipe.trim = true;
    request.recipe.animation = Animation::keep;
    request.recipe.avif_baseline_effort = 0;
    request.recipe.watermark = {
        .picture = std::string("\0PNG", 4), .place = Place::centre, .size = 33, .opacity = 7};
    request.limits.max_buffered_pixels = 77;
    const Request copy = decode_request(encode(request));
    EXPECT_EQ(copy.recipe, request.recipe);
    EXPECT_EQ(copy.limits, request.limits);
}

TEST(Wire, CarriesAnAnswerWhole) {
    const Answer answer = across(Answer(sample()));
    const auto& image = std::get<ProcessedImage>(answer);
    EXPECT_EQ(image.source.format, InputFormat::png);
    EXPECT_EQ(image.source.width, 500);
    EXPECT_EQ(image.source.frames, 3);
    EXPECT_TRUE(image.source.alpha);
    EXPECT_EQ(image.source.colour, "rgb16");
    EXPECT_EQ(image.look.thumbhash, std::string("\0abc", 4));
    EXPECT_EQ(image.look.dominant[2], 255);
    EXPECT_DOUBLE_EQ(image.look.attention_x, 0.25);
    EXPECT_DOUBLE_EQ(image.look.attention_y, 1);
    ASSERT_EQ(image.variants.size(), 2U);
    EXPECT_EQ(image.variants[0].bytes, kWebp);
    EXPECT_EQ(image.variants[1].format, OutputFormat::jpeg);
    EXPECT_NO_THROW(check_outputs(image, sample_recipe()));
}

TEST(Wire, CarriesAFailure) {
    const Answer answer = across(Answer(Failure{"truncated", "cut off"}));
    EXPECT_EQ(std::get<Failure>(answer).code, "truncated");
    EXPECT_EQ(std::get<Failure>(answer).message, "cut off");
}

TEST(Wire, RefusesEveryCutAndEveryExtraByte) {
    const std::string whole = encode(Answer(sample()));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_THROW((void)decode_answer(whole.substr(0, size), 1000), Error) << size;
    }
    EXPECT_THROW((void)decode_answer(whole + "x", 1000), Error);
}

TEST(Wire, VariantsAreBoundedTogether) {
    const std::string head = encode(Answer(sample()));
    const std::size_t bytes = kWebp.size() + kJpeg.size();
    EXPECT_NO_THROW((void)decode_answer(head, bytes));
    EXPECT_THROW((void)decode_answer(head, bytes - 1), Error);
}

TEST(Wire, SurvivesRandomChangesOfAnAnswer) {
    std::mt19937 random(42);  // fixed: a failure can be repeated
    const std::string whole = encode(Answer(sample()));
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string changed = whole;
        changed[random() % changed.size()] = static_cast<char>(random());
        try {
            const Answer answer = decode_answer(changed, 1000);
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
    EXPECT_THROW((void)decode_answer(encode(Answer(Failure{"Bad Code\n", "x"})), 1000), Error);
    EXPECT_THROW((void)decode_answer(encode(Answer(Failure{"", "x"})), 1000), Error);
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
    refuses([](ProcessedImage& i) { i.variants[0].height = 127; });
    refuses([](ProcessedImage& i) { i.variants.push_back(i.variants[1]); });
    refuses([](ProcessedImage& i) { i.source.trimmed_width = i.source.trimmed_height = 100; });
}

TEST(CheckOutputs, ComputesThePlannedShapeItself) {
    Recipe recipe = sample_recipe();
    recipe.fit = Fit::cover;
    recipe.aspect_width = recipe.aspect_height = 1;
    EXPECT_THROW(check_outputs(sample(), recipe), Error);
    ProcessedImage image = sample();
    for (Variant& v : image.variants) v.height = 160;
    EXPECT_NO_THROW(check_outputs(image, recipe));
    recipe.trim = true;
    EXPECT_THROW(check_outputs(image, recipe), Error);
    image.source.trimmed_width = 300;
    image.source.trimmed_height = 200;
    EXPECT_NO_THROW(check_outputs(image, recipe));
    image.source.trimmed_height = 100;
    EXPECT_THROW(check_outputs(image, recipe), Error);
}

TEST(CheckOutputs, LetsAnImprovementLeaveVariantsOutButAddNone) {
    Recipe recipe;
    recipe.widths = {160, 320};
    recipe.formats = {OutputFormat::avif};
    recipe.avif_baseline_effort = 0;
    const std::string avif(
        "\0\0\0\x10"
        "ftypavif\0\0\0\0",
        16);
    ProcessedImage image = sample();
    image.variants.clear();
    EXPECT_NO_THROW(check_outputs(image, recipe));
    image.variants = {{.width = 320, .height = 256, .format = OutputFormat::avif, .bytes = avif}};
    EXPECT_NO_THROW(check_outputs(image, recipe));
    image.variants.push_back(image.variants[0]);
    EXPECT_THROW(check_outputs(image, recipe), Error);
    image.variants = {{.width = 320, .height = 255, .format = OutputFormat::avif, .bytes = avif}};
    EXPECT_THROW(check_outputs(image, recipe), Error);
}

}  // namespace
}  // namespace barid::media::wire
