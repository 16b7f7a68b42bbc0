#include "notify/message_format.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace barid::notify {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

const VariableSchema kSchema{
    {"n", {.type = VariableType::integer}},
    {"x", {.type = VariableType::number}},
    {"price", {.type = VariableType::money}},
    {"at", {.type = VariableType::date}},
    {"gift", {.type = VariableType::boolean}},
    {"order", {}},
    {"name", {}},
    {"gender", {.required = false}},
};

class MessageFormat : public testing::Test {
  protected:
    RenderResult result(const std::string& locale, const std::string& pattern,
                        const json::object& vars, const RenderOptions& options = {}) {
        return renderer.render({.locale = locale, .title = "t", .body = pattern}, vars, kSchema,
                               options);
    }
    std::string render(const std::string& locale, const std::string& pattern,
                       const json::object& vars, const RenderOptions& options = {}) {
        const RenderResult r = result(locale, pattern, vars, options);
        for (const Violation& v : r.problems) ADD_FAILURE() << v.at << " " << v.problem;
        return r.body;
    }
    static json::object money(const char* amount, const char* currency) {
        return {{"price", {{"amount", amount}, {"currency", currency}}}};
    }
    static constexpr auto kNative = Digits::native;
    TemplateRenderer renderer;
};

TEST_F(MessageFormat, CountsOrdersInArabicWithItsSixPlurals) {
    const std::string pattern =
        "{n, plural, zero {ليس لديك طلبات} one {لديك طلب واحد} two {لديك طلبان} "
        "few {لديك # طلبات} many {لديك # طلبًا} other {لديك # طلب}}";
    EXPECT_EQ(render("ar", pattern, {{"n", 0}}), "ليس لديك طلبات");
    EXPECT_EQ(render("ar", pattern, {{"n", 1}}), "لديك طلب واحد");
    EXPECT_EQ(render("ar", pattern, {{"n", 2}}), "لديك طلبان");
    EXPECT_EQ(render("ar", pattern, {{"n", 3}}), "لديك 3 طلبات");
    EXPECT_EQ(render("ar", pattern, {{"n", 11}}), "لديك 11 طلبًا");
    EXPECT_EQ(render("ar", pattern, {{"n", 100}}), "لديك 100 طلب");
    EXPECT_EQ(render("ar", pattern, {{"n", 103}}), "لديك 103 طلبات");
    EXPECT_EQ(render("ar-EG", pattern, {{"n", 11}}, {.digits = kNative}), "لديك ١١ طلبًا");
}

TEST_F(MessageFormat, CountsInEnglish) {
    const std::string pattern =
        "{n, plural, =0 {No orders} one {# order} other {# orders}} shipped";
    EXPECT_EQ(render("en", pattern, {{"n", 0}}), "No orders shipped");
    EXPECT_EQ(render("en", pattern, {{"n", 1}}), "1 order shipped");
    EXPECT_EQ(render("en", pattern, {{"n", 1000}}), "1,000 orders shipped");
    EXPECT_EQ(render("en", "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}} order",
                     {{"n", 22}}),
              "22nd order");
    EXPECT_EQ(render("en",
                     "{n, plural, offset:1 =1 {{name}} one {{name} and # other} "
                     "other {{name} and # others}}",
                     {{"n", 3}, {"name", "Sara"}}),
              "Sara and 2 others");
}

// U+200F makes a price read from right to left, U+00A0 keeps its currency on the same line.
TEST_F(MessageFormat, ShowsPricesOfTheGulfAndEgyptInArabic) {
    EXPECT_EQ(render("ar", "الإجمالي {price}", money("1149.5", "SAR")),
              "الإجمالي \u200F1,149.50\u00A0ر.س.\u200F");
    EXPECT_EQ(render("ar", "الإجمالي {price}", money("75", "AED")),
              "الإجمالي \u200F75.00\u00A0د.إ.\u200F");
    EXPECT_EQ(render("ar", "الإجمالي {price}", money("12.5", "KWD")),
              "الإجمالي \u200F12.500\u00A0د.ك.\u200F");
    EXPECT_EQ(render("ar-EG", "الإجمالي {price}", money("899.99", "EGP"), {.digits = kNative}),
              "الإجمالي \u200F٨٩٩٫٩٩\u00A0ج.م.\u200F");
}

TEST_F(MessageFormat, IsolatesAForeignCurrencyInsideArabic) {
    EXPECT_EQ(render("ar", "دفعت {price} أمس", money("12.5", "USD")),
              "دفعت \u2068\u200F12.50\u00A0US$\u2069 أمس");
}

