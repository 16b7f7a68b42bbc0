#include "base/json.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace barid {
namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

TEST(ParseJson, ReadsWholeDocuments) {
    EXPECT_EQ(parse_json(" {\"a\":[1,2.5,true,null,\"x\"]} \n").at("a").as_array().size(), 5U);
    EXPECT_EQ(parse_json("\"\\u0628\"").as_string(), "ب");
}

TEST(ParseJson, RefusesWhatIsNotJson) {
    for (const char* text :
         {"", " ", "{", "[1", "\"a", "{\"a\"}", "{\"a\":1,}", "[1,]", "01", "1.", "nul", "'a'",
          "{} {}", "1 2", "// c\n1", "NaN", "\"\\x\"", "\"\n\"", "\"\\ud800\""}) {
        EXPECT_THROW(parse_json(text), Error) << text;
    }
}

TEST(ParseJson, LimitsNesting) {
    EXPECT_NO_THROW(parse_json(nested(kMaxJsonDepth)));
    EXPECT_THROW(parse_json(nested(kMaxJsonDepth + 1)), Error);
    EXPECT_THROW(parse_json(nested(10'000)), Error);
    EXPECT_THROW(parse_json(std::string(10'000'000, '[')), Error);
    std::string objects;
    for (int i = 0; i < 10'000; ++i) objects += "{\"a\":";
    EXPECT_THROW(parse_json(objects), Error);
}

TEST(ParseJson, RefusesInvalidUtf8) {
    EXPECT_THROW(parse_json("\"\xFF\""), Error);
    EXPECT_THROW(parse_json("\"\xED\xA0\x80\""), Error);
    EXPECT_THROW(parse_json("{\"\xC0\x80\":1}"), Error);
}

TEST(ParseJson, NamesTheOffsetButNeverTheText) {
    try {
        parse_json("{\"password\":\"s3cret\",}");
        FAIL();
    } catch (const Error& error) {
        const std::string what = error.what();
        EXPECT_NE(what.find("at byte 21"), std::string::npos) << what;
        EXPECT_EQ(what.find("s3cret"), std::string::npos) << what;
        EXPECT_FALSE(error.transient());
    }
}

TEST(FindString, FindsTextsOnly) {
    const auto value = parse_json(R"({"a":{"b":["x",1]}})");
    ASSERT_NE(find_string(value, "/a/b/0"), nullptr);
    EXPECT_EQ(*find_string(value, "/a/b/0"), "x");
    for (const char* pointer : {"/a/b/1", "/a/b/2", "/a/b/x", "/c", "/a/b/0/c", "no-slash"}) {
        EXPECT_EQ(find_string(value, pointer), nullptr) << pointer;
    }
}

}  // namespace
}  // namespace barid
