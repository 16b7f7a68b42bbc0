#include "notify/locale.hpp"

#include <gmock/gmock.h>

namespace barid::notify {
namespace {

using testing::ElementsAre;

TEST(Locale, NormalizesCaseAndSeparators) {
    EXPECT_EQ(normalize_locale("AR_eg"), "ar-EG");
    EXPECT_EQ(normalize_locale("zh-hant-tw"), "zh-Hant-TW");
    EXPECT_EQ(normalize_locale("en"), "en");
}

TEST(Locale, RefusesWhatIsNoLanguageTag) {
    for (const char* tag :
         {"", "a", "arabic-language", "ar-", "-ar", "ar--EG", "ar EG", "a1!",
          "ar'; DROP TABLE barid.job; --", "ar-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd"}) {
        EXPECT_EQ(normalize_locale(tag), "") << tag;
    }
}

TEST(Locale, ChainGoesFromRegionToLanguageToDefault) {
    EXPECT_THAT(locale_chain("ar-EG", "en"), ElementsAre("ar-EG", "ar", "en"));
    EXPECT_THAT(locale_chain("en-GB", "en"), ElementsAre("en-GB", "en"));
    EXPECT_THAT(locale_chain("nonsense!", "en"), ElementsAre("en"));
}

std::string chosen(const char* locale, const std::vector<std::string>& available) {
    return available[choose_locale(locale_chain(locale, "en"), available)];
}

TEST(Locale, ChoosesTheNearestText) {
    EXPECT_EQ(chosen("ar-EG", {"en", "ar"}), "ar");
    EXPECT_EQ(chosen("ar-EG", {"en", "ar", "ar-EG"}), "ar-EG");
    EXPECT_EQ(chosen("ar", {"en", "ar-SA"}), "ar-SA");
    EXPECT_EQ(chosen("ar-EG", {"en", "ar-SA"}), "ar-SA");
    EXPECT_EQ(chosen("fr", {"ar", "en"}), "en");
}

TEST(Locale, FallsBackToEnglishAndThenToWhateverThereIs) {
    EXPECT_EQ(chosen("ar", {"en"}), "en");
    EXPECT_EQ(chosen("fr", {"ar"}), "ar");
}

TEST(Locale, KnowsTheDirection) {
    EXPECT_TRUE(is_rtl("ar"));
    EXPECT_TRUE(is_rtl("ar_EG"));
    EXPECT_TRUE(is_rtl("he"));
    EXPECT_FALSE(is_rtl("en"));
    EXPECT_FALSE(is_rtl("arn"));  // Mapudungun, not Arabic
}

TEST(Isolate, WrapsValuesOfTheOtherDirection) {
    EXPECT_EQ(isolate("A-1042", "ar"), "\u2068A-1042\u2069");
    EXPECT_EQ(isolate("محمد", "en"), "\u2068محمد\u2069");
}

TEST(Isolate, LeavesValuesOfTheSameDirectionAlone) {
    EXPECT_EQ(isolate("محمد", "ar"), "محمد");
    EXPECT_EQ(isolate("Sara", "en"), "Sara");
    EXPECT_EQ(isolate("1042", "en"), "1042");
    EXPECT_EQ(isolate("", "ar"), "");
}

TEST(Isolate, KeepsAPhoneNumbersGroupsInOrderInsideArabic) {
    EXPECT_EQ(isolate("+20 100 123", "ar"), "\u2068+20 100 123\u2069");
}

TEST(Isolate, LetsNoDirectionControlBreakOut) {
    EXPECT_EQ(isolate("a\u202Eb\u2069c", "ar"), "\u2068abc\u2069");
    EXPECT_EQ(isolate("\u2066\u202Dx", "en"), "x");
}

TEST(Isolate, KeepsFourByteCharacters) {
    EXPECT_EQ(isolate("🎁 gift", "ar"), "\u2068🎁 gift\u2069");
}

}  // namespace
}  // namespace barid::notify