TEST_F(MessageFormat, ShowsPricesInEnglish) {
    EXPECT_EQ(render("en", "Total {price}", money("1149.5", "SAR")), "Total SAR\u00A01,149.50");
    EXPECT_EQ(render("en", "Total {price}", money("12.5", "KWD")), "Total KWD\u00A012.500");
    EXPECT_EQ(render("en", "Total {x, number, ::currency/SAR}", {{"x", "149.50"}}),
              "Total SAR\u00A0149.50");
}

TEST_F(MessageFormat, KeepsALatinOrderNumberInPlaceInsideArabic) {
    EXPECT_EQ(
        render("ar", "تم شحن طلبك {order} يا {name}.", {{"order", "A-1042"}, {"name", "سارة"}}),
        "تم شحن طلبك \u2068A-1042\u2069 يا سارة.");
    EXPECT_EQ(render("ar", "رقم الطلب {order} ({n})", {{"order", "1042/7"}, {"n", 2}}),
              "رقم الطلب \u20681042/7\u2069 (2)");
    EXPECT_EQ(render("en", "{name}'s order", {{"name", "محمد"}}), "\u2068محمد\u2069's order");
}

TEST_F(MessageFormat, ShowsTimesInTheReadersZone) {
    const json::object vars{{"at", "2026-11-22T22:30:00Z"}};
    EXPECT_EQ(render("en", "{at, date, long}, {at, time, short}", vars, {.time_zone = "UTC"}),
              "November 22, 2026, 10:30\u202FPM");
    EXPECT_EQ(render("ar", "يصل {at, date, long} الساعة {at, time, short}", vars,
                     {.time_zone = "Asia/Riyadh"}),
              "يصل 23 نوفمبر 2026 الساعة 1:30 ص");
    EXPECT_EQ(render("ar-EG", "{at, date, ::yMMMMd}", vars,
                     {.digits = kNative, .time_zone = "Africa/Cairo"}),
              "٢٣ نوفمبر ٢٠٢٦");
}

TEST_F(MessageFormat, ShowsSaudiDatesInTheGregorianCalendar) {
    EXPECT_EQ(render("ar-SA", "{at, date, long}", {{"at", "2026-11-22T07:30:00+03:00"}}),
              "22 نوفمبر 2026");
}

TEST_F(MessageFormat, ADayIsTheSameDayInEveryZone) {
    const json::object vars{{"at", "2026-11-22"}};
    for (const char* zone : {"UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Mars/Base"}) {
        EXPECT_EQ(render("en", "{at, date, medium}", vars, {.time_zone = zone}), "Nov 22, 2026");
    }
}

TEST_F(MessageFormat, FormatsNumbers) {
    EXPECT_EQ(render("en", "{x} {x, number, integer} {x, number, ::.00}", {{"x", 1234.5}}),
              "1,234.5 1,234 1,234.50");
    EXPECT_EQ(render("en", "{x, number, percent}", {{"x", "0.25"}}), "25%");
    EXPECT_EQ(render("ar", "{x}", {{"x", 1234.5}}, {.digits = kNative}), "١٬٢٣٤٫٥");
    EXPECT_EQ(render("ar", "رصيدك {n}", {{"n", -5}}), "رصيدك \u200E-5");
    EXPECT_EQ(render("en", "{x}", {{"x", "123456789012345.123"}}), "123,456,789,012,345.123");
}

TEST_F(MessageFormat, ChoosesBySelect) {
    const std::string pattern =
        "{gender, select, female {وصلت} other {وصل}} {gift, select, "
        "true {هدية} other {طلب}}";
    EXPECT_EQ(render("ar", pattern, {{"gender", "female"}, {"gift", true}}), "وصلت هدية");
    EXPECT_EQ(render("ar", pattern, {{"gender", "{x}"}, {"gift", false}}), "وصل طلب");
    EXPECT_EQ(render("ar", pattern, {{"gift", false}}), "وصل طلب") << "gender isn't required";
}

TEST_F(MessageFormat, TakesAnApostropheAsItIsAndQuotesBraces) {
    EXPECT_EQ(render("en", "It's '{'{order}'}', isn''t it", {{"order", "1"}}),
              "It's {1}, isn't it");
    EXPECT_EQ(render("en", "{n, plural, other {'#'#}}", {{"n", 4}}), "#4");
}

TEST_F(MessageFormat, NeverReadsAValueAsAPattern) {
    EXPECT_EQ(render("en", "{order}", {{"order", "{name} '' '{' # {n, plural, other {x}}"}}),
              "{name} '' '{' # {n, plural, other {x}}");
}

TEST_F(MessageFormat, ShowsANumberAsItIsWrittenWhereATextIsWanted) {
    EXPECT_EQ(render("en", "{order} {name}", {{"order", 10042}, {"name", 99.5}}), "10042 99.5");
    EXPECT_EQ(render("ar", "{order}", {{"order", 10042}}), "\u206810042\u2069");
}

