#include "media/geometry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "media/error.hpp"

namespace barid::media {
namespace {

using ::testing::ElementsAre;

Recipe shaped(Fit fit, int width, int height) {
    Recipe recipe;
    recipe.widths = {100, 400, 800};
    recipe.fit = fit;
    recipe.aspect_width = width;
    recipe.aspect_height = height;
    return recipe;
}

TEST(PlanSizes, KeepThePicturesShapeInside) {
    Recipe recipe;
    recipe.widths = {64, 128};
    EXPECT_THAT(plan_sizes({300, 200}, recipe), ElementsAre(Size{64, 43}, Size{128, 85}));
    EXPECT_THAT(plan_sizes({100, 1}, recipe), ElementsAre(Size{64, 1}, Size{100, 1}));
}

TEST(PlanSizes, OfACoverAreWhatTheSourceCanFill) {
    const Recipe square = shaped(Fit::cover, 1, 1);
    EXPECT_THAT(plan_sizes({2000, 1000}, square),
                ElementsAre(Size{100, 100}, Size{400, 400}, Size{800, 800}));
    EXPECT_THAT(plan_sizes({2000, 300}, square), ElementsAre(Size{100, 100}, Size{300, 300}));
    EXPECT_THAT(plan_sizes({300, 2000}, square), ElementsAre(Size{100, 100}, Size{300, 300}));
    EXPECT_THAT(plan_sizes({600, 600}, shaped(Fit::cover, 3, 1)),
                ElementsAre(Size{100, 33}, Size{400, 133}, Size{600, 200}));
    EXPECT_THAT(plan_sizes({1, 1}, shaped(Fit::cover, 1, 20)), ElementsAre(Size{1, 1}));
}

TEST(PlanSizes, OfAPadStopAtTheSmallestGroundThatHoldsTheSource) {
    const Recipe square = shaped(Fit::pad, 1, 1);
    EXPECT_THAT(plan_sizes({500, 250}, square),
                ElementsAre(Size{100, 100}, Size{400, 400}, Size{500, 500}));
    EXPECT_THAT(plan_sizes({250, 500}, square),
                ElementsAre(Size{100, 100}, Size{400, 400}, Size{500, 500}));
}

TEST(PlanSizes, RefuseWhatNoWebpCanHold) {
    Recipe recipe;
    recipe.widths = {100};
    EXPECT_THROW((void)plan_sizes({100, 16'384}, recipe), Error);
    EXPECT_NO_THROW((void)plan_sizes({100, 16'383}, recipe));
    recipe = shaped(Fit::pad, 1, 20);
    recipe.widths = {8192};
    EXPECT_THROW((void)plan_sizes({8000, 8000}, recipe), Error);
}

TEST(WholeSize, FillsACoverAndFitsIntoAPad) {
    EXPECT_EQ(whole_size({2000, 1000}, {100, 100}, Fit::cover), (Size{200, 100}));
    EXPECT_EQ(whole_size({1000, 2000}, {100, 100}, Fit::cover), (Size{100, 200}));
    EXPECT_EQ(whole_size({2000, 1000}, {100, 100}, Fit::pad), (Size{100, 50}));
    EXPECT_EQ(whole_size({20, 10}, {20, 20}, Fit::pad), (Size{20, 10}));
    EXPECT_EQ(whole_size({333, 222}, {100, 67}, Fit::inside), (Size{100, 67}));
}

TEST(WholeSize, IsNeverTooSmallToCutFrom) {
    for (int w = 1; w < 60; ++w) {
        for (int h = 1; h < 60; ++h) {
            for (const auto& [x, y] : {std::pair{1, 1}, std::pair{3, 2}, std::pair{1, 7}}) {
                const Recipe recipe = shaped(Fit::cover, x, y);
                const Size target = plan_sizes({w, h}, recipe).back();
                const Size whole = whole_size({w, h}, target, Fit::cover);
                ASSERT_GE(whole.width, target.width) << w << "x" << h;
                ASSERT_GE(whole.height, target.height) << w << "x" << h;
                ASSERT_LE(target.width, w);
                ASSERT_LE(target.height, h);
            }
        }
    }
}

TEST(CropBox, LiesAroundItsPointAndWithinThePicture) {
    EXPECT_EQ(crop_box({200, 100}, {100, 100}, 0.5, 0.5), (Box{50, 0, 100, 100}));
    EXPECT_EQ(crop_box({200, 100}, {100, 100}, 0, 0), (Box{0, 0, 100, 100}));
    EXPECT_EQ(crop_box({200, 100}, {100, 100}, 1, 1), (Box{100, 0, 100, 100}));
    EXPECT_EQ(crop_box({200, 100}, {50, 50}, 0.25, 0.3), (Box{25, 5, 50, 50}));
}

TEST(StoredBox, OfOrientationOneIsTheSame) {
    EXPECT_EQ(stored_box({10, 20, 30, 40}, {300, 200}, 1), (Box{10, 20, 30, 40}));
}

TEST(StoredBox, OfTheUprightTopLeftIsWhereExifSaysItIs) {
    // EXIF's table: where row 0 and column 0 of the picture are. Stored pictures of 300 × 200.
    const Size stored{300, 200};
    const Box wide{0, 0, 30, 20};
    EXPECT_EQ(stored_box(wide, stored, 2), (Box{270, 0, 30, 20}));    // top, right
    EXPECT_EQ(stored_box(wide, stored, 3), (Box{270, 180, 30, 20}));  // bottom, right
    EXPECT_EQ(stored_box(wide, stored, 4), (Box{0, 180, 30, 20}));    // bottom, left
    EXPECT_EQ(stored_box(wide, stored, 5), (Box{0, 0, 20, 30}));      // left, top
    EXPECT_EQ(stored_box(wide, stored, 6), (Box{0, 170, 20, 30}));    // upright top = stored left
    EXPECT_EQ(stored_box(wide, stored, 7), (Box{280, 170, 20, 30}));
    EXPECT_EQ(stored_box(wide, stored, 8), (Box{280, 0, 20, 30}));
}

}  // namespace
}  // namespace barid::media
