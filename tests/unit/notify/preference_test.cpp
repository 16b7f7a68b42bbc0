#include "notify/preference.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace barid::notify {
namespace {

PreferenceDecision decide(const std::vector<Preference>& preferences, bool critical = false) {
    return decide_preference(critical, "orders", "push", preferences);
}

TEST(Preference, DefaultsToAllowed) {
    EXPECT_TRUE(decide({}).allowed);
    EXPECT_EQ(decide({}).rule, "default");
}

TEST(Preference, CriticalBeatsEveryChoice) {
    const auto decision = decide({{"orders", "push", false}, {"*", "*", false}}, true);
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.rule, "critical");
}

// Every more specific rule is tried against all the more general ones saying the opposite.
TEST(Preference, FollowsTheWrittenOrder) {
    const std::vector<Preference> order = {
        {"orders", "push", true}, {"orders", "*", true}, {"*", "push", true}, {"*", "*", true}};
    const std::vector<std::string> rules = {"category_channel", "category", "channel", "global"};
    for (std::size_t first = 0; first < order.size(); ++first) {
        for (const bool enabled : {true, false}) {
            std::vector<Preference> choices;
            for (std::size_t i = order.size(); i-- > first;) {
                choices.push_back(order[i]);
                choices.back().enabled = i == first ? enabled : !enabled;
            }
            EXPECT_EQ(decide(choices).allowed, enabled) << first;
            EXPECT_EQ(decide(choices).rule, rules[first]);
        }
    }
}

TEST(Preference, IgnoresOtherCategoriesAndChannels) {
    EXPECT_TRUE(decide({{"marketing", "push", false},
                        {"orders", "email", false},
                        {"*", "inbox", false},
                        {"marketing", "*", false}})
                    .allowed);
}

TEST(Preference, HonoursADefaultOfOff) {
    EXPECT_FALSE(decide_preference(false, "orders", "push", {}, false).allowed);
}

}  // namespace
}  // namespace barid::notify