TEST_F(MessageFormat, ATextBeyondAllMeasureIsAProblem) {
    std::string pattern;
    for (int i = 0; i < 60; ++i) pattern += "{name}";
    EXPECT_THAT(result("en", pattern, {{"name", std::string(9000, 'x')}}).problems,
                ElementsAre(Field(&Violation::problem, HasSubstr("more than"))));
}

TEST_F(MessageFormat, EscapesValuesForHtmlAndLeavesTheTextItself) {
    const RenderResult r =
        renderer.render({.locale = "ar",
                         .title = "{name}",
                         .body = "{name}",
                         .html = "<p dir=\"rtl\">{name} & {order}</p>"},
                        {{"name", "<b>\"A\" & 'B'</b>"}, {"order", "سارة"}}, kSchema);
    EXPECT_THAT(r.problems, IsEmpty());
    EXPECT_EQ(r.title, "\u2068<b>\"A\" & 'B'</b>\u2069");
    EXPECT_EQ(r.html,
              "<p dir=\"rtl\">\u2068&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;\u2069 & سارة"
              "</p>");
}

TEST_F(MessageFormat, NamesEveryVariableThatIsMissingOnce) {
    const RenderResult r =
        result("en", "{order} {name} {order} {n, plural, other {{price}}}", {{"n", nullptr}});
    EXPECT_THAT(r.problems,
                ElementsAre(Field(&Violation::at, "/vars/order"),
                            Field(&Violation::at, "/vars/name"), Field(&Violation::at, "/vars/n")));
    EXPECT_THAT(r.problems.front().problem, AllOf(HasSubstr("missing"), HasSubstr("en")));
}

TEST_F(MessageFormat, NamesEveryVariableOfAnotherType) {
    const json::object vars{
        {"order", true}, {"n", "many"}, {"price", "149.50"}, {"at", "yesterday"}, {"gift", "no"}};
    const RenderResult r = result(
        "en", "{order}{n}{price}{at}{gift, select, true {} other {}}{n, plural, other {}}", vars);
    EXPECT_THAT(r.problems,
                ElementsAre(Field(&Violation::at, "/vars/order"), Field(&Violation::at, "/vars/n"),
                            Field(&Violation::at, "/vars/price"), Field(&Violation::at, "/vars/at"),
                            Field(&Violation::at, "/vars/gift")));
}

TEST_F(MessageFormat, SaysWhatIsWrongWithAPattern) {
    const auto problem = [&](const char* pattern) {
        return renderer.pattern_problem(pattern, "ar");
    };
    EXPECT_THAT(problem("{order"), HasSubstr("brace"));
    EXPECT_THAT(problem("{n, plural, one {x}}"), HasSubstr("other"));
    EXPECT_THAT(problem("{0}"), HasSubstr("names"));
    EXPECT_THAT(problem("{n, choice, 1#one}"), HasSubstr("plural"));
    EXPECT_THAT(problem("{n, spellout}"), HasSubstr("not supported"));
    EXPECT_THAT(problem("{n, number, ::nonsense}"), HasSubstr("nonsense"));
    EXPECT_THAT(problem("{n, date, tiny}"), HasSubstr("tiny"));
    EXPECT_EQ(problem("{n, plural, few {#} other {{at, time, ::Hm}}}"), "");
}

TEST_F(MessageFormat, ABrokenTextIsAProblemAndNoException) {
    const RenderResult r = result("en", "{order", {{"order", "1"}});
    EXPECT_THAT(r.problems, ElementsAre(Field(&Violation::at, "/body")));
    EXPECT_THAT(result("en", "{stranger}", {}).problems,
                ElementsAre(Field(&Violation::problem, HasSubstr("{stranger}"))));
    EXPECT_THAT(result("en", "{order, number}", {{"order", "1"}}).problems,
                ElementsAre(Field(&Violation::problem, HasSubstr("string"))));
}

TEST_F(MessageFormat, KeepsWorkingWithMorePatternsAndLanguagesThanItKeeps) {
    const std::vector<std::string> regions{"ar-EG", "ar-SA", "ar-AE", "ar-KW", "en", "en-GB"};
    for (int i = 0; i < 3000; ++i) {
        const std::string& locale = regions[static_cast<std::size_t>(i) % regions.size()];
        ASSERT_EQ(render(locale, std::to_string(i) + " {name}", {{"name", "1"}}).substr(0, 2),
                  (std::to_string(i) + " ").substr(0, 2));
    }
    for (char a = 'a'; a <= 'z'; ++a) {
        for (char b = 'a'; b <= 'd'; ++b) {
            ASSERT_EQ(render({a, b}, "{name}", {{"name", "-"}}), "-");
        }
    }
}

}  // namespace
}  // namespace barid::notify
