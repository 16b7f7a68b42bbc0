#include "media/recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "media/error.hpp"

namespace barid::media {
namespace {

using ::testing::ElementsAre;

TEST(PlanWidths, NeverEnlargesAndKeepsTheSourcesOwnWidth) {
    const std::vector<int> wanted{160, 320, 640, 1080, 1600};
    EXPECT_THAT(plan_widths(4000, wanted), ElementsAre(160, 320, 640, 1080, 1600));
    EXPECT_THAT(plan_widths(1600, wanted), ElementsAre(160, 320, 640, 1080, 1600));
    EXPECT_THAT(plan_widths(500, wanted), ElementsAre(160, 320, 500));
    EXPECT_THAT(plan_widths(640, wanted), ElementsAre(160, 320, 640));
    EXPECT_THAT(plan_widths(1, wanted), ElementsAre(1));
    EXPECT_THAT(plan_widths(500, {640, 160, 160}), ElementsAre(160, 500));
}

TEST(ParentWidth, IsTheSmallestThatIsTwiceAsWide) {
    EXPECT_EQ(parent_width({1600}, 1080), 1600);
    EXPECT_EQ(parent_width({1600, 1080}, 640), 1600);
    EXPECT_EQ(parent_width({1600, 1080, 640}, 320), 640);
    EXPECT_EQ(parent_width({1600, 1080, 640, 320}, 160), 320);
    EXPECT_EQ(parent_width({500, 320}, 300), 500);
}

TEST(RecipeHash, IsTheSameForTwoSpellingsOfOneRecipe) {
    Recipe a;
    Recipe b;
    b.widths = {1600, 160, 160, 320, 1080, 640};
    b.formats = {OutputFormat::jpeg, OutputFormat::avif, OutputFormat::webp, OutputFormat::webp};
    EXPECT_EQ(recipe_hash(a), recipe_hash(b));
    EXPECT_EQ(recipe_hash(a).size(), 8U);
}

TEST(RecipeHash, ChangesWithEverythingThatShapesTheOutputs) {
    std::vector<Recipe> recipes(9);
    recipes[1].widths = {160};
    recipes[2].formats = {OutputFormat::webp};
    recipes[3].webp_quality = 81;
    recipes[4].webp_effort = 3;
    recipes[5].avif_quality = 61;
    recipes[6].avif_effort = 1;
    recipes[7].jpeg_quality = 81;
    recipes[8].background = {0, 0, 0};
    std::set<std::string> hashes;
    for (const Recipe& recipe : recipes) hashes.insert(recipe_hash(recipe));
    EXPECT_EQ(hashes.size(), recipes.size());
}

TEST(RecipeHash, StaysTheSameBetweenReleases) {
    // Public addresses hold this value: a change means that every shop's pictures are made again.
    EXPECT_EQ(recipe_hash(Recipe{}), "3d4627c8");
}

TEST(VariantKey, IsMadeOfContent) {
    const std::string source(64, 'a');
    EXPECT_EQ(variant_key(source, "01234567", 640, OutputFormat::jpeg),
              std::string(32, 'a') + "/01234567/640.jpg");
    EXPECT_EQ(variant_key(source, "01234567", 160, OutputFormat::avif),
              std::string(32, 'a') + "/01234567/160.avif");
}

TEST(CheckRecipe, NamesWhatIsOutOfRange) {
    const auto refuses = [](auto change) {
        Recipe recipe;
        change(recipe);
        EXPECT_THROW(check_recipe(recipe), Error);
    };
    EXPECT_NO_THROW(check_recipe(Recipe{}));
    refuses([](Recipe& r) { r.widths.clear(); });
    refuses([](Recipe& r) { r.widths = {kMinWidth - 1}; });
    refuses([](Recipe& r) { r.widths = {kMaxWidth + 1}; });
    refuses([](Recipe& r) { r.widths.assign(kMaxWidths + 1, 100); });
    refuses([](Recipe& r) { r.formats.clear(); });
    refuses([](Recipe& r) { r.webp_quality = 0; });
    refuses([](Recipe& r) { r.avif_effort = 10; });
}

}  // namespace
}  // namespace barid::media
