#include <gtest/gtest.h>

#include "translate/store.hpp"

namespace barid::translate {
namespace {

TEST(Decide, KnowsWhenThereIsNothingToDo) {
    EXPECT_EQ(decide(std::nullopt), Work::superseded);
    EXPECT_EQ(decide(FieldState{.current = true}), Work::current);
    EXPECT_EQ(decide(FieldState{.current = true, .human = true}), Work::current);
    EXPECT_EQ(decide(FieldState{.human = true, .suggested = true}), Work::waiting);
}

TEST(Decide, AsksAMachineOnlyForWhatIsMissing) {
    EXPECT_EQ(decide(FieldState{}), Work::translate);
    EXPECT_EQ(decide(FieldState{.human = true}), Work::suggest);
}

TEST(Decide, DoesNotAskAgainWhatPeopleHaveBeforeThem) {
    EXPECT_EQ(decide(FieldState{.review_state = "open", .review_reason = "numbers"}),
              Work::waiting);
    EXPECT_EQ(decide(FieldState{.review_state = "rejected", .review_reason = "no_provider"}),
              Work::waiting);
    EXPECT_EQ(decide(FieldState{.review_state = "open", .review_reason = "no_provider"}),
              Work::translate);
}

}  // namespace
}  // namespace barid::translate
