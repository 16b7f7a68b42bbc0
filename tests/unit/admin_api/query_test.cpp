#include "admin/api/query.hpp"

#include <gtest/gtest.h>

namespace barid::api {
namespace {

using Type = Parameter::Type;

Route route() {
    Route route;
    route.path = "/jobs/{id}";
    route.parameters = {{.name = "id", .type = Type::integer, .means = ""},
                        {.name = "state", .type = Type::text, .means = "", .one_of = {"a", "b"}},
                        {.name = "tag", .type = Type::texts, .means = "", .max_bytes = 10},
                        {.name = "from", .type = Type::time, .means = ""},
                        {.name = "all", .type = Type::boolean, .means = ""}};
    return route;
}

std::vector<std::string> problems(const std::string& query, const std::string& id = "1") {
    std::vector<Violation> violations;
    check_parameters(route(), {{"id", id}}, query, violations);
    std::vector<std::string> places;
    for (const auto& violation : violations) places.push_back(violation.at);
    return places;
}

TEST(Query, DecodesWhatFormsAndBrowsersSend) {
    std::vector<Violation> violations;
    const auto values = check_parameters(
        route(), {{"id", "12"}}, "tag=a+b&tag=%D9%88%D8%B1%D8%AF&state=&all=true&", violations);
    EXPECT_TRUE(violations.empty());
    EXPECT_EQ(values.at("tag"), (std::vector<std::string>{"a b", "ورد"}));
    EXPECT_EQ(values.at("id"), std::vector<std::string>{"12"});
    EXPECT_FALSE(values.contains("state")) << "an emptied field says nothing";
}

TEST(Query, RefusesWhatItDoesNotKnow) {
    using Places = std::vector<std::string>;
    EXPECT_EQ(problems("state=c"), Places{"query/state"});
    EXPECT_EQ(problems("state=a&state=b"), Places{"query/state"});
    EXPECT_EQ(problems("stat=a"), Places{"query/stat"});
    EXPECT_EQ(problems("id=2"), Places{"query/id"}) << "the path's alone";
    EXPECT_EQ(problems("", "x"), Places{"path/id"});
    EXPECT_EQ(problems("", "-1"), Places{"path/id"});
    EXPECT_EQ(problems("", "99999999999999999999"), Places{"path/id"});
    EXPECT_EQ(problems("all=1"), Places{"query/all"});
    EXPECT_EQ(problems("tag=01234567890"), Places{"query/tag"});
    EXPECT_EQ(problems("tag=%00"), Places{"query"});
    EXPECT_EQ(problems("tag=%ff"), Places{"query"});
    EXPECT_EQ(problems("tag=%4"), Places{"query"});
    EXPECT_EQ(problems("from=yesterday"), Places{"query/from"});
    std::string many;
    for (int i = 0; i < 300; ++i) many += "tag=a&";
    EXPECT_EQ(problems(many), Places{"query"});
}

TEST(Query, ATimeHasItsZone) {
    for (const auto* right : {"2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123456+03:00",
                              "2026-11-22 10:00:00-05:30"}) {
        EXPECT_TRUE(is_rfc3339(right)) << right;
    }
    for (const auto* wrong : {"2026-11-22", "2026-11-22T10:00:00", "2026-11-22T10:00Z", "now",
                              "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00+3", ""}) {
        EXPECT_FALSE(is_rfc3339(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace barid::api
