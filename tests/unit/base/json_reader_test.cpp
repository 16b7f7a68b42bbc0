#include "base/json_reader.hpp"

#include <gmock/gmock.h>

namespace barid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> places(const PayloadError& error) {
    std::vector<std::string> at;
    for (const auto& violation : error.violations()) at.push_back(violation.at);
    return at;
}

TEST(JsonReader, ReadsEveryKindOfField) {
    const auto value = parse_json(
        R"({"t":"x","i":5,"ot":"y","oi":-7,"b":true,"l":["a","b"],"o":{"k":1},"v":[1],"n":null})");
    JsonReader in(value);
    EXPECT_EQ(in.text("t"), "x");
    EXPECT_EQ(in.integer("i"), 5);
    EXPECT_EQ(in.optional_text("ot"), "y");
    EXPECT_EQ(in.optional_integer("oi"), -7);
    EXPECT_EQ(in.optional_boolean("b"), true);
    EXPECT_THAT(in.optional_texts("l", 2), ElementsAre("a", "b"));
    EXPECT_EQ(in.object("o")->at("k").as_int64(), 1);
    EXPECT_TRUE(in.optional_value("v")->is_array());
    EXPECT_EQ(in.optional_text("n"), std::nullopt);
    EXPECT_EQ(in.optional_text("absent"), std::nullopt);
    EXPECT_EQ(in.optional_object("absent"), nullptr);
    EXPECT_TRUE(in.ok());
    EXPECT_NO_THROW(in.finish());
}

TEST(JsonReader, CollectsEveryViolation) {
    const auto value = parse_json(
        R"({"text":5,"short":"","long":"abcdef","enum":"z","big":11,"float":1.5,"flag":1,)"
        R"("many":["a","b","c"],"mixed":["a",1,""],"object":[],"extra/~":1})");
    JsonReader in(value);
    in.text("text");
    in.text("missing");
    in.text("short");
    in.text("long", {.max_bytes = 5});
    in.text("enum", {.one_of = {"x", "y"}});
    in.integer("big", {.min = 0, .max = 10});
    in.integer("float");
    in.integer("absent");
    in.optional_boolean("flag");
    in.optional_texts("many", 2);
    in.optional_texts("mixed", 5);
    in.object("object");
    in.violate("/own/rule", "is broken");
    EXPECT_FALSE(in.ok());
    try {
        in.finish();
        FAIL();
    } catch (const PayloadError& error) {
        EXPECT_FALSE(error.transient());
        EXPECT_THAT(places(error),
                    ElementsAre("/text", "/missing", "/short", "/long", "/enum", "/big", "/float",
                                "/absent", "/flag", "/many", "/mixed/1", "/mixed/2", "/object",
                                "/own/rule", "/extra~1~0"));
        for (const auto& violation : error.violations()) {
            EXPECT_THAT(error.what(), HasSubstr(violation.at));
        }
    }
}

TEST(JsonReader, WantsAnObject) {
    for (const char* text : {"[]", "null", "5", "\"x\""}) {
        const auto value = parse_json(text);
        JsonReader in(value);
        EXPECT_EQ(in.text("a"), "");
        EXPECT_THROW(in.finish(), PayloadError) << text;
    }
}

TEST(JsonReader, KnowsTheEdgesOfNumbers) {
    const auto value = parse_json(
        R"({"max":9223372036854775807,"min":-9223372036854775808,"over":9223372036854775808,)"
        R"("huge":1e300,"exact":5.0,"text":"5"})");
    JsonReader in(value);
    EXPECT_EQ(in.integer("max"), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(in.integer("min"), std::numeric_limits<std::int64_t>::min());
    EXPECT_TRUE(in.ok());
    in.integer("over");
    in.integer("huge");
    in.integer("text");
    in.optional_value("exact");
    try {
        in.finish();
        FAIL();
    } catch (const PayloadError& error) {
        EXPECT_THAT(places(error), ElementsAre("/over", "/huge", "/text"));
    }
}

}  // namespace
}  // namespace barid
