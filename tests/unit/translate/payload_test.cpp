#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/translate_content.hpp"

namespace barid::jobs {
namespace {

using testing::HasSubstr;

std::string problems_of(const json::value& payload) {
    JsonReader in(payload);
    parse_translate_payload(in);
    try {
        in.finish();
    } catch (const PayloadError& error) {
        return error.what();
    }
    return "";
}

TEST(TranslatePayload, ReadsTextAndHtml) {
    const json::value payload = parse_json(
        R"({"entity_type":"product","entity_id":"42","source":"en","target":"ar",)"
        R"("fields":{"name":"Red shirt","note":{"text":"Soft"},"body":{"html":"<p>x</p>"}}})");
    JsonReader in(payload);
    const translate::TranslationRequest request = parse_translate_payload(in).request;
    ASSERT_NO_THROW(in.finish());
    EXPECT_EQ(request.entity.type, "product");
    EXPECT_EQ(request.entity.id, "42");
    EXPECT_EQ(request.entity.target, translate::Language::ar);
    ASSERT_EQ(request.fields.size(), 3U);
    EXPECT_EQ(request.fields[0].name, "name");
    EXPECT_EQ(request.fields[1].format, translate::Format::text);
    EXPECT_EQ(request.fields[2].format, translate::Format::html);
    EXPECT_EQ(request.fields[2].text, "<p>x</p>");
}

TEST(TranslatePayload, NamesEveryViolationAtOnce) {
    const std::string problems = problems_of(parse_json(
        R"({"entity_type":"","source":"en","target":"fr","colour":1,)"
        R"("fields":{"a":"","b":7,"c":{"text":"x","html":"y"},"d":{"html":1},)"
        R"("e/f":{"markdown":"x"},)"
        R"("g":"a\u0000b","":"x"}})"));
    for (const char* expected :
         {"/entity_type: must not be empty", "/entity_id: is required", "/target: must be one of",
          "/colour: is not a known key", "/fields/a: must not be empty",
          "/fields/b: must be a string", "/fields/c: must have exactly one key",
          "/fields/d: must be a string", "/fields/e~1f: must have exactly one key",
          "/fields/g: must not contain a NUL", "/fields/: a field's name"}) {
        EXPECT_THAT(problems, HasSubstr(expected));
    }
}

TEST(TranslatePayload, RefusesWhatIsTooMuch) {
    json::object fields;
    for (int i = 0; i < 65; ++i) fields["f" + std::to_string(i)] = "x";
    json::object payload{{"entity_type", "p"},
                         {"entity_id", "1"},
                         {"source", "en"},
                         {"target", "ar"},
                         {"fields", fields}};
    EXPECT_THAT(problems_of(payload), HasSubstr("has 65 fields, at most 64"));
    payload["fields"] = json::object{{"a", std::string(10'000'000, 'x')}};
    EXPECT_THAT(problems_of(payload), HasSubstr("/fields/a: has 10000000 bytes"));
    json::object large;
    for (int i = 0; i < 5; ++i) large["f" + std::to_string(i)] = std::string(120'000, 'x');
    payload["fields"] = large;
    EXPECT_THAT(problems_of(payload), HasSubstr("/fields: have 600000 bytes together"));
    payload["fields"] = json::object();
    EXPECT_THAT(problems_of(payload), HasSubstr("at least one field"));
    payload["fields"] = "x";
    EXPECT_THAT(problems_of(payload), HasSubstr("/fields: must be a JSON object"));
    EXPECT_THAT(problems_of(json::value(7)), HasSubstr("must be a JSON object"));
}

TEST(TranslatePayload, RefusesTheSameLanguageTwice) {
    EXPECT_THAT(problems_of(parse_json(R"({"entity_type":"p","entity_id":"1","source":"ar",)"
                                       R"("target":"ar","fields":{"a":"x"}})")),
                HasSubstr("/target: must not be the same language"));
}

TEST(TranslateOutcome, SaysWhatHappenedPerField) {
    translate::TranslationReport report;
    report.fields = {{"name", "published", "memory", ""}, {"body", "review", "", "numbers"}};
    const queue::Outcome outcome = translate_outcome(report);
    ASSERT_TRUE(std::holds_alternative<queue::Done>(outcome));
    const json::value output = parse_json(std::get<queue::Done>(outcome).output);
    EXPECT_EQ(output.at("published").as_int64(), 1);
    EXPECT_EQ(output.at("queued_for_review").as_int64(), 1);
    EXPECT_EQ(output.at("fields").at("body").at("reason").as_string(), "numbers");
}

TEST(TranslateOutcome, RetriesWhatWasPostponed) {
    translate::TranslationReport report;
    report.postponed = translate::Postponed{"deepl is paused", std::chrono::seconds(90), false};
    const queue::Outcome outcome = translate_outcome(report);
    ASSERT_TRUE(std::holds_alternative<queue::Retry>(outcome));
    EXPECT_EQ(std::get<queue::Retry>(outcome).after, std::chrono::seconds(90));
    EXPECT_FALSE(std::get<queue::Retry>(outcome).spend_attempt);
}

}  // namespace
}  // namespace barid::jobs
