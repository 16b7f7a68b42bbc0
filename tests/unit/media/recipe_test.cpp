#include "media/recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "media/error.hpp"
#include "media/recipe_book.hpp"

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
    Recipe cover;
    cover.fit = Fit::cover;
    cover.aspect_width = 4;
    cover.aspect_height = 3;
    Recipe marked;
    marked.watermark.picture = "a";
    std::vector<Recipe> recipes{Recipe{}, cover, marked};
    const auto other = [&](const Recipe& base, auto change) {
        recipes.push_back(base);
        change(recipes.back());
    };
    other({}, [](Recipe& r) { r.widths = {160}; });
    other({}, [](Recipe& r) { r.formats = {OutputFormat::webp}; });
    other({}, [](Recipe& r) { r.webp_quality = 81; });
    other({}, [](Recipe& r) { r.webp_effort = 3; });
    other({}, [](Recipe& r) { r.avif_quality = 61; });
    other({}, [](Recipe& r) { r.avif_effort = 1; });
    other({}, [](Recipe& r) { r.avif_baseline_effort = 1; });
    other({}, [](Recipe& r) { r.jpeg_quality = 81; });
    other({}, [](Recipe& r) { r.background = {0, 0, 0}; });
    other({}, [](Recipe& r) { r.sharpen = true; });
    other({}, [](Recipe& r) { r.trim = true; });
    other({}, [](Recipe& r) { r.animation = Animation::keep; });
    other(cover, [](Recipe& r) { r.aspect_width = 5; });
    other(cover, [](Recipe& r) { r.aspect_height = 5; });
    other(cover, [](Recipe& r) { r.fit = Fit::pad; });
    other(recipes.back(), [](Recipe& r) { r.clear_padding = true; });
    other(cover, [](Recipe& r) { r.focus = Focus::centre; });
    other(cover, [](Recipe& r) { r.focus = Focus::point; });
    other(recipes.back(), [](Recipe& r) { r.focus_x = 1; });
    other(recipes.back(), [](Recipe& r) { r.focus_y = 1; });
    other(marked, [](Recipe& r) { r.watermark.picture = "b"; });
    other(marked, [](Recipe& r) { r.watermark.place = Place::centre; });
    other(marked, [](Recipe& r) { r.watermark.size = 21; });
    other(marked, [](Recipe& r) { r.watermark.opacity = 21; });
    std::set<std::string> hashes;
    for (const Recipe& recipe : recipes) hashes.insert(recipe_hash(recipe));
    EXPECT_EQ(hashes.size(), recipes.size());
}

TEST(RecipeHash, DoesNotChangeWithWhatHasNoEffect) {
    Recipe recipe;
    recipe.clear_padding = true;
    recipe.focus = Focus::point;
    recipe.focus_x = 7;
    recipe.watermark.opacity = 3;
    EXPECT_EQ(recipe_hash(recipe), recipe_hash(Recipe{}));
    Recipe jpeg;
    jpeg.formats = {OutputFormat::jpeg};
    Recipe same = jpeg;
    same.webp_quality = 3;
    same.avif_effort = 9;
    same.animation = Animation::keep;
    EXPECT_EQ(recipe_hash(same), recipe_hash(jpeg));
    Recipe wide;
    wide.fit = Fit::cover;
    wide.aspect_width = 16;
    wide.aspect_height = 8;
    Recipe reduced = wide;
    reduced.aspect_width = 2;
    reduced.aspect_height = 1;
    EXPECT_EQ(recipe_hash(wide), recipe_hash(reduced));
}

TEST(RecipeHash, StaysTheSameBetweenReleases) {
    // Public addresses hold these: a change means that every shop's pictures are made again.
    const RecipeBook book;
    EXPECT_EQ(recipe_hash(Recipe{}), "d471f469");
    EXPECT_EQ(recipe_hash(*book.find("default")), "d471f469");
    EXPECT_EQ(recipe_hash(*book.find("product")), "2e20b609");
    EXPECT_EQ(recipe_hash(*book.find("banner")), "75bf64be");
    EXPECT_EQ(recipe_hash(*book.find("avatar")), "c0f87311");
}

TEST(RecipeBook, HoldsThePresetsAndWhatTheOperatorAdds) {
    Recipe defaults;
    defaults.widths = {100};
    RecipeBook book(defaults);
    EXPECT_THAT(book.names(), ElementsAre("avatar", "banner", "default", "product"));
    EXPECT_EQ(book.defaults().widths, std::vector{100});
    EXPECT_EQ(book.find("product")->widths, std::vector{100});
    EXPECT_EQ(book.find("product")->fit, Fit::pad);
    EXPECT_EQ(book.find("zoom"), nullptr);
    Recipe zoom;
    zoom.widths = {4000};
    book.set("zoom", zoom);
    EXPECT_EQ(book.find("zoom")->widths, std::vector{4000});
    zoom.widths = {4};
    EXPECT_THROW(book.set("zoom", zoom), Error);
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
    refuses([](Recipe& r) { r.fit = Fit::cover; });
    refuses([](Recipe& r) { r.aspect_width = r.aspect_height = 1; });
    refuses([](Recipe& r) {
        r.fit = Fit::pad;
        r.aspect_width = 21;
        r.aspect_height = 1;
    });
    refuses([](Recipe& r) { r.focus_x = 1001, r.fit = Fit::cover, r.aspect_width = 1; });
    refuses([](Recipe& r) { r.watermark.size = 0; });
    refuses([](Recipe& r) { r.watermark.opacity = 101; });
    refuses([](Recipe& r) { r.watermark.picture.assign(kMaxWatermarkBytes + 1, 'x'); });
    refuses([](Recipe& r) { r.avif_baseline_effort = 0; });
}

}  // namespace
}  // namespace barid::media
