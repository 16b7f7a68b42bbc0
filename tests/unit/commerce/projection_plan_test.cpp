// What a rebuild decides between its steps.
#include "commerce/projection_plan.hpp"

#include <gtest/gtest.h>

namespace barid::commerce {
namespace {

using namespace std::chrono_literals;

Comparison compared(std::int64_t live, std::int64_t built, int tries,
                    std::chrono::milliseconds since_fill) {
    return {.live = {live, "a"},
            .built = {built, "a"},
            .tries = tries,
            .since_fill = since_fill,
            .patience = 60s};
}

TEST(ProjectionPlan, TwoVersionsThatAgreeAreTheSameAtOnce) {
    EXPECT_EQ(judge(compared(10, 10, 1, 0s), 5), Verdict::same);
}

TEST(ProjectionPlan, ADifferenceCountsAfterEnoughLooksAndEnoughTime) {
    EXPECT_EQ(judge(compared(10, 11, 1, 90s), 5), Verdict::again);
    EXPECT_EQ(judge(compared(10, 11, 9, 59s), 5), Verdict::again);
    EXPECT_EQ(judge(compared(10, 11, 5, 60s), 5), Verdict::different);
}

TEST(ProjectionPlan, TheSameCountWithAnotherHashIsADifference) {
    Comparison comparison = compared(10, 10, 5, 60s);
    comparison.built.hash = "b";
    EXPECT_EQ(judge(comparison, 5), Verdict::different);
    EXPECT_EQ(told(comparison.live, comparison.built),
              "the live version has 10 rows (hash a), the new one 10 (hash b)");
}

TEST(ProjectionPlan, PagesShrinkWhenTheyHoldEventsUpAndGrowWhenTheyDont) {
    EXPECT_EQ(next_batch(1000, 600ms, 5000), 500);
    EXPECT_EQ(next_batch(1000, 300ms, 5000), 1000);
    EXPECT_EQ(next_batch(1000, 50ms, 5000), 2000);
    EXPECT_EQ(next_batch(3000, 50ms, 5000), 5000);
    EXPECT_EQ(next_batch(5000, 50ms, 5000), 5000);
    // Never to nothing, and never beyond what is allowed.
    EXPECT_EQ(next_batch(60, 9s, 5000), 50);
    EXPECT_EQ(next_batch(10, 9s, 10), 10);
    EXPECT_EQ(next_batch(1, 9s, 1), 1);
    EXPECT_EQ(next_batch(1, 1ms, 1), 1);
}

TEST(ProjectionPlan, EventsGetTheirTurnBetweenPages) {
    EXPECT_EQ(pause_after(0ms), 0ms);
    EXPECT_EQ(pause_after(400ms), 100ms);
    EXPECT_EQ(pause_after(10s), 250ms);
}

TEST(ProjectionPlan, ReadersGetLongerBeforeEachNextSwap) {
    EXPECT_LT(swap_pause(1), swap_pause(2));
    EXPECT_EQ(swap_pause(20), 10s);
    EXPECT_EQ(swap_pause(1'000'000), 10s);
}

TEST(ProjectionPlan, TheFillingIsNeverQuiteDone) {
    EXPECT_EQ(filled_share(0, 0), 0.0);
    EXPECT_EQ(filled_share(50, 100), 0.5);
    EXPECT_LT(filled_share(500, 100), 1.0);
}

}  // namespace
}  // namespace barid::commerce
