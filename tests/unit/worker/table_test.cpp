#include "worker/table.hpp"

#include <gtest/gtest.h>

namespace barid::worker {
namespace {

TEST(Table, AlignsItsColumns) {
    EXPECT_EQ(render_table({"id", "kind"}, {{"1", "notify.send"}, {"1000", "x"}}),
              "id    kind\n"
              "1     notify.send\n"
              "1000  x\n");
}

TEST(Table, PrintsItsHeaderWhenThereAreNoRows) {
    EXPECT_EQ(render_table({"id", "kind"}, {}), "id  kind\n");
}

TEST(Table, ArabicCountsAsItsLettersWithoutVowelSigns) {
    // Four letters each; the second one carries three vowel signs.
    EXPECT_EQ(render_table({"title", "n"}, {{"كتاب", "1"}, {"كِتَابٌ", "2"}}),
              "title  n\n"
              "كتاب   1\n"
              "كِتَابٌ   2\n");
}

TEST(Table, HanAndEmojiTakeTwoColumns) {
    EXPECT_EQ(render_table({"a", "b"}, {{"漢字", "1"}, {"🚚", "2"}, {"abcd", "3"}}),
              "a     b\n"
              "漢字  1\n"
              "🚚    2\n"
              "abcd  3\n");
}

TEST(Table, NothingThatSteersATerminalGetsThrough) {
    EXPECT_EQ(printable("a\nb\tc\x1B[2Jd\x7F"), "a b c [2Jd ");
    EXPECT_EQ(printable("\xC2\x9B"
                        "31m"),
              " 31m");  // C1: CSI
    EXPECT_EQ(printable("abc\xE2\x80\xAE"
                        "def"),
              "abc def");  // right-to-left override
    EXPECT_EQ(printable("مرحبا"), "مرحبا");
}

TEST(Table, IllFormedTextIsMended) {
    EXPECT_EQ(printable("a\xFFz"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(printable("cut \xE2\x82"), printable("cut \xE2\x82"));
    EXPECT_EQ(render_table({"x"}, {{"\xF0\x9F"}}).substr(0, 2), "x\n");
}

TEST(Table, JsonGoesByTheColumnsType) {
    EXPECT_EQ(json_value(16, "t"), "true");
    EXPECT_EQ(json_value(16, "f"), "false");
    EXPECT_EQ(json_value(25, "t"), "\"t\"");              // a queue may be called t
    EXPECT_EQ(json_value(25, "2026-11"), "\"2026-11\"");  // and a kind 2026-11
    EXPECT_EQ(json_value(25, "007"), "\"007\"");
    EXPECT_EQ(json_value(20, "-9223372036854775808"), "-9223372036854775808");
    EXPECT_EQ(json_value(1700, "0.5"), "0.5");
    EXPECT_EQ(json_value(1700, "NaN"), "\"NaN\"");
    EXPECT_EQ(json_value(701, "-Infinity"), "\"-Infinity\"");
    EXPECT_EQ(json_value(3802, R"({"a": 1})"), R"({"a": 1})");
    EXPECT_EQ(json_value(25, "a\"b\n"), R"("a\"b\n")");
}

}  // namespace
}  // namespace barid::worker
