#include "notify/template.hpp"

#include <gmock/gmock.h>

#include "notify/locale.hpp"
#include "notify/template_value.hpp"

namespace barid::notify {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

TemplateVersion stored(const char* text) {
    return parse_template(parse_json(text));
}

TEST(Template, IsReadAsItIsStored) {
    const TemplateVersion t = stored(R"({"key": "order.shipped", "version": 3,
        "variables": {"n": {"type": "integer", "required": true, "max_length": null},
                      "name": {"type": "string", "required": false, "max_length": 40,
                               "sample": "سارة"}},
        "texts": [{"channel": "*", "locale": "ar", "title": "ع", "body": "ن", "html": null},
                  {"channel": "email", "locale": "en", "title": "t", "body": "b",
                   "html": "<p>h</p>"}]})");
    EXPECT_EQ(t.key, "order.shipped");
    EXPECT_EQ(t.version, 3);
    EXPECT_EQ(t.variables.at("n").type, VariableType::integer);
    EXPECT_FALSE(t.variables.at("name").required);
    EXPECT_EQ(t.variables.at("name").max_length, 40U);
    EXPECT_EQ(t.texts.at(0).title, "ع");
    EXPECT_EQ(t.texts.at(0).html, "");
    EXPECT_EQ(t.texts.at(1).html, "<p>h</p>");
}

TEST(Template, RefusesWhatIsNoSchema) {
    EXPECT_THROW(parse_schema(parse_json("[]")), PayloadError);
    try {
        parse_schema(parse_json(R"({"a": {"type": "colour"}, "b": {"type": "date", "x": 1}})"));
        ADD_FAILURE() << "it was read";
    } catch (const PayloadError& e) {
        EXPECT_THAT(e.violations(), ElementsAre(Field(&Violation::at, "/variables/a/type"),
                                                Field(&Violation::at, "/variables/b/x")));
    }
}

TEST(Template, PrefersTheLanguageToTheChannelAndTheChannelToTheGeneralText) {
    const TemplateVersion t{.texts = {{.channel = "*", .locale = "ar", .title = "ar"},
                                      {.channel = "*", .locale = "en", .title = "en"},
                                      {.channel = "email", .locale = "en", .title = "mail"},
                                      {.channel = "push", .locale = "fr", .title = "fr"}}};
    const auto title = [&](const char* channel, const char* locale) {
        return choose_text(t, channel, locale_chain(locale, "en"))->title;
    };
    EXPECT_EQ(title("email", "en-GB"), "mail");
    EXPECT_EQ(title("push", "en"), "en");
    EXPECT_EQ(title("email", "ar-EG"), "ar");
    EXPECT_EQ(title("email", "fr"), "mail") << "the French text is for the push alone";
    EXPECT_EQ(title("inbox", "en"), "en");
    EXPECT_EQ(title("inbox", "fr"), "fr");
    const TemplateVersion mail_only{.texts = {{.channel = "email", .locale = "en"}}};
    EXPECT_EQ(choose_text(mail_only, "push", locale_chain("en", "en")), mail_only.texts.data())
        << "better than nothing";
    EXPECT_EQ(choose_text({}, "push", locale_chain("en", "en")), nullptr);
}

TEST(Template, ChecksTheValuesOfACall) {
    const VariableSchema schema{{"name", {.max_length = 5}},
                                {"note", {.required = false}},
                                {"n", {.type = VariableType::integer}},
                                {"gift", {.type = VariableType::boolean}}};
    EXPECT_THAT(check_vars(schema, {{"name", "سارةة"}, {"n", "12"}, {"gift", true}}), IsEmpty());
    const auto problems = check_vars(schema, {{"name", "محمدية"}, {"n", 1.5}, {"other", 1}});
    EXPECT_THAT(problems, ElementsAre(Field(&Violation::problem, HasSubstr("missing (boolean)")),
                                      Field(&Violation::problem, HasSubstr("whole number")),
                                      Field(&Violation::problem, HasSubstr("6 characters")),
                                      Field(&Violation::at, "/vars/other")));
}

TEST(Template, ItsSamplesPassItsOwnChecks) {
    VariableSchema schema{{"own", {.sample = json::value("A-1042")}}};
    for (const auto type : {VariableType::string, VariableType::number, VariableType::integer,
                            VariableType::money, VariableType::date, VariableType::boolean}) {
        schema[std::string(to_string(type))] = {.type = type};
    }
    const json::object vars = sample_vars(schema);
    EXPECT_THAT(check_vars(schema, vars), IsEmpty());
    EXPECT_EQ(vars.at("own").as_string(), "A-1042");
}

TEST(TemplateValue, ReadsDecimalsExactly) {
    EXPECT_EQ(read_decimal(json::value("149.50"))->text, "149.50");
    EXPECT_EQ(read_decimal(json::value(149.5))->text, "149.5");
    EXPECT_EQ(read_decimal(json::value(-3))->value, -3);
    EXPECT_EQ(read_decimal(json::value(0.1 + 0.2))->text, "0.300000000");
    EXPECT_TRUE(read_decimal(json::value("5.00"))->integral);
    for (const char* bad : {"", "-", "1.", ".5", "1e5", "0x10", "1,000", "1234567890123456",
                            "0.1234567890", "١٢", " 1", "NaN"}) {
        EXPECT_FALSE(read_decimal(json::value(bad))) << bad;
    }
    EXPECT_FALSE(read_decimal(json::value(1e15)));
    EXPECT_FALSE(read_decimal(json::value(true)));
}

TEST(TemplateValue, ReadsMoney) {
    const auto money = [](const char* text) { return read_money(parse_json(text)); };
    EXPECT_EQ(money(R"({"amount": 12.5, "currency": "KWD"})")->currency, "KWD");
    EXPECT_FALSE(money(R"({"amount": "12.5", "currency": "kwd"})"));
    EXPECT_FALSE(money(R"({"amount": "twelve", "currency": "KWD"})"));
    EXPECT_FALSE(money(R"({"amount": "1"})"));
    EXPECT_FALSE(money(R"({"amount": "1", "currency": "KWD", "more": 1})"));
    EXPECT_FALSE(money(R"("12 KWD")"));
}

TEST(TemplateValue, ReadsTimestamps) {
    EXPECT_EQ(read_instant("1970-01-02T00:00:00Z")->epoch_ms, 86'400'000);
    EXPECT_EQ(read_instant("1970-01-01T03:00:00+03:00")->epoch_ms, 0);
    EXPECT_EQ(read_instant("1970-01-01 00:00:00.123456+00")->epoch_ms, 0);
    EXPECT_EQ(read_instant("1969-12-31T19:00-0500")->epoch_ms, 0);
    EXPECT_TRUE(read_instant("2026-02-28")->date_only);
    for (const char* bad :
         {"", "2026", "2026-13-01", "2026-02-30", "2026-11-22T07:30:00", "2026-11-22T24:00Z",
          "2026-11-22T07:60Z", "2026-11-22T07:30Zoo", "0000-01-01", "2026-11-22T07:30+99:00",
          "2026-11-22T07:30:00.Z", "22/11/2026", "2026-11-22T"}) {
        EXPECT_FALSE(read_instant(bad)) << bad;
    }
}

}  // namespace
}  // namespace barid::notify
