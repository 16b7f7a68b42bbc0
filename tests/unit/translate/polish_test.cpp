#include "translate/polish.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/translate/cases.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

std::string arabic(const std::string& text, Digits digits = Digits::keep,
                   Format format = Format::html) {
    return polish(text, Language::ar, format, digits);
}

TEST(Polish, UsesArabicPunctuation) {
    EXPECT_EQ(arabic("هل تريد المساعدة?"), "هل تريد المساعدة؟");
    EXPECT_EQ(arabic("أحمر, أزرق; أخضر"), "أحمر، أزرق؛ أخضر");
    EXPECT_EQ(arabic("هل لديكم iPhone?"), "هل لديكم iPhone؟");
    EXPECT_EQ(arabic("رمز AB-12, أحمر"), "رمز AB-12، أحمر");
}

TEST(Polish, LeavesLatinRunsAndNumbersAlone) {
    EXPECT_EQ(arabic("يدعم Windows, Linux وماك"), "يدعم Windows, Linux وماك");
    EXPECT_EQ(arabic("السعر 1,200 جنيه"), "السعر 1,200 جنيه");
    EXPECT_EQ(arabic("زوروا https://shop.example/?a=1,2;3 الآن"),
              "زوروا https://shop.example/?a=1,2;3 الآن");
    EXPECT_EQ(arabic("مرحبا {user,x?}"), "مرحبا {user,x?}");
    EXPECT_EQ(arabic("Nike, Adidas?"), "Nike, Adidas?") << "no Arabic at all";
}

TEST(Polish, MakesOneMarkOfTwins) {
    EXPECT_EQ(arabic("هل أنت متأكد؟?"), "هل أنت متأكد؟");
    EXPECT_EQ(arabic("هل أنت متأكد?؟"), "هل أنت متأكد؟");
    EXPECT_EQ(arabic("أحمر،, أزرق"), "أحمر، أزرق");
    EXPECT_EQ(arabic("ماذا??"), "ماذا؟؟") << "the source's own emphasis stays";
}

TEST(Polish, FollowsTheStoresDigits) {
    EXPECT_EQ(arabic("خصم 25 جنيها على 1,200.50", Digits::arabic_indic),
              "خصم ٢٥ جنيها على ١٬٢٠٠٫٥٠");
    EXPECT_EQ(arabic("خصم ٢٥ جنيها على ١٬٢٠٠٫٥٠", Digits::latin), "خصم 25 جنيها على 1,200.50");
    EXPECT_EQ(arabic("طراز SM-G991B لعام 2024", Digits::arabic_indic), "طراز SM-G991B لعام ٢٠٢٤");
    EXPECT_EQ(arabic("تقنية mp3 رائعة 3", Digits::arabic_indic), "تقنية mp3 رائعة ٣");
    EXPECT_EQ(arabic("خصم 25 و٣٠"), "خصم 25 و٣٠");
}

TEST(Polish, IsolatesCodesInPlainText) {
    EXPECT_EQ(arabic("الطراز AB-12 متوفر", Digits::keep, Format::text),
              "الطراز \u2068AB-12\u2069 متوفر");
    EXPECT_EQ(arabic("زجاجة 750 ml من الزيت", Digits::arabic_indic, Format::text),
              "زجاجة \u2068750 ml\u2069 من الزيت");
    EXPECT_EQ(arabic("مرحبا {name}", Digits::keep, Format::text), "مرحبا {name}");
    EXPECT_EQ(arabic("الطراز AB-12 متوفر", Digits::keep, Format::html), "الطراز AB-12 متوفر");
}

Typography policy_of(const std::string& name) {
    const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
    Typography typography;
    if (has("latin")) typography.digits = Digits::latin;
    if (has("indic")) typography.digits = Digits::arabic_indic;
    if (has("+q")) typography.quotes = Quotes::keep;
    if (has("+pa")) typography.percent = SignPlace::after;
    if (has("+pb")) typography.percent = SignPlace::before;
    if (has("+ca")) typography.currency = SignPlace::after;
    if (has("+cb")) typography.currency = SignPlace::before;
    return typography;
}

