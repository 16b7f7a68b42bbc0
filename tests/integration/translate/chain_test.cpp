// What stands before and behind a provider: the shop's terms, curated words, similar texts.
#include <gmock/gmock.h>

#include "tests/integration/translate/fixture.hpp"

namespace barid::translate {
namespace {

using Chain = TranslateFixture;
using testing::HasSubstr;

TEST_F(Chain, ABrandIsNotSentAndComesBack) {
    db.sql("SELECT barid.upsert_term('Acme Home')");
    maker.dictionary["Shirt by k0@m.invalid"] = "قميص من k0@m.invalid";
    EXPECT_EQ(translate({name("Shirt by Acme Home")}).fields[0].state, "published");
    EXPECT_EQ(maker.calls[0], std::vector<std::string>{"Shirt by k0@m.invalid"});
    EXPECT_EQ(column("text"), "قميص من Acme Home");
}

TEST_F(Chain, AnAnswerWithoutTheGlossarysWordGoesToReview) {
    db.sql("SELECT barid.upsert_term('shirt', 'تيشيرت')");
    const TranslationReport report = translate({name("Red shirt")});
    EXPECT_EQ(report.fields[0].state, "review");
    EXPECT_EQ(report.fields[0].reason, "glossary");
    EXPECT_EQ(review("suggestion"), "قميص أحمر");
    EXPECT_THAT(review("detail"), HasSubstr("تيشيرت"));
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation_memory"), "0");
}

TEST_F(Chain, AChangedTermIsNotServedFromTheMemory) {
    translate({name("Red shirt"), body("<p>Soft cotton</p>")});
    ASSERT_EQ(maker.calls.size(), 1U);
    db.sql("DELETE FROM barid.translation; SELECT barid.upsert_term('shirt', 'تيشيرت')");
    maker.dictionary["Red shirt"] = "تيشيرت أحمر";
    const TranslationReport report = translate({name("Red shirt"), body("<p>Soft cotton</p>")});
    EXPECT_EQ(report.memory_hits, 1U) << "a text without that term is as good as before";
    ASSERT_EQ(maker.calls.size(), 2U);
    EXPECT_EQ(maker.calls[1], std::vector<std::string>{"Red shirt"});
    EXPECT_EQ(column("text"), "تيشيرت أحمر");
    db.sql("DELETE FROM barid.translation; SELECT barid.remove_term('shirt')");
    translate({name("Red shirt")});
    EXPECT_EQ(column("text"), "قميص أحمر") << "the first text belongs to no term";
    EXPECT_EQ(maker.calls.size(), 2U);
}

TEST_F(Chain, AForbiddenWordInTheMemoryIsReviewedAndNotPaidForAgain) {
    translate({name("Red shirt")});
    db.sql("DELETE FROM barid.translation; SELECT barid.upsert_term('قميص', kind => 'forbid')");
    const TranslationReport report = translate({name("Red shirt")});
    EXPECT_EQ(report.fields[0].reason, "forbidden");
    EXPECT_EQ(maker.calls.size(), 1U);
    db.sql(
        "SELECT barid.approve_translation((SELECT max(id) FROM barid.translation_review), "
        "'تيشيرت أحمر'); DELETE FROM barid.translation");
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].state, "published");
    EXPECT_EQ(column("text"), "تيشيرت أحمر");
}

TEST_F(Chain, CuratedWordsNeedNoProvider) {
    options.attributes = true;
    providers.clear();
    const TranslationReport report = translate(
        {name("Light blue"), {"size", Format::text, "500 ml"}, {"note", Format::text, "A poem"}});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(report.fields[0].origin, "attributes");
    EXPECT_EQ(column("text"), "أزرق فاتح");
    EXPECT_EQ(column("text", "size"), "500 مل");
    EXPECT_EQ(report.fields[2].reason, "no_provider");
    EXPECT_EQ(db.sql("SELECT provider || provider_version FROM barid.translation_memory LIMIT 1"),
              "attributes1");
}

TEST_F(Chain, WhatIsProtectedAsAWholeIsNotSent) {
    translate({{"size", Format::text, "220-240V"}, {"weight", Format::text, "5 kg"}});
    EXPECT_TRUE(maker.calls.empty());
    EXPECT_EQ(column("text", "weight"), "5 kg") << "curated words are turned off here";
}

TEST_F(Chain, TheGlossaryStandsAboveCuratedWords) {
    options.attributes = true;
    db.sql("SELECT barid.upsert_term('navy', 'أزرق بحري')");
    maker.dictionary["Navy"] = "أزرق بحري";
    EXPECT_EQ(translate({name("Navy")}).fields[0].state, "published");
    EXPECT_EQ(column("text"), "أزرق بحري");
}

TEST_F(Chain, AReviewWithoutATextShowsSimilarOnes) {
    translate({name("Soft cotton")});
    providers.clear();
    translate({{"other", Format::text, "Soft cotton shirt"}});
    EXPECT_EQ(review("reason"), "no_provider");
    EXPECT_EQ(review("suggestion"), "");
    EXPECT_THAT(review("detail"), HasSubstr("“Soft cotton” is “قطن ناعم”"));
}

}  // namespace
}  // namespace barid::translate
