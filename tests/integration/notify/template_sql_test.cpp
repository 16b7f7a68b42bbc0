// The two judges of a template, and the two that render one: SQL and ICU.
#include <gmock/gmock.h>
#include <unicode/locid.h>
#include <unicode/msgfmt.h>
#include <unicode/plurrule.h>
#include <unicode/strenum.h>

#include <random>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "notify/fcm_message.hpp"
#include "notify/locale.hpp"
#include "notify/message_format.hpp"
#include "notify/template.hpp"
#include "tests/integration/notify/template_corpus.hpp"
#include "tests/support/database.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;

constexpr const char* kVariables = R"({
    "n": {"type": "integer", "sample": 11}, "x": {"type": "number", "sample": "1234.5"},
    "price": {"type": "money"}, "at": {"type": "date"}, "gift": {"type": "boolean"},
    "order": {"type": "string", "sample": "A-1042"}, "name": {"type": "string", "sample": "سارة"},
    "note": {"type": "string", "required": false}})";

/// A JSON array in an SQL literal.
std::string quoted(const json::value& value) {
    std::string out = "$json$" + json::serialize(value) + "$json$::jsonb";
    return out;
}

class TemplateSql : public testing::Test {
  protected:
    TemplateSql() {
        database.sql(std::string(R"(
            CREATE FUNCTION public.refusal(locale text, body text) RETURNS text
            LANGUAGE plpgsql AS $f$
            BEGIN
                PERFORM barid.upsert_template('t', jsonb_build_object(locale,
                    jsonb_build_object('title', 'x', 'body', body)), $v$)") +
                     kVariables + R"($v$::jsonb);
                RETURN NULL;
            EXCEPTION WHEN invalid_parameter_value THEN
                RETURN SQLERRM;
            END $f$)");
    }

    /// What SQL says about each [locale, text]: null, or why it refuses it.
    json::array refusals(const json::array& texts) const {
        return parse_json(
                   database.sql("SELECT json_agg(public.refusal(t ->> 0, t ->> 1) ORDER BY n) FROM "
                                "jsonb_array_elements(" +
                                quoted(texts) + ") WITH ORDINALITY AS x (t, n)"))
            .as_array();
    }

    static bool icu_takes(std::string_view text, std::string_view locale) {
        UErrorCode status = U_ZERO_ERROR;
        UParseError where{};
        const icu::MessageFormat format(icu::UnicodeString::fromUTF8(icu::StringPiece(
                                            text.data(), static_cast<int>(text.size()))),
                                        icu::Locale(std::string(locale).c_str()), where, status);
        return U_SUCCESS(status) != 0;
    }

    /// The problems of rendering with the samples; empty when there are none.
    std::string render_problem(std::string_view text, std::string_view locale) {
        const VariableSchema schema = parse_schema(parse_json(kVariables));
        for (const Digits digits : {Digits::latin, Digits::native}) {
            const RenderResult r = renderer.render(
                {.locale = std::string(locale), .title = "x", .body = std::string(text)},
                sample_vars(schema), schema, {.digits = digits, .time_zone = "Africa/Cairo"});
            if (!r.problems.empty()) return r.problems[0].at + " " + r.problems[0].problem;
            if (!is_valid_utf8(r.body)) return "the text is no UTF-8";
        }
        return renderer.pattern_problem(text, locale);
    }

    support::TestDatabase database;
    TemplateRenderer renderer;
};

TEST_F(TemplateSql, TakesNothingThatIcuRefuses) {
    json::array asked;
    for (const auto& c : support::template_corpus()) {
        asked.push_back({std::string(c.locale), std::string(c.text)});
    }
    EXPECT_GE(asked.size(), 130U);
    const json::array said = refusals(asked);
    ASSERT_EQ(said.size(), asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto& c = support::template_corpus()[i];
        const std::string why = said[i].is_null() ? "" : std::string(said[i].as_string());
        EXPECT_EQ(said[i].is_null(), c.good) << c.locale << ": " << c.text << "\n  " << why;
        if (!said[i].is_null()) {
            EXPECT_THAT(why, HasSubstr("texts." + std::string(c.locale) + ".body, character "));
            continue;
        }
        EXPECT_TRUE(icu_takes(c.text, c.locale)) << c.locale << ": " << c.text;
        EXPECT_EQ(render_problem(c.text, c.locale), "") << c.locale << ": " << c.text;
    }
}

/// Pieces that meet each other in every order.
const std::vector<std::string> kPieces{"{",         "}",
                                       "}",         "'",
                                       "''",        "#",
                                       ",",         " ",
                                       "n",         "order",
                                       "plural",    "=1",
                                       "other",     "one",
                                       "select",    "x",
                                       "number",    "at",
                                       "س",         "{n}",
                                       "{order}",   "{n, plural, ",
                                       "other {",   "}}",
                                       "offset:1 ", "date",
                                       "::.00",     "{x, number, "};

TEST_F(TemplateSql, TakesNothingThatIcuRefusesAmongRandomTexts) {
    json::array asked;
    std::mt19937 random(20261122);  // the same texts in every run
    for (int i = 0; i < 6000; ++i) {
        std::string text;
        for (auto left = random() % 10; left > 0; --left)
            text += kPieces[random() % kPieces.size()];
        asked.push_back({"en", text});
    }
    const json::array said = refusals(asked);
    int taken = 0;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        if (!said[i].is_null()) continue;
        ++taken;
        const std::string text(asked[i].as_array()[1].as_string());
        EXPECT_TRUE(icu_takes(text, "en")) << text;
        EXPECT_EQ(render_problem(text, "en"), "") << text;
    }
    EXPECT_GT(taken, 200);
}

