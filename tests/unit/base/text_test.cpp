#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace barid {
namespace {

TEST(Utf8, AcceptsWellFormedText) {
    for (const std::string text :
         {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "بريد"}) {
        EXPECT_TRUE(is_valid_utf8(text)) << text;
    }
    EXPECT_TRUE(is_valid_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, RefusesIllFormedText) {
    for (const char* text :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
          "\xED\xBF\xBF", "\xE2\x82", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xFF", "\xF0\x90\x80", "ok\xFE"}) {
        EXPECT_FALSE(is_valid_utf8(text)) << testing::PrintToString(text);
    }
}

TEST(Utf8, ScrubsEachBadByte) {
    EXPECT_EQ(scrub_utf8("a\xFF\xFE"
                         "b"),
              "a\xEF\xBF\xBD\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(scrub_utf8("بريد"), "بريد");
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text{'x', static_cast<char>(byte), 'y'};
        EXPECT_TRUE(is_valid_utf8(scrub_utf8(text))) << byte;
    }
}

TEST(Utf8, TruncatesBetweenCodePoints) {
    EXPECT_EQ(truncate_utf8("abc", 3), "abc");
    EXPECT_EQ(truncate_utf8("abcdef", 5), "ab…");
    EXPECT_EQ(truncate_utf8("abcdef", 3), "…");
    EXPECT_EQ(truncate_utf8("abcdef", 2), "");
    const std::string arabic = "بريد بريد بريد";
    for (std::size_t limit = 0; limit < arabic.size(); ++limit) {
        const auto cut = truncate_utf8(arabic, limit);
        EXPECT_LE(cut.size(), limit);
        EXPECT_TRUE(is_valid_utf8(cut)) << limit;
    }
}

TEST(EscapeMarkup, LeavesNothingThatCouldBeMarkup) {
    EXPECT_EQ(escape_markup("a < b && c > \"d\" &amp; بريد"),
              "a &lt; b &amp;&amp; c &gt; \"d\" &amp;amp; بريد");
    EXPECT_EQ(escape_markup(""), "");
}

TEST(JsonQuote, GivesJsonForEveryByte) {
    for (int first = 0; first < 256; ++first) {
        for (const int second : {0x00, 0x61, 0x22, 0x5C, 0x7F, 0x80, 0xBF, 0xC3, 0xFF}) {
            const std::string text{static_cast<char>(first), static_cast<char>(second)};
            const auto value = parse_json(json_quote(text));
            EXPECT_EQ(value.as_string(), scrub_utf8(text)) << first << " " << second;
        }
    }
}

}  // namespace
}  // namespace barid
