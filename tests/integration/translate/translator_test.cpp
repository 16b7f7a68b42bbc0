#include "tests/integration/translate/fixture.hpp"

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;
using std::chrono::seconds;

TEST_F(TranslateFixture, PublishesWhatTheShopReadsWithOneSelect) {
    const auto report = translate({name("Red shirt"), body("<p class=\"x\">Soft cotton</p>")});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(report.fields[0].origin, "maker");
    EXPECT_FALSE(report.postponed);
    EXPECT_EQ(db.sql("SELECT string_agg(field || '=' || text || '/' || origin || '/' || stale, ' ' "
                     "ORDER BY field) FROM barid.translations WHERE entity_type = 'product' AND "
                     "entity_id = '1' AND lang = 'ar'"),
              "body=<p class=\"x\">قطن ناعم</p>/provider/false name=قميص أحمر/provider/false");
    EXPECT_EQ(maker.calls.size(), 1U) << "one batch for both fields";
}

TEST_F(TranslateFixture, RunsAgainWithoutDoingAnythingTwice) {
    translate({name("Red shirt")}, 7);
    const std::string before = column("updated_at");
    const auto again = translate({name("Red shirt")}, 7);
    EXPECT_EQ(again.fields[0].state, "current");
    EXPECT_EQ(maker.calls.size(), 1U);
    EXPECT_EQ(column("updated_at"), before);
}

TEST_F(TranslateFixture, AnswersFromTheMemoryWithoutAnyCall) {
    translate({name("Red shirt")});
    db.sql("DELETE FROM barid.translation");
    const auto report = translate({name(" Red shirt\u200E ")});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(report.fields[0].origin, "memory");
    EXPECT_EQ(report.memory_hits, 1U);
    EXPECT_EQ(report.provider_calls, 0U);
    EXPECT_EQ(maker.calls.size(), 1U);
    EXPECT_EQ(column("origin"), "memory");
}

TEST_F(TranslateFixture, DoesNotTrustTheMemoryOfAnotherVersion) {
    translate({name("Red shirt")});
    db.sql("DELETE FROM barid.translation");
    maker.made_by = "glossary-2";
    translate({name("Red shirt")});
    EXPECT_EQ(maker.calls.size(), 2U);
}

TEST_F(TranslateFixture, QueuesEverythingUnknownWithoutAProvider) {
    providers.clear();
    const auto report = translate({name("Red shirt"), {"sku", Format::text, "AB-1234"}});
    EXPECT_EQ(report.fields[0].state, "review");
    EXPECT_EQ(report.fields[0].reason, "no_provider");
    EXPECT_EQ(report.fields[1].state, "published") << "there is nothing to translate in a code";
    EXPECT_EQ(review("reason || '/' || state || '/' || source_text"), "no_provider/open/Red shirt");
    EXPECT_EQ(column("state"), "review");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translations"), "1");
    // A provider that comes later does the work, and the review is closed.
    providers = {&maker};
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].state, "published");
    EXPECT_EQ(review("state"), "superseded");
}

TEST_F(TranslateFixture, NeverPublishesWhatAGateRefuses) {
    maker.dictionary["Order {id} shipped"] = "تم شحن الطلب";
    maker.dictionary["Order k0@m.invalid shipped"] = "تم شحن الطلب";
    const auto report = translate({name("Order {id} shipped")});
    EXPECT_EQ(report.fields[0].state, "review");
    EXPECT_EQ(report.fields[0].reason, "placeholders");
    EXPECT_EQ(column("coalesce(text, 'nothing')"), "nothing");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation_memory"), "0");
    // What people have before them is not asked again.
    EXPECT_EQ(translate({name("Order {id} shipped")}).fields[0].state, "waiting");
    EXPECT_EQ(maker.calls.size(), 1U);
}

TEST_F(TranslateFixture, LetsTheNextProviderTryWhatAGateRefused) {
    ScriptedProvider careless("careless", {{"Red shirt", "Red shirt"}});
    providers = {&careless, &maker};
    const auto report = translate({name("Red shirt")});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(report.fields[0].origin, "maker");
}

