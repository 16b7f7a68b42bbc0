#include "translate/attributes.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/translate/cases.hpp"
#include "translate/attribute_phrases.hpp"
#include "translate/attribute_words.hpp"
#include "translate/normal_form.hpp"
#include "translate/words.hpp"

namespace barid::translate {
namespace {

std::string translated(const std::string& text, Language target) {
    const Language source = target == Language::ar ? Language::en : Language::ar;
    return translate_attribute(text, source, target).value_or("-");
}

TEST(Attributes, AreTranslatedOrLeftToOthers) {
    for (const CaseLine& line : read_cases("attributes.tsv", 3, append_utf8)) {
        const Language target = line.fields[0] == "ar" ? Language::ar : Language::en;
        EXPECT_EQ(translated(line.fields[1], target), line.fields[2])
            << "attributes.tsv:" << line.number << ": " << line.fields[1];
    }
}

TEST(Attributes, HaveEnoughWordsInBothLanguages) {
    EXPECT_GE(colours().size() + shades().size(), 60U);
    EXPECT_GE(materials().size(), 60U);
    EXPECT_GE(sizes_and_patterns().size(), 30U);
    for (const Describing& d : colours()) {
        EXPECT_FALSE(d.english.empty() || d.masculine.empty() || d.feminine.empty()) << d.english;
    }
    for (const Material& m : materials()) {
        EXPECT_EQ(m.masculine.empty(), m.feminine.empty()) << m.english;
        EXPECT_FALSE(m.definite.empty()) << m.english;
    }
}

TEST(Attributes, KnowEveryCuratedColourBackAndForth) {
    for (const Describing& d : colours()) {
        const std::string english = "Color: " + std::string(first_spelling(d.english));
        const std::string arabic = translated(english, Language::ar);
        ASSERT_NE(arabic, "-") << english;
        EXPECT_EQ(arabic, "اللون: " + std::string(first_spelling(d.masculine)));
        const std::string back = translated(arabic, Language::en);
        ASSERT_NE(back, "-") << arabic;
        // Another English name of the same Arabic colour is as good.
        EXPECT_EQ(translated(back, Language::ar), arabic) << back;
    }
}

TEST(Attributes, KnowEveryMaterialBackAndForth) {
    for (const Material& m : materials()) {
        const std::string english(first_spelling(m.english));
        EXPECT_EQ(translated(english, Language::ar), first_spelling(m.arabic)) << english;
        EXPECT_NE(translated(std::string(first_spelling(m.arabic)), Language::en), "-") << english;
    }
}

TEST(Attributes, AgreeWithEveryThing) {
    for (const Thing& t : things()) {
        const bool feminine = t.gender == Gender::feminine;
        const std::string one = std::string(first_spelling(t.arabic));
        EXPECT_EQ(translated("White " + std::string(first_spelling(t.english)), Language::ar),
                  one + (feminine ? " بيضاء" : " أبيض"));
        EXPECT_EQ(
            translated("White " + std::string(first_spelling(t.english_plural)), Language::ar),
            std::string(first_spelling(t.arabic_plural)) + " بيضاء");
        EXPECT_EQ(lookup_key(translated(one + (feminine ? " بيضاء" : " أبيض"), Language::en)),
                  lookup_key("white " + std::string(first_spelling(t.english))));
    }
}

TEST(Attributes, UnderstandNothingInHostileTexts) {
    for (const std::string unit : {"red ", "red, ", "red / ", "1", "1 x ", "100% ", "أحمر و",
                                   "\xFF", "color: ", ":", "من القطن "}) {
        std::string text;
        while (text.size() < 290) text += unit;
        (void)translated(text, Language::ar);
        (void)translated(text, Language::en);
        while (text.size() < 200'000) text += unit;
        EXPECT_EQ(translated(text, Language::ar), "-");
        EXPECT_EQ(translated(text, Language::en), "-");
    }
    EXPECT_EQ(translated("", Language::ar), "-");
}

}  // namespace
}  // namespace barid::translate
