#include "translate/normal_form.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"

namespace barid::translate {
namespace {

TEST(NormalForm, ComposesWhatLooksTheSame) {
    EXPECT_EQ(normal_form("Cafe\u0301"), "Caf\u00E9");
    // Alef and hamza above, apart and as one letter.
    EXPECT_EQ(normal_form("\u0627\u0654"), "\u0623");
}

TEST(NormalForm, IgnoresDirectionMarksAndOuterBlanks) {
    EXPECT_EQ(normal_form(" \t\u200Fقميص\u200E أحمر\u061C\r\n"), "قميص أحمر");
    EXPECT_EQ(normal_form("رمز \u2068AB-1\u2069"), "رمز AB-1");
    EXPECT_EQ(normal_form(" \n "), "");
}

TEST(NormalForm, KeepsWhatReadersSee) {
    EXPECT_EQ(normal_form("قـميـص"), "قـميـص") << "tatweel is visible";
    EXPECT_EQ(normal_form("قَمِيص"), "قَمِيص") << "so are vowel signs";
    EXPECT_NE(normal_form("Red shirt"), normal_form("red shirt"));
}

TEST(NormalForm, ReadsBrokenBytesWithoutHarm) {
    EXPECT_NO_THROW(normal_form("a\xFF\xC3"));
    EXPECT_NO_THROW(normal_form(std::string(10'000'000, '\x80')));
    EXPECT_EQ(normal_form(std::string(10'000'000, 'a')).size(), 10'000'000U);
    EXPECT_EQ(count_code_points("قميص"), 4U);
}

TEST(SourceHash, TellsFormatsApartAndEqualTextsTogether) {
    EXPECT_EQ(source_hash(Format::text, "Caf\u00E9"), sha256_hex("text:Caf\u00E9"));
    EXPECT_EQ(source_hash(Format::text, "Cafe\u0301 "), source_hash(Format::text, "Caf\u00E9"));
    EXPECT_NE(source_hash(Format::html, "a"), source_hash(Format::text, "a"));
    EXPECT_NE(source_hash(Format::text, "a b"), source_hash(Format::text, "a  b"));
}

TEST(StripStrayMarks, RemovesWhatIsNotClosed) {
    EXPECT_EQ(strip_stray_marks("\u200Eشحن\u200F مجاني\u061C"), "شحن مجاني");
    EXPECT_EQ(strip_stray_marks("رمز \u2068AB-1"), "رمز AB-1");
    EXPECT_EQ(strip_stray_marks("AB-1\u2069 رمز"), "AB-1 رمز");
    EXPECT_EQ(strip_stray_marks("\u202Bقميص"), "قميص");
}

TEST(StripStrayMarks, KeepsBalancedPairs) {
    const std::string balanced = "رمز \u2068AB-1\u2069 و\u202ACD-2\u202C";
    EXPECT_EQ(strip_stray_marks(balanced), balanced);
}

TEST(StripStrayMarks, DoesNotPairAcrossLinesOrKinds) {
    EXPECT_EQ(strip_stray_marks("\u2068a\nb\u2069"), "a\nb");
    EXPECT_EQ(strip_stray_marks("\u2068a\u202C"), "a");
}

TEST(Letters, AreToldApartByScript) {
    EXPECT_TRUE(is_arabic_letter(U'ق'));
    EXPECT_FALSE(is_arabic_letter(U'٣'));
    EXPECT_FALSE(is_arabic_letter(U'،'));
    EXPECT_TRUE(is_latin_letter(U'é'));
    EXPECT_FALSE(is_latin_letter(U'я'));
    EXPECT_EQ(digit_value(U'٧'), 7);
    EXPECT_EQ(digit_value(U'۴'), 4);
    EXPECT_EQ(digit_value(U'x'), -1);
    EXPECT_FALSE(has_letters("12 – 34 %"));
    EXPECT_TRUE(has_letters("12 كغ"));
}

}  // namespace
}  // namespace barid::translate