TEST_F(TemplateSql, KnowsThePluralClassesThatIcuKnows) {
    std::int32_t count = 0;
    const icu::Locale* locales = icu::Locale::getAvailableLocales(count);
    std::set<std::string> languages;
    for (std::int32_t i = 0; i < count; ++i) languages.insert(locales[i].getLanguage());
    json::array want;
    for (const std::string& language : languages) {
        json::array row{language};
        for (const UPluralType type : {UPLURAL_TYPE_CARDINAL, UPLURAL_TYPE_ORDINAL}) {
            UErrorCode status = U_ZERO_ERROR;
            const std::unique_ptr<icu::PluralRules> rules(
                icu::PluralRules::forLocale(icu::Locale(language.c_str()), type, status));
            const std::unique_ptr<icu::StringEnumeration> words(rules->getKeywords(status));
            std::set<std::string> sorted;
            while (const char* word = words->next(nullptr, status)) sorted.insert(word);
            row.push_back(json::array(sorted.begin(), sorted.end()));
        }
        want.push_back(row);
    }
    const json::value said =
        parse_json(database.sql("SELECT json_agg(json_build_array(l ->> 0,"
                                " (SELECT json_agg(c ORDER BY c COLLATE \"C\")"
                                "  FROM unnest(barid.plural_classes(l ->> 0, false)) c),"
                                " (SELECT json_agg(c ORDER BY c COLLATE \"C\")"
                                "  FROM unnest(barid.plural_classes(l ->> 0, true)) c)) ORDER BY n)"
                                " FROM jsonb_array_elements(" +
                                quoted(want) + ") WITH ORDINALITY x (l, n)"));
    ASSERT_EQ(said.as_array().size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(said.as_array()[i], want[i]);
}

TEST_F(TemplateSql, IsolatesEveryCharacterAsTheWorkerDoes) {
    for (const std::string locale : {"ar", "en"}) {
        const json::value said = parse_json(database.sql(
            "SELECT json_agg(json_build_array(chr(c), barid.isolate(chr(c), '" + locale +
            "'))) FROM (SELECT c FROM generate_series(1, 65533) c"
            " WHERE c NOT BETWEEN 55296 AND 57343"
            " UNION ALL SELECT c FROM generate_series(126976, 131071) c) x"));
        int known = 0;
        for (const json::value& row : said.as_array()) {
            if (row.at(1).is_null()) continue;
            ++known;
            const std::string value(row.at(0).as_string());
            ASSERT_EQ(row.at(1).as_string(), isolate(value, locale)) << locale << " " << value;
        }
        EXPECT_GT(known, 30'000);
    }
}

TEST_F(TemplateSql, RendersPlainTextsAsTheWorkerDoes) {
    const std::vector<std::string> texts{"تم شحن طلبك {order} يا {name}",
                                         "{name}: {order}",
                                         "It's '{'{order}'}' isn''t '",
                                         "{note}",
                                         "'{it''s}' {name}",
                                         "بدون متغيرات",
                                         "# {order} #",
                                         "''{name}''"};
    const std::vector<std::string> values{
        "A-1042", "سارة",    "محمد 5",      "1042",  "{name}",       "it's '{'", "a\u202Eb\u2069c",
        "",       "🎁 هدية", "+20 100 123", "ΑΒΓ β", "שלום olá",     "٣ طلبات",  "日本語",
        "<b>&",   "नमस्ते",    "\u200Fx",     "a\nb",  "\u0627\u064B", "50٪"};
    const VariableSchema schema{{"order", {}}, {"name", {}}, {"note", {.required = false}}};
    int rendered = 0;
    for (const std::string locale : {"ar", "en", "ar-EG", "he"}) {
        json::array cases;
        for (const std::string& text : texts) {
            for (const std::string& value : values) {
                cases.push_back({text, {{"order", value}, {"name", value}}});
            }
            for (const json::value& number : {json::value(1042), json::value(-7)}) {
                cases.push_back({text, {{"order", number}, {"name", number}}});
            }
        }
        const json::value said =
            parse_json(database.sql("SELECT json_agg(barid.render_message(c ->> 0, '" + locale +
                                    R"(', c -> 1, barid.check_schema('{"order": {"type": "string"},
                "name": {"type": "string"}, "note": {"type": "string", "required": false}}'))
               ORDER BY n) FROM jsonb_array_elements()" +
                                    quoted(cases) + ") WITH ORDINALITY x (c, n)"));
        for (std::size_t i = 0; i < cases.size(); ++i) {
            if (said.as_array()[i].is_null()) continue;
            ++rendered;
            const std::string text(cases[i].at(0).as_string());
            const RenderResult r = renderer.render({.locale = locale, .title = "x", .body = text},
                                                   cases[i].at(1).as_object(), schema);
            EXPECT_EQ(said.as_array()[i].as_string(), r.body) << locale << " " << text;
        }
    }
    EXPECT_GT(rendered, 500);
}

