#include "translate/words.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace barid::translate {
namespace {

std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> out;
    for (const Word& word : split_words(text)) {
        out.push_back(text.substr(word.begin, word.end - word.begin));
    }
    return out;
}

bool has_stem(const std::string& text, std::u32string_view wanted) {
    const std::vector<Word> split = split_words(text);
    if (split.size() != 1) return false;
    const std::vector<Stem> found = stems(split.front());
    return std::ranges::any_of(found, [&](const Stem& stem) { return stem.text == wanted; });
}

TEST(LookupKey, ForgetsHowAnArabicWordIsSpelled) {
    EXPECT_EQ(lookup_key("قَمِيـــصٌ أحمر"), "قميص احمر");
    EXPECT_EQ(lookup_key("هدية إلى أمى"), lookup_key("هديه الي امي"));
    EXPECT_EQ(lookup_key("مقاس ٤٢"), "مقاس 42");
    EXPECT_EQ(lookup_key("  Red\u200F   SHIRT "), "red shirt");
    EXPECT_NE(lookup_key("قميص"), lookup_key("قميصان"));
}

TEST(SplitWords, KeepsVowelSignsAndPartsScripts) {
    EXPECT_EQ(words("فُسْتان أحمر، جميل"), (std::vector<std::string>{"فُسْتان", "أحمر", "جميل"}));
    EXPECT_EQ(words("وNike"), (std::vector<std::string>{"و", "Nike"}));
    EXPECT_EQ(words("mp3-player"), (std::vector<std::string>{"mp3", "player"}));
    EXPECT_EQ(words("كتـــاب"), std::vector<std::string>{"كتـــاب"});
    EXPECT_TRUE(words("!؟ ، 👍").empty());
}

TEST(Stems, TakeOffWhatArabicWritesOntoAWord) {
    EXPECT_TRUE(has_stem("الفستان", U"فستان"));
    EXPECT_TRUE(has_stem("والفستان", U"فستان"));
    EXPECT_TRUE(has_stem("بالفستان", U"فستان"));
    EXPECT_TRUE(has_stem("للفستان", U"فستان"));
    EXPECT_TRUE(has_stem("فبفستانها", U"فستان"));
    EXPECT_TRUE(has_stem("حقيبتها", U"حقيبه"));
    EXPECT_TRUE(has_stem("قميصًا", U"قميص"));
    EXPECT_TRUE(has_stem("وَلِلْهَدِيَّةِ", U"هديه"));
}

TEST(Stems, LeaveShortWordsWhole) {
    EXPECT_FALSE(has_stem("كل", U"ل"));
    EXPECT_FALSE(has_stem("ولد", U"لد"));
    EXPECT_FALSE(has_stem("بيت", U"يت"));
    EXPECT_EQ(stems(split_words("dress").front()).size(), 1U);
}

TEST(Stems, FindASingularInEnglishOnlyWhenAsked) {
    const Word boxes = split_words("boxes").front();
    const std::vector<Stem> found = stems(boxes, true);
    EXPECT_TRUE(std::ranges::any_of(found, [](const Stem& s) { return s.text == U"box"; }));
    EXPECT_EQ(stems(boxes).size(), 1U);
}

}  // namespace
}  // namespace barid::translate