TEST_F(TranslateFixture, KeepsThePublishedTextWhileItsSuccessorIsInReview) {
    translate({name("Red shirt")});
    const auto report = translate({name("A text that the provider does not know")});
    EXPECT_EQ(report.fields[0].state, "review");
    EXPECT_EQ(report.fields[0].reason, "unchanged");
    EXPECT_EQ(column("text || '/' || state"), "قميص أحمر/stale");
    EXPECT_EQ(db.sql("SELECT stale FROM barid.translations"), "t");
}

TEST_F(TranslateFixture, FailsOverToTheNextProvider) {
    ScriptedProvider broken("broken");
    broken.failure.emplace(Kind::unavailable, "broken: answered HTTP 503");
    providers = {&broken, &maker};
    const auto report = translate({name("Red shirt")});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_FALSE(report.postponed);
    EXPECT_EQ(report.provider_calls, 2U);
}

TEST_F(TranslateFixture, RetriesAfterTheShortestWaitWhenAllFail) {
    ScriptedProvider other("other");
    maker.failure.emplace(Kind::unavailable, "maker: answered HTTP 503", seconds(40));
    other.failure.emplace(Kind::unavailable, "other: answered HTTP 503", seconds(9));
    providers = {&maker, &other};
    const auto report = translate({name("Red shirt")});
    ASSERT_TRUE(report.postponed);
    EXPECT_EQ(report.postponed->retry_after, seconds(9));
    EXPECT_TRUE(report.postponed->spend_attempt);
    EXPECT_EQ(report.fields[0].state, "pending");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation_review"), "0");
    EXPECT_EQ(db.sql("SELECT sum(characters) FROM barid.provider_state"), "0") << "given back";
}

TEST_F(TranslateFixture, PublishesWhatItCanBeforeItRetries) {
    translate({name("Red shirt")});
    maker.failure.emplace(Kind::unavailable, "maker: answered HTTP 500");
    const auto report = translate(
        {name("Red shirt"), {"a", Format::text, "Red shirt"}, {"b", Format::text, "Blue shirt"}});
    EXPECT_EQ(report.fields[1].state, "published");
    EXPECT_EQ(report.fields[2].state, "pending");
    EXPECT_TRUE(report.postponed);
}

TEST_F(TranslateFixture, PausesAnExhaustedProviderForTheWholeFleet) {
    maker.failure.emplace(Kind::quota, "maker: answered HTTP 456");
    const auto first = translate({name("Red shirt")});
    ASSERT_TRUE(first.postponed);
    EXPECT_FALSE(first.postponed->spend_attempt);
    EXPECT_EQ(first.postponed->retry_after, options.ledger.quota_pause);
    // Another job, on any worker, does not even ask.
    maker.failure.reset();
    const auto second = translate({name("Blue shirt")});
    ASSERT_TRUE(second.postponed);
    EXPECT_FALSE(second.postponed->spend_attempt);
    EXPECT_EQ(second.provider_calls, 0U);
    EXPECT_EQ(maker.calls.size(), 1U);
    EXPECT_GT(*second.postponed->retry_after, options.ledger.quota_pause - seconds(60));
    // The pause ends by the database's clock.
    db.sql("UPDATE barid.provider_state SET paused_until = now() - interval '1 s'");
    EXPECT_EQ(translate({name("Blue shirt")}).fields[0].state, "published");
}

TEST_F(TranslateFixture, RestsAsLongAsARateLimitAsks) {
    maker.failure.emplace(Kind::rate_limited, "maker: answered HTTP 429", seconds(17));
    const auto report = translate({name("Red shirt")});
    ASSERT_TRUE(report.postponed);
    EXPECT_EQ(report.postponed->retry_after, seconds(17));
    EXPECT_FALSE(report.postponed->spend_attempt);
    EXPECT_EQ(db.sql("SELECT paused_until > now() + interval '10 s' FROM barid.provider_state"),
              "t");
}