TEST_F(TemplateSql, JudgesValuesAsTheWorkerDoes) {
    const json::value values = parse_json(R"(["", "x", "12", "12.50", "-3", "1.0", "1.", "1e5",
        "١٢", 5, -5, 1.5, 123456789012345, 1000000000000000, 1e20, true, false, [], {},
        "2026-02-28",
        "2026-02-29", "2024-02-29", "0000-01-01", "2026-11-22T07:30:00Z", "2026-11-22T07:30Z",
        "2026-11-22 07:30:00.123456+00", "2026-11-22T07:30:00+03:00", "2026-11-22T07:30:00",
        "2026-11-22T24:00:00Z", "2026-11-22T07:30+15:00", "2026-13-01", "2026-11-22T",
        {"amount": "1.5", "currency": "SAR"}, {"amount": 2, "currency": "SAR"},
        {"amount": "x", "currency": "SAR"}, {"amount": "1", "currency": "sar"}, {"amount": "1"},
        {"amount": "1", "currency": "SAR", "z": 1}, "سارة محمد"])");
    for (const std::string type : {"string", "number", "integer", "money", "date", "boolean"}) {
        json::object spec{{"type", type}};
        if (type == "string") spec["max_length"] = 8;
        const json::value said =
            parse_json(database.sql("SELECT json_agg(barid.var_problem(" + quoted(spec) +
                                    ", v) ORDER BY n) FROM jsonb_array_elements(" + quoted(values) +
                                    ") WITH ORDINALITY x (v, n)"));
        const VariableSchema schema = parse_schema(json::object{{"v", spec}});
        for (std::size_t i = 0; i < values.as_array().size(); ++i) {
            const json::value& value = values.as_array()[i];
            const auto problems = check_vars(schema, {{"v", value}});
            const json::value want =
                problems.empty() ? json::value(nullptr) : json::value(problems[0].problem);
            EXPECT_EQ(said.as_array()[i], want) << type << " " << value;
        }
    }
}

TEST_F(TemplateSql, ChoosesTheLanguageAsTheWorkerDoes) {
    database.sql(R"(SELECT barid.upsert_template('choice', '{
        "en": {"title": "en", "body": "{note}"}, "ar-SA": {"title": "ar-SA", "body": ""},
        "ar-EG": {"title": "ar-EG", "body": "", "push": {"title": "push", "body": ""}},
        "fr": {"push": {"title": "fr", "body": ""}}, "tr": {"email": {"title": "tr", "body": ""}}
        }', '{"note": {"type": "string", "required": false}}'))");
    database.sql(R"(SELECT barid.upsert_template('mail', '{
        "en": {"email": {"title": "mail", "body": ""}}}'))");
    EXPECT_EQ(database.sql("SELECT title FROM barid.render_plain('mail', NULL, 'ar', 'fr', '{}')"),
              "mail");
    const TemplateVersion version =
        parse_template(parse_json(database.sql("SELECT barid.template_version('choice')")));
    EXPECT_EQ(version.texts.size(), 6U);
    for (const std::string wanted :
         {"ar", "ar-EG", "ar_eg", "ar-KW", "en-GB", "fr-CA", "tr", "de", "no such thing"}) {
        const std::string said = database.sql(
            "SELECT title FROM barid.render_plain('choice', NULL, '" + wanted + "', 'en', '{}')");
        EXPECT_EQ(said, choose_text(version, "inbox", locale_chain(wanted, "en"))->title) << wanted;
    }
}

TEST_F(TemplateSql, RefusesNoTextThatCouldFitIntoAPush) {
    PushMessage message{.nid = std::string(36, '0'), .title = "x"};
    message.ttl = std::chrono::seconds(1);
    message.urgent = false;
    const std::size_t envelope = payload_bytes(message) - 1;
    EXPECT_GE(std::stoul(database.sql("SELECT barid.push_text_bytes()")),
              kMaxPayloadBytes - envelope);
}

}  // namespace
}  // namespace barid::notify
