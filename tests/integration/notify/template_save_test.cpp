// What barid.upsert_template, barid.check_vars and barid.render_plain promise to a backend.
#include <gmock/gmock.h>

#include <stdexcept>

#include "tests/support/database.hpp"

namespace barid {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TemplateSave : public testing::Test {
  protected:
    std::string sql(const std::string& text) const { return database.sql(text); }
    std::string error_of(const std::string& text) const {
        try {
            database.sql(text);
        } catch (const std::runtime_error& e) {
            return e.what();
        }
        return "";
    }
    std::string save_error(const std::string& texts, const std::string& variables = "{}") const {
        return error_of("SELECT barid.upsert_template('t', $j$" + texts + "$j$, $j$" + variables +
                        "$j$)");
    }
    support::TestDatabase database;
};

TEST_F(TemplateSave, TakesNamesAndSchemasInEveryWayOfWritingThem) {
    const std::string texts = R"('{"en": {"title": "{a}", "body": ""}}')";
    const auto save = [&](const std::string& variables) {
        return sql("SELECT barid.upsert_template('t', " + texts + variables + ")");
    };
    EXPECT_EQ(save(", '{a}'"), "1");
    EXPECT_EQ(save(", ARRAY['a']"), "1");
    EXPECT_EQ(save(", variables => '{a}'::text[]"), "1");
    EXPECT_EQ(save(R"(, '{"a": {"type": "string"}}')"), "1");
    EXPECT_EQ(save(R"(, '{"a": {"type": "string", "required": true}}'::jsonb)"), "1");
    EXPECT_EQ(save(R"(, jsonb_build_object('a', '{"type": "string", "max_length": 9}'::jsonb))"),
              "2");
    EXPECT_EQ(sql("SELECT barid.upsert_template('bare', '{\"en\": {\"title\": \"x\", \"body\": "
                  "\"\"}}')"),
              "1");
}

TEST_F(TemplateSave, TakesTheTypesOfNamesFromTheTexts) {
    sql(R"(SELECT barid.upsert_template('t', '{"ar": {"title": "{n, plural, other {#}}",
        "body": "{at, date} {order} {x, number, ::.00}"}}', '{n,at,order,x,unused}'))");
    EXPECT_EQ(sql("SELECT string_agg(v.key || ' ' || (v.value ->> 'type'), ',' ORDER BY v.key)"
                  " FROM barid.template t, jsonb_each(t.variables) v"),
              "at date,n number,order string,unused string,x number");
}

TEST_F(TemplateSave, SaysWhereAMistakeIsAndHowToMendIt) {
    const std::string error = save_error(
        R"({"en": {"title": "x", "body": "y"},
            "ar": {"title": "x", "body": "لديك {n, plural, one {طلب}}"}})",
        R"({"n": {"type": "integer"}})");
    EXPECT_THAT(error, AllOf(HasSubstr("texts.ar.body, character 6"), HasSubstr("lacks \"other\""),
                             HasSubstr("Add other {…}")));
}

TEST_F(TemplateSave, RefusesLanguagesThatNobodyKnows) {
    EXPECT_THAT(save_error(R"({"xq": {"title": "x", "body": "y"}})"), HasSubstr("language \"xq\""));
    EXPECT_THAT(save_error(R"({"ar-XX": {"title": "x", "body": "y"}})"),
                HasSubstr("region \"XX\""));
    EXPECT_THAT(save_error(R"({"ar-Zork": {"title": "x", "body": "y"}})"),
                HasSubstr("script \"Zork\""));
    EXPECT_THAT(save_error(R"({"ar-EG-x-y": {"title": "x", "body": "y"}})"),
                HasSubstr("language tag"));
    EXPECT_THAT(save_error(R"({"AR_eg": {"title": "x", "body": "y"},
                              "ar-EG": {"title": "x", "body": "z"}})"),
                HasSubstr("\"ar-EG\" twice"));
    EXPECT_EQ(save_error(R"({"zh_hant_tw": {"title": "x", "body": "y"}})"), "");
    EXPECT_EQ(sql("SELECT locale FROM barid.template"), "zh-Hant-TW");
}

TEST_F(TemplateSave, RefusesATextThatFitsIntoNoPushHoweverItIsRendered) {
    const std::string body = "repeat('م', 1930)";
    const auto save = [&](const std::string& text) {
        return error_of(
            "SELECT barid.upsert_template('t', jsonb_build_object('ar', "
            "jsonb_build_object('title', 'x', 'body', " +
            text + ")), '{n}')");
    };
    EXPECT_THAT(save(body), AllOf(HasSubstr("3861 bytes"), HasSubstr("4096")));
    EXPECT_EQ(save("repeat('م', 1900)"), "");
    EXPECT_EQ(save("'{n, plural, one {' || repeat('م', 1900) || '} few {' || repeat('م', 1900) || "
                   "'} other {}}'"),
              "")
        << "one of the branches is short";
    EXPECT_THAT(save("'{n, plural, one {' || " + body + " || '} other {' || " + body + " || '}}'"),
                HasSubstr("3861 bytes"));
    EXPECT_EQ(error_of("SELECT barid.upsert_template('mail', jsonb_build_object('ar', "
                       "jsonb_build_object('email', jsonb_build_object('title', 'x', 'body', " +
                       body + "))))"),
              "")
        << "an e-mail has no such limit";
}

