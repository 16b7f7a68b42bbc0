// The job kind as the executor runs it: payload in, outcome out.
#include "jobs/translate_content.hpp"

#include <gmock/gmock.h>

#include "tests/integration/translate/fixture.hpp"

namespace barid::jobs {
namespace {

using testing::HasSubstr;

class TranslateContent : public translate::TranslateFixture {
  protected:
    queue::Outcome run(const json::value& payload, std::int64_t id = 7) {
        Registry registry;
        std::vector<translate::TranslationProvider*> list;
        for (auto* provider : providers) list.push_back(provider);
        register_translate_content(registry, {pool, list, options, clock});
        queue::Job job;
        job.id = id;
        job.kind = "translate.content";
        JobContext context{.job = job,
                           .log = log::Logger(),
                           .deadline = clock.steady_now() + std::chrono::seconds(60),
                           .progress = [](double, const std::string&) {},
                           .cancelled = [] { return false; }};
        const Registry::Kind* kind = registry.find("translate.content");
        if (kind == nullptr) throw std::runtime_error("the kind is not registered");
        return io.run(kind->run(context, payload));
    }

    static json::value payload(const json::value& fields) {
        return {{"entity_type", "product"},
                {"entity_id", "1"},
                {"source", "en"},
                {"target", "ar"},
                {"fields", fields}};
    }
};

TEST_F(TranslateContent, SaysWhatItDidPerField) {
    const queue::Outcome outcome =
        run(payload({{"name", "Red shirt"}, {"body", {{"html", "<p>Unknown words</p>"}}}}));
    ASSERT_TRUE(std::holds_alternative<queue::Done>(outcome));
    const json::value output = parse_json(std::get<queue::Done>(outcome).output);
    EXPECT_EQ(output.at("fields").at("name").at("state").as_string(), "published");
    EXPECT_EQ(output.at("fields").at("name").at("origin").as_string(), "maker");
    EXPECT_EQ(output.at("fields").at("body").at("state").as_string(), "review");
    EXPECT_EQ(output.at("fields").at("body").at("reason").as_string(), "unchanged");
    EXPECT_EQ(column("source_seq"), "7");
}

TEST_F(TranslateContent, IsDoneWithoutAnyProvider) {
    providers.clear();
    const queue::Outcome outcome = run(payload({{"name", "Red shirt"}}));
    ASSERT_TRUE(std::holds_alternative<queue::Done>(outcome));
    EXPECT_THAT(std::get<queue::Done>(outcome).output, HasSubstr("no_provider"));
}

TEST_F(TranslateContent, GivesTheAttemptBackWhileAProviderIsPaused) {
    maker.failure.emplace(translate::ProviderError::Kind::quota, "maker: answered HTTP 456");
    const queue::Outcome outcome = run(payload({{"name", "Red shirt"}}));
    ASSERT_TRUE(std::holds_alternative<queue::Retry>(outcome));
    EXPECT_FALSE(std::get<queue::Retry>(outcome).spend_attempt);
    EXPECT_EQ(std::get<queue::Retry>(outcome).after, options.ledger.quota_pause);
}

TEST_F(TranslateContent, FailsForGoodOnABadPayload) {
    try {
        run(payload({{"name", ""}, {"body", 7}}));
        ADD_FAILURE() << "no error";
    } catch (const PayloadError& error) {
        EXPECT_FALSE(error.transient());
        EXPECT_EQ(error.violations().size(), 2U);
    }
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation"), "0");
}

TEST_F(TranslateContent, RefusesHostilePayloads) {
    json::value fields = {{"name", std::string("a\0b", 3)}};
    EXPECT_THROW(run(payload(fields)), PayloadError);
    fields = {{"name", "\xFF\xFE"}};
    EXPECT_THROW(run(payload(fields)), PayloadError);
    fields = {{"name", std::string(10'000'000, 'x')}};
    EXPECT_THROW(run(payload(fields)), PayloadError);
}

TEST_F(TranslateContent, TakesTheLargestTextItAllows) {
    std::string text;
    while (text.size() < kMaxTranslateFieldBytes - 16) text += "<p>Red shirt</p>\n";
    text.resize(kMaxTranslateFieldBytes - 200);
    const queue::Outcome outcome = run(payload({{"body", {{"html", text}}}}));
    ASSERT_TRUE(std::holds_alternative<queue::Done>(outcome));
    EXPECT_LE(std::get<queue::Done>(outcome).output.size(), 64U * 1024U);
}

}  // namespace
}  // namespace barid::jobs
