// Everything that a recipe can ask for, behind the walls: nothing of it needs a forbidden call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/recipe_book.hpp"
#include "media/sandbox_pool.hpp"
#include "tests/support/database.hpp"
#include "tests/support/images.hpp"

namespace barid::media {
namespace {

using namespace std::chrono_literals;
using namespace support;
using vips::VImage;

class RecipesInSandbox : public ::testing::Test {
  protected:
    /// Or the error's code and message.
    std::variant<ProcessedImage, std::string> process(const std::string& bytes,
                                                      const Recipe& recipe) {
        const SteadyTime deadline = std::chrono::steady_clock::now() + 60s;
        try {
            return fixture_.run(pool_.process(recipe, bytes, deadline), 90s);
        } catch (const Error& e) {
            return e.code() + ": " + e.what();
        }
    }

    static SandboxOptions options() {
        SandboxOptions options;
        options.program = BARID_TEST_DECODE_CHILD;
        options.arguments = {"real"};
        options.children = 1;
        return options;
    }

    IoFixture fixture_;
    SandboxPool pool_{fixture_.io, options(), log::Logger{}};
};

Recipe rich() {
    Recipe recipe;
    recipe.widths = {40, 80};
    recipe.sharpen = recipe.trim = true;
    recipe.animation = Animation::keep;
    recipe.watermark.picture = save(quadrants(20, 10), ".webp");
    return recipe;
}

TEST_F(RecipesInSandbox, EveryPresetAndEveryPartWorksOnEveryFormat) {
    const VImage picture = quadrants(200, 150);
    std::vector<std::string> sources{animated_gif(120, 90, 3), oriented_jpeg(200, 150, 6)};
    for (const char* suffix : {".png", ".webp", ".avif[effort=0]"}) {
        sources.push_back(save(picture, suffix));
    }
    try {
        sources.push_back(save(picture, ".heic[compression=hevc,effort=0]"));
    } catch (const vips::VError&) {
        vips_error_clear();  // this machine can't make one
    }
    const VImage cmyk =
        picture.icc_transform("cmyk", VImage::option()->set("input_profile", "srgb"));
    sources.push_back(save(cmyk, ".jpg"));
    const RecipeBook book;
    std::vector<Recipe> recipes{*book.find("product"), *book.find("banner"), *book.find("avatar"),
                                rich()};
    recipes.push_back(rich());
    recipes.back().fit = Fit::pad;
    recipes.back().aspect_width = recipes.back().aspect_height = 1;
    recipes.back().clear_padding = true;
    for (std::size_t s = 0; s < sources.size(); ++s) {
        for (std::size_t r = 0; r < recipes.size(); ++r) {
            const auto answer = process(sources[s], recipes[r]);
            const auto* image = std::get_if<ProcessedImage>(&answer);
            ASSERT_NE(image, nullptr)
                << "source " << s << " recipe " << r << ": " << std::get<std::string>(answer);
            EXPECT_FALSE(image->look.thumbhash.empty());
            for (const Variant& v : image->variants) EXPECT_EQ(open(v.bytes).width(), v.width);
        }
    }
    EXPECT_EQ(pool_.stats().started, 1U);
    EXPECT_EQ(pool_.stats().lost, 0U);
}

TEST_F(RecipesInSandbox, AvifsAreImprovedOrLeftOut) {
    Recipe recipe;
    recipe.widths = {64, 128};
    recipe.formats = {OutputFormat::avif};
    recipe.avif_effort = 3;
    recipe.avif_baseline_effort = 0;
    const auto answer = process(save(noise(160, 120), ".png"), recipe);
    ASSERT_TRUE(std::holds_alternative<ProcessedImage>(answer)) << std::get<std::string>(answer);
    EXPECT_LE(std::get<ProcessedImage>(answer).variants.size(), 2U);
}

TEST_F(RecipesInSandbox, ABadWatermarkIsItsOwnError) {
    Recipe recipe = rich();
    recipe.watermark.picture = "GIF89a, more or less";
    const auto answer = process(save(quadrants(64, 64), ".png"), recipe);
    ASSERT_TRUE(std::holds_alternative<std::string>(answer));
    EXPECT_THAT(std::get<std::string>(answer),
                ::testing::HasSubstr("bad_watermark: the watermark"));
    EXPECT_EQ(pool_.stats().lost, 0U);
}

}  // namespace
}  // namespace barid::media