TEST(Polish, SetsEverydayShopTexts) {
    for (const CaseLine& line : read_cases("typography.tsv", 5, append_utf8)) {
        const Language target = line.fields[0] == "ar" ? Language::ar : Language::en;
        const Format format = line.fields[1] == "html" ? Format::html : Format::text;
        const Typography typography = policy_of(line.fields[2]);
        const std::string once = polish(line.fields[3], target, format, typography);
        EXPECT_EQ(once, line.fields[4]) << "typography.tsv:" << line.number;
        EXPECT_EQ(polish(once, target, format, typography), once)
            << "typography.tsv:" << line.number << ", the second time";
    }
}

RC_GTEST_PROP(Polish, IsDoneAfterOneTime, ()) {
    static const std::vector<std::string> parts = {
        "قميص",   "أحمر",   " ",     "  ",       "،",        ",",
        "؛",      ";",      "؟",     "?",        "!",        ".",
        "\"",     "«",      "»",     "“",        "”",        "%",
        "٪",      "20",     "٢٠",    "1,200.50", "١٬٢٠٠٫٥٠", "EGP",
        "ج.م",    "$",      "AB-12", "750 ml",   "{x}",      "https://a.example/?b,c",
        "ـ",      "مبـارك", "Nike",  "\u2068",   "\u2069",   "\u200F",
        "\u202B", "\u202C", "\n",    "-",        "/",        "x",
        "هـ",     "\u00A0", "َ",      "<b>",      "&amp;",    "5\"",
        "("};
    std::string text;
    for (const int i : *rc::gen::container<std::vector<int>>(
             rc::gen::inRange(0, static_cast<int>(parts.size())))) {
        text += parts[static_cast<std::size_t>(i)];
    }
    const Language target = *rc::gen::element(Language::ar, Language::en);
    const Format format = *rc::gen::element(Format::text, Format::html);
    Typography typography;
    typography.digits = *rc::gen::element(Digits::keep, Digits::latin, Digits::arabic_indic);
    typography.quotes = *rc::gen::element(Quotes::keep, Quotes::guillemets);
    typography.percent = *rc::gen::element(SignPlace::keep, SignPlace::before, SignPlace::after);
    typography.currency = *rc::gen::element(SignPlace::keep, SignPlace::before, SignPlace::after);
    const std::string once = polish(text, target, format, typography);
    RC_ASSERT(polish(once, target, format, typography) == once);
}

TEST(Polish, DoesNothingTheSecondTime) {
    for (const std::string text : {"الطراز AB-12, هل هو متوفر?? 1,200", "\u200Fأحمر; x, y\u200E",
                                   "زوروا www.shop.example, الآن؟? 5 kg"}) {
        for (const Digits digits : {Digits::keep, Digits::latin, Digits::arabic_indic}) {
            const std::string once = arabic(text, digits, Format::text);
            EXPECT_EQ(arabic(once, digits, Format::text), once);
        }
    }
}

TEST(Polish, GivesEnglishItsOwnMarks) {
    EXPECT_EQ(polish("Red، blue؛ green؟ ٣ pieces", Language::en, Format::text, Digits::keep),
              "Red, blue; green? 3 pieces");
    EXPECT_EQ(polish("Model AB-12", Language::en, Format::text, Digits::arabic_indic),
              "Model AB-12");
}

TEST(Polish, TakesHostileTextsInStride) {
    std::string digits(500'000, '1');
    EXPECT_EQ(arabic(digits), digits);
    EXPECT_NO_THROW(arabic("ق" + digits + ",?", Digits::arabic_indic, Format::text));
    EXPECT_NO_THROW(arabic("\xFF\xFE ق", Digits::latin));
}

}  // namespace
}  // namespace barid::translate
