#include <gmock/gmock.h>

#include "jobs/notify_send.hpp"

namespace barid::jobs {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

NotifySendPayload parse(const std::string& text) {
    const json::value value = parse_json(text);
    JsonReader in(value);
    NotifySendPayload payload = parse_notify_send(in);
    in.finish();
    return payload;
}

/// "" when the payload is good.
std::string error_of(const std::string& text) {
    try {
        (void)parse(text);
        return "";
    } catch (const PayloadError& error) {
        return error.what();
    }
}

std::string with(const std::string& more) {
    return R"({"user":"u1","title":{"en":"T","ar":"ع"},"body":{"en":"B","ar":"ن"})" + more + "}";
}

TEST(NotifySendPayload, ReadsBothLanguagesAndEverythingElse) {
    const auto payload = parse(with(R"(,"category":"orders","data":{"order":"A-1"},
        "image":"https://cdn.example/x.webp","dedupe_key":"k","channels":["push"])"));
    EXPECT_EQ(payload.user, "u1");
    EXPECT_EQ(payload.category, "orders");
    ASSERT_EQ(payload.texts.size(), 2U);
    EXPECT_EQ(payload.texts[1].locale, "ar");
    EXPECT_EQ(payload.texts[1].title, "ع");
    EXPECT_EQ(payload.texts[1].body, "ن");
    EXPECT_EQ(payload.data.at(0).second, "A-1");
    EXPECT_EQ(payload.channels.size(), 1U);
}

TEST(NotifySendPayload, DefaultsToTheGeneralCategoryAndAllChannels) {
    EXPECT_EQ(parse(with("")).category, "general");
    EXPECT_THAT(parse(with("")).channels, IsEmpty());
}

TEST(NotifySendPayload, LeavesTheTypesOfATemplatesValuesToItsSchema) {
    const auto payload =
        parse(R"({"user":"u","template":"order.shipped","vars":{"a":"x","n":3,"b":true}})");
    EXPECT_EQ(payload.vars.at("n"), 3);
    EXPECT_EQ(payload.vars.at("b"), true);
    EXPECT_THAT(payload.texts, IsEmpty());
}

TEST(NotifySendPayload, NamesEveryViolationAtOnce) {
    const std::string error = error_of(
        R"({"title":{"en":"T","xx!":"?"},"body":{"ar":"ن"},"data":{"from":"x","n":1},
            "image":"ftp://x/","channels":["fax"],"surprise":1})");
    EXPECT_THAT(error, AllOf(HasSubstr("/user"), HasSubstr("/title/xx!"), HasSubstr("/body/en"),
                             HasSubstr("/title/ar"), HasSubstr("/data/from"), HasSubstr("/data/n"),
                             HasSubstr("/image"), HasSubstr("/channels/0")));
    EXPECT_THAT(error, HasSubstr("/surprise"));
}

TEST(NotifySendPayload, NeedsATextOrATemplateAndNotBoth) {
    EXPECT_THAT(error_of(R"({"user":"u"})"), HasSubstr("title and body, or a template"));
    EXPECT_THAT(error_of(with(R"(,"template":"x")")), HasSubstr("can't be given together"));
    EXPECT_THAT(error_of(with(R"(,"vars":{"a":"b"})")), HasSubstr("needs a template"));
}

TEST(NotifySendPayload, RefusesALanguageTwice) {
    EXPECT_THAT(error_of(R"({"user":"u","title":{"ar":"1","AR":"2"},"body":{"ar":"1"}})"),
                HasSubstr("twice"));
}

TEST(NotifySendPayload, RefusesEmptyAndWrongTypes) {
    for (const char* text :
         {R"([])", R"("x")", R"({"user":"","title":{"en":"T"},"body":{"en":"B"}})",
          R"({"user":7,"title":{"en":"T"},"body":{"en":"B"}})",
          R"({"user":"u","title":"T","body":"B"})", R"({"user":"u","title":{},"body":{}})",
          R"({"user":"u","title":{"en":1},"body":{"en":"B"}})",
          R"({"user":"u","title":{"en":""},"body":{"en":"B"}})",
          R"({"user":"u","template":"Bad Key"})",
          R"({"user":"u","template":"t","vars":{"a b":"1"}})",
          R"({"user":"u","template":"t","vars":"x"})"}) {
        EXPECT_NE(error_of(text), "") << text;
    }
    EXPECT_THAT(error_of(with(R"(,"category":"Bad Key")")), HasSubstr("/category"));
    EXPECT_THAT(error_of(with(R"(,"data":["x"])")), HasSubstr("/data"));
}

TEST(NotifySendPayload, RefusesNulAnywhere) {
    for (const char* more :
         {R"(,"dedupe_key":"a\u0000b")", R"(,"data":{"k":"a\u0000b"})",
          R"(,"data":{"a\u0000b":"v"})", R"(,"image":"https://x.example/\u0000")"}) {
        const std::string error = error_of(with(more));
        EXPECT_NE(error, "") << more;
        EXPECT_EQ(error.find('\0'), std::string::npos) << more;
    }
    EXPECT_NE(error_of(R"({"user":"u\u0000","title":{"en":"T"},"body":{"en":"B"}})"), "");
    EXPECT_NE(error_of(R"({"user":"u","title":{"e\u0000":"T"},"body":{"en":"B"}})"), "");
}

TEST(NotifySendPayload, RefusesTenMegabytesWithAShortError) {
    const std::string big(10'000'000, 'x');
    for (const std::string& text :
         {R"({"user":")" + big + R"(","title":{"en":"T"},"body":{"en":"B"}})",
          R"({"user":"u","title":{"en":")" + big + R"("},"body":{"en":"B"}})",
          R"({"user":"u","title":{")" + big + R"(":"T"},"body":{"en":"B"}})",
          with(R"(,"data":{")" + big + R"(":"v"})"), with(R"(,"data":{"k":")" + big + R"("})"),
          with(R"(,"image":"https://)" + big + R"("})"),
          R"({"user":"u","template":"t","vars":{")" + big + R"(":"v"}})"}) {
        std::string error;
        try {
            error = error_of(text);
        } catch (const Error& invalid) {
            error = invalid.what();
        }
        EXPECT_NE(error, "");
        EXPECT_LT(error.size(), 2000U);
        EXPECT_THAT(error, Not(HasSubstr(std::string(300, 'x'))));
    }
}

TEST(NotifySendPayload, TakesSqlForWhatItIsText) {
    const auto payload =
        parse(R"({"user":"'; DROP TABLE barid.job; --","title":{"en":"$1"},"body":{"en":"%s"}})");
    EXPECT_EQ(payload.user, "'; DROP TABLE barid.job; --");
}

}  // namespace
}  // namespace barid::jobs
