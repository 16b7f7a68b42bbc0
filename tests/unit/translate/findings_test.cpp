// What a reviewer is shown of a text: all that the gates object to, with places.
#include "translate/findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace barid::translate {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Finding> text_problems(std::string_view source, std::string_view text,
                                   const Glossary* glossary = nullptr) {
    return find_problems(Format::text, source, text, Language::ar, glossary);
}

auto reason(std::string_view wanted) {
    return Field(&Finding::reason, std::string(wanted));
}

TEST(Findings, AreNoneForAGoodTranslation) {
    EXPECT_THAT(text_problems("Hello {name}, your order is on its way",
                              "مرحبًا {name}، طلبك في الطريق إليك"),
                IsEmpty());
}

TEST(Findings, NameTheLostPlaceholderAndItsPlaceInTheSource) {
    const auto found = text_problems("Hello {name}, order {order} is on its way to your home",
                                     "مرحبًا {name}، طلبك في الطريق إلى منزلك");
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].reason, "placeholders");
    EXPECT_EQ(found[0].side, Finding::Side::source);
    EXPECT_EQ(found[0].begin, 20U);
    EXPECT_EQ(found[0].length, 7U);
    EXPECT_EQ(found[0].excerpt, "{order}");
}

TEST(Findings, CountPlacesInCodePointsOfTheArabicText) {
    const auto found =
        text_problems("Your order is on its way to you", "طلبك {x} في الطريق إليك الآن");
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].side, Finding::Side::text);
    EXPECT_EQ(found[0].begin, 5U);  // four letters and a blank, eight bytes and one
    EXPECT_EQ(found[0].excerpt, "{x}");
}

TEST(Findings, NameAPlaceholderThatStandsThereTwice) {
    EXPECT_THAT(
        text_problems("Dear {name}, welcome to us", "عزيزي {name}، أهلًا بك {name} في متجرنا"),
        ElementsAre(AllOf(reason("placeholders"), Field(&Finding::side, Finding::Side::text),
                          Field(&Finding::begin, 23U))));
}

TEST(Findings, NameTheLineWhoseNumbersDiffer) {
    const auto found = text_problems("Red shirt\nSold in packs of 12 pieces",
                                     "قميص أحمر\nيباع في عبوات من 10 قطع");
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].reason, "numbers");
    EXPECT_EQ(found[0].begin, 10U);
    EXPECT_EQ(found[0].excerpt, "يباع في عبوات من 10 قطع");
}

TEST(Findings, NameEveryLineThatIsWrong) {
    const auto found = text_problems("A soft cotton shirt\nDelivery within 3 days",
                                     "A soft cotton shirt\nالتوصيل خلال 5 أيام");
    EXPECT_THAT(found, SizeIs(2));
    EXPECT_THAT(found, Contains(reason("unchanged")));
    EXPECT_THAT(found, Contains(reason("numbers")));
}

TEST(Findings, NameADirectionOverride) {
    EXPECT_THAT(text_problems("Your order is on its way", "طلبك \u202Eفي الطريق إليك"),
                Contains(reason("garbled")));
}

TEST(Findings, NameTagsAndMissingPiecesOfHtml) {
    const auto found = find_problems(Format::html, "<p>Red <b>cotton</b> shirt</p>",
                                     "<p>قميص أحمر من القطن</p>", Language::ar);
    EXPECT_THAT(found, Contains(AllOf(reason("tags"), Field(&Finding::excerpt, "<b>"))));
    EXPECT_THAT(found, Contains(AllOf(reason("tags"), Field(&Finding::excerpt, "</b>"))));
    EXPECT_THAT(found, Contains(reason("markup")));
}

TEST(Findings, NameEachTermThatIsMissing) {
    const Glossary glossary(
        Language::en, Language::ar,
        {{.kind = TermKind::translate, .text = "gift box", .target = "صندوق هدايا"},
         {.kind = TermKind::translate, .text = "abaya", .target = "عباءة"},
         {.kind = TermKind::keep, .text = "Acme Home"}});
    const auto found = text_problems("An abaya in a gift box from Acme Home",
                                     "ثوب في صندوق جميل من أكمي", &glossary);
    EXPECT_THAT(found, Contains(AllOf(reason("glossary"), Field(&Finding::excerpt, "abaya"),
                                      Field(&Finding::begin, 3U))));
    EXPECT_THAT(found, Contains(AllOf(reason("glossary"), Field(&Finding::excerpt, "gift box"))));
    EXPECT_THAT(found,
                Contains(AllOf(reason("placeholders"), Field(&Finding::excerpt, "Acme Home"))));
}

TEST(Findings, SayThatATextIsTooLargeToBeChecked) {
    const std::string large(kMaxCheckedBytes, 'x');
    EXPECT_THAT(text_problems("Hello {name}", large), ElementsAre(reason("too_large")));
}

TEST(Findings, StandBrokenBytesAndVeryManyMistakes) {
    EXPECT_NO_THROW(text_problems("Hello \xff\xfe", "\xd9\xd9\xd9"));
    std::string source;
    for (int i = 0; i < 500; ++i) source += "{p" + std::to_string(i) + "} ";
    EXPECT_THAT(text_problems(source, "لا شيء"), SizeIs(kMaxFindings));
}

}  // namespace
}  // namespace barid::translate
