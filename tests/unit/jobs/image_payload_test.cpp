#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/image_process.hpp"

namespace barid::jobs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ImagePayload parse(const std::string& text) {
    const json::value value = parse_json(text);
    JsonReader in(value);
    ImagePayload payload = parse_image_payload(in, media::RecipeBook());
    in.finish();
    return payload;
}

std::vector<std::string> violations(const std::string& text) {
    try {
        (void)parse(text);
    } catch (const PayloadError& e) {
        std::vector<std::string> at;
        for (const Violation& violation : e.violations()) at.push_back(violation.at);
        std::ranges::sort(at);
        return at;
    }
    return {};
}

TEST(ImagePayload, TakesEachKindOfSource) {
    const ImagePayload url =
        parse(R"({"source":{"url":"https://a.example/x.jpg"},"entity":"p:1"})");
    EXPECT_EQ(std::get<media::UrlSource>(url.source).url, "https://a.example/x.jpg");
    EXPECT_EQ(url.entity, "p:1");
    EXPECT_EQ(url.recipe, media::RecipeBook().defaults());
    EXPECT_EQ(url.recipe_name, "default");
    EXPECT_EQ(url.slot, "");
    const ImagePayload path = parse(R"({"source":{"path":"a/b.jpg"},"entity":"p:1"})");
    EXPECT_EQ(std::get<media::PathSource>(path.source).path, "a/b.jpg");
    const ImagePayload key = parse(R"({"source":{"store_key":"in/b.jpg"},"entity":"p:1"})");
    EXPECT_EQ(std::get<media::StoredSource>(key.source).key, "in/b.jpg");
}

TEST(ImagePayload, TakesWidthsAndFormats) {
    const ImagePayload payload = parse(
        R"({"source":{"path":"a"},"entity":"p","widths":[16,8192],"formats":["jpeg","avif"]})");
    EXPECT_THAT(payload.recipe.widths, ElementsAre(16, 8192));
    EXPECT_THAT(payload.recipe.formats,
                ElementsAre(media::OutputFormat::avif, media::OutputFormat::jpeg));
    EXPECT_EQ(payload.recipe_name, "");
}

TEST(ImagePayload, TakesASlotAndANamedRecipe) {
    const ImagePayload payload =
        parse(R"({"source":{"path":"a"},"entity":"p","slot":"main","recipe":"avatar"})");
    EXPECT_EQ(payload.slot, "main");
    EXPECT_EQ(payload.recipe_name, "avatar");
    EXPECT_EQ(payload.recipe, *media::RecipeBook().find("avatar"));
    EXPECT_THAT(violations(R"({"source":{"path":"a"},"entity":"p","slot":"a\u0001"})"),
                ElementsAre("/slot"));
    EXPECT_THAT(violations(R"({"source":{"path":"a"},"entity":"p","slot":7})"),
                ElementsAre("/slot"));
}

TEST(ImagePayload, NamesEveryViolationAtOnce) {
    EXPECT_THAT(violations(R"({"source":{"url":"ftp://x","path":""},"entity":"","widths":[15,"a",
                               8193,1.5],"formats":["bmp"],"extra":1})"),
                ElementsAre("/entity", "/extra", "/formats/0", "/source", "/source/path",
                            "/source/url", "/widths/0", "/widths/1", "/widths/2", "/widths/3"));
    EXPECT_THAT(violations("{}"), ElementsAre("/entity", "/source"));
    EXPECT_THAT(violations(R"({"source":{},"entity":"p"})"), ElementsAre("/source"));
    EXPECT_THAT(violations(R"({"source":"x","entity":"p"})"), ElementsAre("/source"));
    EXPECT_THAT(violations(R"({"source":{"path":"a","nope":1},"entity":"p"})"),
                ElementsAre("/source/nope"));
    EXPECT_THAT(violations(R"({"source":{"path":7},"entity":"p"})"), ElementsAre("/source/path"));
    EXPECT_THAT(violations(R"({"source":{"path":"a\u0000b"},"entity":"p"})"),
                ElementsAre("/source/path"));
    EXPECT_THAT(violations(R"({"source":{"store_key":"../x"},"entity":"p"})"),
                ElementsAre("/source/store_key"));
    EXPECT_THAT(violations(R"({"source":{"path":"a"},"entity":"p\nq"})"), ElementsAre("/entity"));
    EXPECT_THAT(violations(R"({"source":{"path":"a"},"entity":"p","widths":[]})"),
                ElementsAre("/widths"));
    EXPECT_THAT(violations(R"({"source":{"path":"a"},"entity":"p","widths":7})"),
                ElementsAre("/widths"));
}

TEST(ImageOutcome, EndsTheJobForWhatCanNeverWork) {
    const auto outcome = outcome_of({media::Error::Retry::permanent, "truncated", "cut off"});
    ASSERT_TRUE(std::holds_alternative<queue::Fail>(outcome));
    EXPECT_EQ(std::get<queue::Fail>(outcome).error, "truncated: cut off");
}

TEST(ImageOutcome, ComesBackWhenAServerAskedItTo) {
    const auto outcome = outcome_of(
        {media::Error::Retry::transient, "source_unavailable", "503", std::chrono::seconds(7)});
    const auto& retry = std::get<queue::Retry>(outcome);
    EXPECT_EQ(retry.after, std::chrono::seconds(7));
    EXPECT_TRUE(retry.spend_attempt);
}

TEST(ImageOutcome, DoesNotSpendAnAttemptOnOurOwnFullLine) {
    const auto outcome = outcome_of({media::Error::Retry::transient, "sandbox_busy", "full"});
    EXPECT_FALSE(std::get<queue::Retry>(outcome).spend_attempt);
}

}  // namespace
}  // namespace barid::jobs
