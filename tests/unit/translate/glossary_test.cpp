#include "translate/glossary.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace barid::translate {
namespace {

using Texts = std::vector<std::string>;

const std::vector<Term>& shop_terms() {
    static const std::vector<Term> terms = {
        {.kind = TermKind::keep, .text = "Nike"},
        {.kind = TermKind::keep, .text = "Air Max"},
        {.kind = TermKind::keep, .text = "Apple", .case_sensitive = true},
        {.kind = TermKind::keep, .text = "Levi's"},
        {.kind = TermKind::keep, .text = "C++"},
        {.kind = TermKind::translate, .text = "gift", .target = "هدية", .forms = {"هدايا"}},
        {.kind = TermKind::translate,
         .text = "gift box",
         .target = "صندوق هدايا",
         .source_forms = {"gift boxes"},
         .forms = {"صناديق هدايا", "صناديق الهدايا"}},
        {.kind = TermKind::translate, .text = "abaya", .target = "عباءة", .forms = {"عباءات"}},
        {.kind = TermKind::translate, .text = "olive oil", .target = "زيت زيتون"},
        {.kind = TermKind::forbid, .text = "النفط"},
        {.kind = TermKind::forbid, .text = "نبيذ أحمر"},
    };
    return terms;
}

const Glossary& to_arabic() {
    static const Glossary glossary(Language::en, Language::ar, shop_terms());
    return glossary;
}

const Glossary& to_english() {
    static const Glossary glossary(
        Language::ar, Language::en,
        {{.kind = TermKind::translate,
          .text = "عباءة",
          .target = "abaya",
          .source_forms = {"عباءات", "عبايات", "عباية"}},
         {.kind = TermKind::translate, .text = "صندوق هدايا", .target = "gift box"},
         {.kind = TermKind::keep, .text = "بوبيان"},
         {.kind = TermKind::forbid, .text = "robe"}});
    return glossary;
}

Texts found(const Glossary& glossary, const std::string& text) {
    Texts out;
    for (const TermMatch& match : glossary.find(text)) {
        out.push_back(text.substr(match.begin, match.end - match.begin));
    }
    return out;
}

std::string reason(const Glossary& glossary, const std::string& source, const std::string& answer) {
    const auto failure = glossary.check(source, answer);
    return failure ? failure->reason : "";
}

TEST(Glossary, FindsTheLongestTermOfWholeWords) {
    EXPECT_EQ(found(to_arabic(), "A gift box from Nike"), (Texts{"gift box", "Nike"}));
    EXPECT_EQ(found(to_arabic(), "Gift-box and GIFT"), (Texts{"Gift-box", "GIFT"}));
    EXPECT_EQ(found(to_arabic(), "Gift, box"), Texts{"Gift"});
    EXPECT_EQ(found(to_arabic(), "Two gift boxes"), Texts{"gift boxes"});
    EXPECT_EQ(found(to_arabic(), "gifted, Nikes, Nikon"), Texts{});
    EXPECT_EQ(found(to_arabic(), "Nike Air  Max 90"), (Texts{"Nike", "Air  Max"}));
}

TEST(Glossary, MindsCaseAndSignsWhereTheTermHasThem) {
    EXPECT_EQ(found(to_arabic(), "Apple watch and apple pie"), Texts{"Apple"});
    EXPECT_EQ(found(to_arabic(), "Levi’s jeans, LEVI'S"), (Texts{"Levi’s", "LEVI'S"}));
    EXPECT_EQ(found(to_arabic(), "C++ or C#"), Texts{"C++"});
}

TEST(Glossary, LeavesAddressesAndPlaceholdersAlone) {
    EXPECT_EQ(found(to_arabic(), "https://nike.com/gift {gift} %s info@nike.com"), Texts{});
    EXPECT_EQ(found(to_arabic(), "<b>Nike</b>"), Texts{"Nike"});
}

TEST(Glossary, FindsArabicTermsUnderTheirPrefixesAndSpellings) {
    EXPECT_EQ(found(to_english(), "العباءة السوداء"), Texts{"عباءة"});
    EXPECT_EQ(found(to_english(), "وبالعباءةِ"), Texts{"عباءةِ"});
    EXPECT_EQ(found(to_english(), "عبايات للعيد"), Texts{"عبايات"});
    EXPECT_EQ(found(to_english(), "صندوق الهدايا"), Texts{"صندوق الهدايا"});
    EXPECT_EQ(found(to_english(), "صندوق وهدايا"), Texts{}) << "a box and gifts";
    EXPECT_EQ(found(to_english(), "عباءتها"), Texts{"عباءتها"});
}

TEST(Glossary, MasksWhatIsKeptWithoutItsPrefix) {
    const std::string text = "تسوقوا من متجر بوبيان، ولبوبيان عروض 20% على {name}";
    const std::vector<Mask> masks = to_english().masks(text);
    ASSERT_EQ(masks.size(), 4U);
    EXPECT_EQ(masks[0].kind, MaskKind::term);
    EXPECT_EQ(text.substr(masks[1].begin, masks[1].end - masks[1].begin), "بوبيان");
    for (const TokenStyle style : {TokenStyle::plain, TokenStyle::xml, TokenStyle::html_span}) {
        const Protected sent = protect(text, style, masks);
        EXPECT_EQ(sent.originals, (Texts{"بوبيان", "بوبيان", "20%", "{name}"}));
        EXPECT_EQ(restore(sent.text, sent, style).value(), text);
    }
}

TEST(Glossary, TakesNoCommonNounForAName) {
    const Glossary names(
        Language::ar, Language::en,
        {{.kind = TermKind::keep, .text = "ماس"}, {.kind = TermKind::keep, .text = "نور الشرق"}});
    EXPECT_EQ(found(names, "خاتم الماس من ماس وماس"), (Texts{"ماس", "ماس"}));
    EXPECT_EQ(found(names, "ماسه"), Texts{}) << "with a pronoun it is a noun";
    EXPECT_EQ(found(names, "من متجر نور الشرق"), Texts{"نور الشرق"});
}

TEST(Glossary, AcceptsTheTargetAsArabicGrammarWritesIt) {
    for (const char* answer :
         {"صندوق هدايا فاخر", "صندوق الهدايا الفاخر", "وصندوق هدايا", "بصندوق هدايا",
          "لصندوق هدايا", "صناديق الهدايا", "صُندوق هَدايا", "الصندوق الهدايا"}) {
        EXPECT_EQ(reason(to_arabic(), "A luxury gift box", answer), "") << answer;
    }
    EXPECT_EQ(reason(to_arabic(), "A luxury gift box", "علبة هدايا فاخرة"), "glossary");
    EXPECT_EQ(reason(to_arabic(), "A luxury gift box", "صندوق للهدايا"), "glossary");
    for (const char* answer : {"عباءة سوداء", "العباءة", "وعباءتك", "بعباءاتنا", "عباءةً"}) {
        EXPECT_EQ(reason(to_arabic(), "Black abaya", answer), "") << answer;
    }
    EXPECT_EQ(reason(to_arabic(), "Black abaya", "رداء أسود"), "glossary");
    EXPECT_EQ(reason(to_arabic(), "Extra virgin olive oil", "زيت الزيتون البكر"), "");
}

TEST(Glossary, AcceptsEnglishPluralsAndAnyCase) {
    EXPECT_EQ(reason(to_english(), "عباءة سوداء", "Black Abaya"), "");
    EXPECT_EQ(reason(to_english(), "عباءات سوداء", "Black abayas"), "");
    EXPECT_EQ(reason(to_english(), "صناديق هدايا", "Boxes"), "") << "a form that nobody listed";
    EXPECT_EQ(reason(to_english(), "صندوق هدايا", "Gift boxes"), "");
    EXPECT_EQ(reason(to_english(), "عباءة سوداء", "Black cloak"), "glossary");
}

TEST(Glossary, RefusesForbiddenTermsWhereverTheyCameFrom) {
    EXPECT_EQ(reason(to_arabic(), "Oil", "زيت"), "");
    EXPECT_EQ(reason(to_arabic(), "Organic oil", "النفط العضوي"), "forbidden");
    EXPECT_EQ(reason(to_arabic(), "Wine red dress", "فستان بلون نبيذ أحمر"), "forbidden");
    EXPECT_EQ(reason(to_arabic(), "Wine red dress", "فستان أحمر نبيذي"), "");
    EXPECT_EQ(reason(to_english(), "رداء", "A long robe"), "forbidden");
    EXPECT_EQ(reason(to_english(), "رداء", "Two robes"), "forbidden");
    EXPECT_EQ(reason(to_english(), "رداء", "A wardrobe"), "");
}

TEST(Glossary, KeysATextByItsOwnTermsOnly) {
    EXPECT_EQ(to_arabic().key("Red shirt"), "");
    const std::string key = to_arabic().key("Nike gift");
    EXPECT_FALSE(key.empty());
    EXPECT_EQ(key, to_arabic().key("gift of Nike"));
    std::vector<Term> more = shop_terms();
    more.push_back({.kind = TermKind::keep, .text = "Adidas"});
    EXPECT_EQ(Glossary(Language::en, Language::ar, more).key("Nike gift"), key);
    more[5].forms.clear();
    EXPECT_NE(Glossary(Language::en, Language::ar, more).key("Nike gift"), key);
}

TEST(Glossary, FindsNothingWhenThereAreNoTerms) {
    const Glossary none;
    EXPECT_TRUE(none.empty());
    EXPECT_TRUE(none.find("Nike gift").empty());
    EXPECT_FALSE(none.check("Nike gift", "هدية"));
    EXPECT_EQ(none.masks("Order {id}").size(), 1U);
}

TEST(Glossary, StaysFastWithTwentyThousandTerms) {
    std::vector<Term> terms;
    for (int i = 0; i < 20'000; ++i) {
        terms.push_back({.kind = TermKind::keep,
                         .text = "brand" + std::to_string(i % 5000) + " line" + std::to_string(i)});
    }
    const Glossary glossary(Language::en, Language::ar, std::move(terms));
    std::string text;
    while (text.size() < 20'000) text += "a brand77 line77 shirt for every day, ";
    const auto began = std::chrono::steady_clock::now();
    EXPECT_GT(glossary.find(text).size(), 400U);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

TEST(Glossary, TakesHostileTextsInStride) {
    const auto began = std::chrono::steady_clock::now();
    for (const std::string unit :
         {"gift ", "gift-", "ولل", "وال", "\xFF", "Nike{", "gift box gift "}) {
        std::string text;
        while (text.size() < 100'000) text += unit;
        (void)to_arabic().find(text);
        (void)to_arabic().check(text, text);
        (void)to_english().check(text, text);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

}  // namespace
}  // namespace barid::translate
