#include "translate/gates.hpp"

#include <gtest/gtest.h>

#include "tests/unit/translate/cases.hpp"
#include "translate/glossary.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

struct Case {
    std::string source;
    std::string target;
    std::string reason;  ///< empty: passes
};

std::string reason_of(const Case& c, Language language) {
    const auto failure = check_translation(c.source, c.target, language);
    return failure ? failure->reason : "";
}

TEST(Gates, JudgeArabicShopTexts) {
    const Case cases[] = {
        {"Red cotton shirt", "قميص قطني أحمر", ""},
        {"Free shipping on orders over {amount}", "شحن مجاني للطلبات التي تزيد عن {amount}", ""},
        {"Wash at 30 degrees, do not bleach", "يُغسل على 30 درجة، لا تستخدم المبيض", ""},
        {"Wash at 30 degrees, do not bleach", "يُغسل على ٣٠ درجة، لا تستخدم المبيض", ""},
        {"Over 1,200 reviews", "أكثر من ١٬٢٠٠ تقييم", ""},
        {"Samsung Galaxy S21 case, clear", "غطاء Samsung Galaxy S21 شفاف وأنيق جدا",
         "wrong_script"},
        {"Case for iPhone, transparent", "غطاء شفاف لهاتف iPhone", ""},
        {"Order %s shipped", "تم شحن الطلب %s", ""},
        {"Size", "المقاس", ""},
        {"OK", "موافق", ""},
        {"Bottle 750 ml of olive oil", "زجاجة 750 ml من زيت الزيتون", ""},
        // What machines get wrong.
        {"Red cotton shirt", "Red cotton shirt", "unchanged"},
        {"Red cotton shirt", " Red cotton shirt\u200F", "unchanged"},
        {"Red cotton shirt", "Rotes Baumwollhemd", "wrong_script"},
        {"Red cotton shirt", "😀", "invented_symbols"},
        {"Red cotton shirt", "", "wrong_script"},
        {"Red cotton shirt", "!!!", "wrong_script"},
        {"Red cotton shirt", "قميص \xFF", "garbled"},
        {"Red cotton shirt", std::string("قميص\0 قطني", 18), "garbled"},
        {"Red cotton shirt", "قميص \uFFFD قطني", "garbled"},
        {"Order %s shipped", "تم شحن الطلب", "placeholders"},
        {"Order {id} shipped", "تم شحن الطلب {id} {id}", "placeholders"},
        {"Visit https://shop.example now", "زوروا https://shop.example/ar الآن", "placeholders"},
        {"Model AB-1234 in red", "طراز AB-1243 باللون الأحمر", "placeholders"},
        {"Pack of 12 pens", "عبوة من 21 قلمًا", "numbers"},
        {"Pack of pens", "عبوة من 12 قلمًا", "numbers"},
        {"Machine washable", "غسل غسل غسل غسل", "repetition"},
        {"Machine washable and soft", "قابل للغسل قابل للغسل قابل للغسل", "repetition"},
        {"Very soft fabric", "قماش ناعمممممممم جدا", "repetition"},
        {"Short", "هذا نص طويل جدا لا علاقة له بالكلمة القصيرة التي أرسلت إلى المترجم أصلا",
         "length"},
        {"A very long description of a shirt that is made of the finest cotton in the world",
         "قميص", "length"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(reason_of(c, Language::ar), c.reason) << c.source << " → " << c.target;
    }
}

TEST(Gates, JudgeEnglishShopTexts) {
    const Case cases[] = {
        {"قميص قطني أحمر", "Red cotton shirt", ""},
        {"شحن مجاني خلال ٣ أيام", "Free shipping within 3 days", ""},
        {"خصم ١٢٫٥ بالمئة", "A discount of 12.5 percent", ""},
        {"قميص قطني أحمر", "قميص قطني أحمر", "unchanged"},
        {"قميص قطني أحمر", "قميص أحمر قطني", "wrong_script"},
        {"شحن مجاني خلال ٣ أيام", "Free shipping within 5 days", "numbers"},
        {"مرحبا {name}", "Hello name", "placeholders"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(reason_of(c, Language::en), c.reason) << c.source << " → " << c.target;
    }
}

TEST(Gates, JudgeEverydayShopTexts) {
    for (const CaseLine& line : read_cases("gates.tsv", 4, append_utf8)) {
        const Language language = line.fields[0] == "ar" ? Language::ar : Language::en;
        const std::string reason = reason_of({line.fields[2], line.fields[3], ""}, language);
        EXPECT_EQ(reason.empty() ? "-" : reason, line.fields[1])
            << "gates.tsv:" << line.number << ": " << line.fields[2] << " → " << line.fields[3];
    }
}

TEST(Gates, CountKeptTermsAsProtected) {
    const Glossary glossary(Language::en, Language::ar,
                            {{.kind = TermKind::keep, .text = "Acme Home Deluxe"},
                             {.kind = TermKind::translate, .text = "shirt", .target = "قميص"}});
    const auto reason = [&](const std::string& source, const std::string& target) {
        const auto failure =
            check_translation(source, target, Language::ar, GateOptions(), &glossary);
        return failure ? failure->reason : "";
    };
    EXPECT_EQ(reason("Acme Home Deluxe shirt", "قميص Acme Home Deluxe"), "")
        << "a long brand is no untranslated text";
    EXPECT_EQ(reason("Acme Home Deluxe", "Acme Home Deluxe"), "") << "nothing to translate";
    EXPECT_EQ(reason("Acme Home Deluxe shirt", "قميص أكمي هوم ديلوكس"), "placeholders");
    EXPECT_EQ(reason("Acme Home Deluxe shirt", "كنزة Acme Home Deluxe"), "glossary");
}

TEST(Gates, AskPeopleOnlyForTechnicalParity) {
    EXPECT_FALSE(check_placeholders("Bottle of 750 ml", "زجاجة سعة 750 مل"));
    EXPECT_TRUE(check_placeholders("Hello {name}", "مرحبا"));
}

TEST(Gates, TakeLargeHostileAnswersInStride) {
    const std::string large(2'000'000, 'a');
    EXPECT_EQ(reason_of({"Red", large, ""}, Language::ar), "wrong_script");
    std::string arabic;
    while (arabic.size() < 400'000) arabic += "قميص ";
    EXPECT_EQ(reason_of({"Red", arabic, ""}, Language::ar), "length");
    EXPECT_EQ(reason_of({"Red'; DROP TABLE barid.job; --", "أحمر'; DROP TABLE barid.job; --", ""},
                        Language::ar),
              "wrong_script");
}

}  // namespace
}  // namespace barid::translate