TEST_F(TranslateFixture, StopsAtTheDaysBudget) {
    maker.agreed.daily_characters = 12;
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].state, "published");
    EXPECT_EQ(db.sql("SELECT characters || '/' || budget FROM barid.provider_state"), "9/12");
    const auto report = translate({name("Blue shirt")});
    ASSERT_TRUE(report.postponed);
    EXPECT_FALSE(report.postponed->spend_attempt);
    EXPECT_LE(*report.postponed->retry_after, seconds(86'400));
    EXPECT_EQ(maker.calls.size(), 1U);
    db.sql("UPDATE barid.provider_state SET day = day - 1");
    EXPECT_EQ(translate({name("Blue shirt")}).fields[0].state, "published");
    EXPECT_EQ(db.sql("SELECT characters FROM barid.provider_state"), "10") << "a new day";
}

TEST_F(TranslateFixture, SplitsWhatIsTooLargeAndSinglesOutWhatIsRefused) {
    maker.on_call = [&](const Batch& batch) {
        maker.failure.reset();
        const bool poison = std::ranges::find(batch.texts, "Poison") != batch.texts.end();
        if (batch.texts.size() > 2)
            maker.failure.emplace(Kind::too_large, "413");
        else if (poison)
            maker.failure.emplace(Kind::refused, "maker: answered HTTP 400");
    };
    const auto report = translate({{"a", Format::text, "Red shirt"},
                                   {"b", Format::text, "Poison"},
                                   {"c", Format::text, "Blue shirt"},
                                   {"d", Format::text, "Soft cotton"}});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(report.fields[1].state, "review");
    EXPECT_EQ(report.fields[1].reason, "refused");
    EXPECT_EQ(report.fields[2].state, "published");
    EXPECT_EQ(report.fields[3].state, "published");
}

TEST_F(TranslateFixture, LeavesANewerSourceAlone) {
    translate({name("Blue shirt")}, 50);
    const auto late = translate({name("Red shirt")}, 49);
    EXPECT_EQ(late.fields[0].state, "superseded");
    EXPECT_EQ(maker.calls.size(), 1U) << "no money for a text that nobody will read";
    EXPECT_EQ(column("text"), "قميص أزرق");
}

TEST_F(TranslateFixture, GivesAResultWhoseSourceMovedOnToTheMemoryOnly) {
    maker.on_call = [&](const Batch& batch) {
        if (batch.texts != std::vector<std::string>{"Red shirt"}) return;
        db.sql(
            "UPDATE barid.translation SET source_text = 'Blue shirt', source_seq = 900, "
            "source_hash = barid.translation_source_hash('text', 'Blue shirt')");
    };
    const auto report = translate({name("Red shirt")});
    EXPECT_EQ(report.fields[0].state, "superseded");
    EXPECT_EQ(column("coalesce(text, 'nothing')"), "nothing");
    EXPECT_EQ(db.sql("SELECT text FROM barid.translation_memory"), "قميص أحمر");
    maker.on_call = nullptr;
    translate({name("Blue shirt")}, 901);
    EXPECT_EQ(column("text"), "قميص أزرق");
}

TEST_F(TranslateFixture, RefusesHostileHtmlWithoutSendingIt) {
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += "<div>";
    const auto report = translate({body(deep + "Red shirt")});
    EXPECT_EQ(report.fields[0].state, "review");
    EXPECT_EQ(report.fields[0].reason, "unreadable");
    EXPECT_TRUE(maker.calls.empty());
}

TEST_F(TranslateFixture, KeepsSqlInTextsAsText) {
    const std::string attack = "Red'); DROP TABLE barid.translation; -- $1 \\";
    maker.dictionary[attack] = "أحمر جميل'); جدول؛ -- $1 \\ ؛";
    const auto report = translate({{attack, Format::text, attack}});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation"), "1");
}

}  // namespace
}  // namespace barid::translate
