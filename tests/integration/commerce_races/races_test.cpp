// The reference shop's functions against each other, in every order: the oracles find nothing, the
// answers are of those that may be, and no order of locks meets its reverse.
#include <gtest/gtest.h>

#include <cctype>

#include "tests/integration/commerce_races/race_shop.hpp"

namespace barid::races {
namespace {

class Races : public testing::TestWithParam<std::string> {};

TEST_P(Races, LeaveNothingWrong) {
    RaceShop shop;
    const auto findings = shop.run(scenario(GetParam()));
    for (const auto& wrong : findings.wrong) {
        ADD_FAILURE() << wrong;
        if (&wrong - findings.wrong.data() >= 4) break;
    }
    EXPECT_GT(findings.report.runs, 2) << "nothing could happen at once";
    RecordProperty("runs", findings.report.runs);
}

std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const Scenario& one : all_scenarios()) out.push_back(one.name);
    return out;
}

INSTANTIATE_TEST_SUITE_P(Shop, Races, testing::ValuesIn(names()), [](const auto& info) {
    std::string name;
    bool capital = true;
    for (const char c : info.param) {
        const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (letter) name += capital ? static_cast<char>(std::toupper(c)) : c;
        capital = !letter;
    }
    return name;
});

}  // namespace
}  // namespace barid::races