TEST_F(TemplateSave, RefusesASchemaThatIsNone) {
    const auto error = [&](const std::string& spec) {
        return save_error(R"({"en": {"title": "x", "body": "y"}})", "{\"a\": " + spec + "}");
    };
    EXPECT_THAT(error("5"), HasSubstr("variables.a must be an object"));
    EXPECT_THAT(error("{}"), HasSubstr("needs a type"));
    EXPECT_THAT(error(R"({"type": "colour"})"), HasSubstr("needs a type"));
    EXPECT_THAT(error(R"({"type": "string", "max_length": 0})"), HasSubstr("max_length"));
    EXPECT_THAT(error(R"({"type": "date", "max_length": 5})"), HasSubstr("only a string"));
    EXPECT_THAT(error(R"({"type": "money", "required": false})"), HasSubstr("must be required"));
    EXPECT_THAT(error(R"({"type": "string", "required": "no"})"), HasSubstr("true nor false"));
    EXPECT_THAT(error(R"({"type": "integer", "sample": "x"})"), HasSubstr("sample"));
    EXPECT_THAT(error(R"({"type": "string", "colour": 1})"), HasSubstr("nothing else"));
    EXPECT_EQ(error(R"({"type": "string", "max_length": null, "sample": null})"), "");
}

TEST_F(TemplateSave, KeepsATextForEachChannel) {
    EXPECT_EQ(save_error(R"({"en": {"title": "t", "body": "b",
                             "email": {"title": "m", "body": "b", "html": "<p>{a}</p>"}}})",
                         "{a}"),
              "");
    EXPECT_EQ(sql("SELECT string_agg(channel || locale || title || coalesce(html, '-'), ',' "
                  "ORDER BY channel) FROM barid.template"),
              "*ent-,emailenm<p>{a}</p>");
    EXPECT_THAT(save_error(R"({"en": {"email": {"title": "m", "body": "b", "html": "{b}"}}})"),
                HasSubstr("texts.en.email.html, character 1: uses {b}"));
    EXPECT_THAT(save_error(R"({"en": {"push": {"title": "m", "body": "b", "html": "x"}}})"),
                HasSubstr("texts.en.push must be"));
    EXPECT_THAT(save_error(R"({"en": {"sms": {"title": "m", "body": "b"}}})"),
                HasSubstr("texts.en must be"));
}

TEST_F(TemplateSave, ChecksAllThatACallGives) {
    save_error(R"({"en": {"title": "{order}", "body": "{n, plural, other {#}}{note}"}})",
               R"({"order": {"type": "string", "max_length": 6}, "n": {"type": "integer"},
                   "note": {"type": "string", "required": false}})");
    const auto check = [&](const std::string& vars) {
        return error_of("SELECT barid.check_vars('t', NULL, '" + vars + "')");
    };
    EXPECT_EQ(check(R"({"order": "A-1042", "n": 3})"), "");
    EXPECT_EQ(check(R"({"order": "A-1042", "n": "3", "note": null})"), "");
    EXPECT_THAT(check(R"({"order": "A-10422", "n": null, "stranger": 1})"),
                AllOf(HasSubstr("vars.n is missing (integer)"),
                      HasSubstr("vars.order has 7 characters, at most 6"),
                      HasSubstr("vars.stranger isn't one"), HasSubstr("order (string)")));
    EXPECT_THAT(check("[]"), HasSubstr("object"));
    EXPECT_THAT(error_of("SELECT barid.check_vars('none', NULL, '{}')"),
                HasSubstr("'none' does not exist"));
    EXPECT_THAT(error_of("SELECT barid.check_vars('t', 7, '{}')"), HasSubstr("version 7"));
}

TEST_F(TemplateSave, LeavesWhatNeedsIcuToTheWorker) {
    save_error(R"({"en": {"title": "Hi {name}", "body": "{n} new"},
                   "ar": {"title": "أهلا {name}", "body": "جديد"}})",
               R"({"name": {"type": "string"}, "n": {"type": "integer"}})");
    const auto render = [&](const std::string& locale, const std::string& vars) {
        return sql(
            "SELECT concat_ws('|', locale, title, body) FROM barid.render_plain('t', NULL, "
            "'" +
            locale + "', 'en', '" + vars + "')");
    };
    EXPECT_EQ(render("ar-EG", R"({"name": "Sara", "n": 1})"), "ar|أهلا \u2068Sara\u2069|جديد");
    EXPECT_EQ(render("en", R"({"name": "Sara", "n": 1})"), "") << "the number has a format";
    EXPECT_EQ(render("ar", R"({"name": "𐎀", "n": 1})"), "") << "a script that SQL doesn't know";
}

TEST_F(TemplateSave, WorkersReadAndProducersCheck) {
    save_error(R"({"en": {"title": "x", "body": "y"}})");
    for (const char* role : {"barid_worker", "barid_producer", "barid_operator"}) {
        EXPECT_EQ(error_of(std::string("SET ROLE ") + role +
                           "; SELECT barid.template_version('t'), barid.check_vars('t', 1, '{}');"
                           " SELECT * FROM barid.render_plain('t', 1, 'en', 'en', '{}')"),
                  "")
            << role;
    }
    EXPECT_THAT(error_of("SET ROLE barid_producer; SELECT barid.save_template('t', '{}', '{}', "
                         "true)"),
                HasSubstr("denied"));
    EXPECT_THAT(error_of("SET ROLE barid_worker; SELECT barid.upsert_template('t', '{}')"),
                HasSubstr("denied"));
}

}  // namespace
}  // namespace barid
