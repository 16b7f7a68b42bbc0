// What people write, against what machines do at the same time.
#include "tests/integration/translate/fixture.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

class Editors : public TranslateFixture {
  protected:
    std::string edit(const std::string& text, const std::string& more = "") const {
        return db.sql("SELECT barid.set_translation('product', '1', 'name', 'ar', '" + text + "'" +
                      more + ")");
    }
};

TEST_F(Editors, TheDatabaseHashesAsTheWorkerDoes) {
    for (const std::string text :
         {"Red shirt", "  Cafe\u0301\t\r\n", "\u200Fقميص\u061C \u2068AB-1\u2069", "\u0627\u0654",
          "\u1E9B\u0323 \uFB01 \u212B", "😀 \u0344", "\u00A0x\u00A0"}) {
        for (const Format format : {Format::text, Format::html}) {
            EXPECT_EQ(db.sql("SELECT encode(barid.translation_source_hash('" +
                             std::string(to_string(format)) + "', '" + text + "'), 'hex')"),
                      source_hash(format, text))
                << text;
        }
    }
}

TEST_F(Editors, AHumanTextIsNeverReplaced) {
    translate({name("Red shirt")});
    EXPECT_EQ(edit("قميصٌ أحمر فاخر"), "t");
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].state, "current");
    EXPECT_EQ(column("text || '/' || origin"), "قميصٌ أحمر فاخر/human");
}

TEST_F(Editors, AHumanTextWhoseSourceChangedGetsASuggestionBesideIt) {
    translate({name("Red shirt")});
    edit("قميصٌ أحمر فاخر");
    const auto report = translate({name("Blue shirt")});
    EXPECT_EQ(report.fields[0].state, "suggested");
    EXPECT_EQ(column("text || '/' || origin || '/' || state || '/' || suggestion"),
              "قميصٌ أحمر فاخر/human/stale/قميص أزرق");
    EXPECT_EQ(review("reason || '/' || suggestion"), "human_text_stale/قميص أزرق");
    EXPECT_EQ(translate({name("Blue shirt")}).fields[0].state, "waiting");
    // The old source comes back: the person's text is current again.
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].state, "current");
    EXPECT_EQ(column("state"), "published");
}

TEST_F(Editors, AnEditBetweenRequestAndAnswerWins) {
    maker.on_call = [&](const Batch&) { edit("كتبها محرر"); };
    const auto report = translate({name("Red shirt")});
    EXPECT_EQ(report.fields[0].state, "human_kept");
    EXPECT_EQ(column("text || '/' || origin || '/' || state"), "كتبها محرر/human/published");
    EXPECT_EQ(column("coalesce(suggestion, 'none')"), "none");
    EXPECT_EQ(db.sql("SELECT text FROM barid.translation_memory WHERE provider = 'maker'"),
              "قميص أحمر");
}

TEST_F(Editors, AnEditOfAnOlderSourceBetweenRequestAndAnswerWinsToo) {
    maker.on_call = [&](const Batch&) { edit("كتبها محرر", ", source_text => 'Old shirt'"); };
    const auto report = translate({name("Red shirt")});
    EXPECT_EQ(report.fields[0].state, "suggested");
    EXPECT_EQ(column("text || '/' || origin || '/' || state || '/' || suggestion"),
              "كتبها محرر/human/stale/قميص أحمر");
}

TEST_F(Editors, AnEditBehindARefusedAnswerNeedsNoReview) {
    maker.dictionary.clear();
    maker.on_call = [&](const Batch&) { edit("كتبها محرر"); };
    const auto report = translate({name("Red shirt")});
    EXPECT_NE(report.fields[0].state, "published");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation_review WHERE state = 'open'"), "0");
    EXPECT_EQ(column("text"), "كتبها محرر");
}

TEST_F(Editors, TextsFromBeforeBaridBelongToTheFirstSourceSeen) {
    edit("قميص قديم");
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].state, "current");
    EXPECT_EQ(translate({name("Blue shirt")}).fields[0].state, "suggested");
    EXPECT_EQ(column("text"), "قميص قديم");
}

TEST_F(Editors, AHumanTextServesOtherEntitiesBeforeAnyProvider) {
    translate({name("Red shirt")});
    edit("قميصٌ أحمر فاخر");
    const auto report = translate({{"title", Format::text, "Red shirt"}});
    EXPECT_EQ(report.fields[0].origin, "memory");
    EXPECT_EQ(column("text", "title"), "قميصٌ أحمر فاخر");
}

TEST_F(Editors, AHumanTextWithoutItsPlaceholderServesNobodyElse) {
    providers.clear();
    translate({name("Hello {name}")});
    edit("مرحبا");
    EXPECT_EQ(translate({{"title", Format::text, "Hello {name}"}}).fields[0].state, "review");
}

TEST_F(Editors, ApprovingPublishesTheSuggestionAsAPersonsText) {
    translate({name("Red shirt")});
    edit("قديم");
    translate({name("Blue shirt")});
    EXPECT_EQ(db.sql("SELECT barid.approve_translation(" + review("id") + ")"), "t");
    EXPECT_EQ(column("text || '/' || origin || '/' || state"), "قميص أزرق/human/published");
    EXPECT_EQ(column("coalesce(suggestion, 'none')"), "none");
    EXPECT_EQ(review("state || '/' || resolved_by"), "approved/postgres");
    EXPECT_THROW(db.sql("SELECT barid.approve_translation(" + review("id") + ")"),
                 std::runtime_error);
}

TEST_F(Editors, ApprovingCanCorrectTheText) {
    providers.clear();
    translate({name("Red shirt")});
    EXPECT_THROW(db.sql("SELECT barid.approve_translation(" + review("id") + ")"),
                 std::runtime_error)
        << "there is no suggestion to approve";
    EXPECT_EQ(db.sql("SELECT barid.approve_translation(" + review("id") + ", 'قميص')"), "t");
    EXPECT_EQ(column("text || '/' || state"), "قميص/published");
}

TEST_F(Editors, ApprovingAnOutdatedReviewPublishesNothing) {
    providers.clear();
    translate({name("Red shirt")});
    const std::string id = review("id");
    db.sql(
        "UPDATE barid.translation SET source_text = 'Green shirt', "
        "source_hash = barid.translation_source_hash('text', 'Green shirt')");
    EXPECT_EQ(db.sql("SELECT barid.approve_translation(" + id + ", 'قميص')"), "f");
    EXPECT_EQ(column("coalesce(text, 'nothing')"), "nothing");
    EXPECT_EQ(review("state"), "superseded");
}

TEST_F(Editors, ARejectedSuggestionIsNotMadeAgain) {
    maker.dictionary.clear();
    translate({name("Red shirt")});
    EXPECT_EQ(db.sql("SELECT barid.reject_translation(" + review("id") + ")"), "t");
    maker.dictionary["Red shirt"] = "قميص أحمر";
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].state, "waiting");
    EXPECT_EQ(maker.calls.size(), 1U);
    EXPECT_EQ(translate({name("Red shirt!")}).fields[0].state, "review");
}

TEST_F(Editors, BadEditsAreRefusedWithAReason) {
    EXPECT_THROW(edit(" "), std::runtime_error);
    EXPECT_THROW(edit("x", ", format => 'pdf'"), std::runtime_error);
    EXPECT_THROW(db.sql("SELECT barid.set_translation('product','1','name','fr','x')"),
                 std::runtime_error);
    EXPECT_THROW(db.sql("SELECT barid.approve_translation(12345)"), std::runtime_error);
}

TEST_F(Editors, AProducerMayWriteThroughTheFunctionsOnly) {
    EXPECT_EQ(db.sql("SET ROLE barid_producer; "
                     "SELECT barid.set_translation('product', '1', 'name', 'ar', 'قميص')"),
              "t");
    EXPECT_EQ(db.sql("SET ROLE barid_producer; SELECT text FROM barid.translations"), "قميص");
    EXPECT_THROW(db.sql("SET ROLE barid_producer; UPDATE barid.translation SET text = 'x'"),
                 std::runtime_error);
    EXPECT_THROW(db.sql("SET ROLE barid_producer; SELECT * FROM barid.translation_memory"),
                 std::runtime_error);
    EXPECT_THROW(db.sql("SET ROLE barid_readonly; "
                        "SELECT barid.set_translation('product', '1', 'name', 'ar', 'x')"),
                 std::runtime_error);
}

TEST_F(Editors, AWorkersRoleIsEnoughForTheTranslator) {
    pg::ConnectOptions connect = db.options();
    connect.settings.push_back({"role", "barid_worker"});
    pg::Pool worker_pool(io.io, io.blocking, connect, 2, log::Logger());
    maker.failure.emplace(ProviderError::Kind::rate_limited, "429", std::chrono::seconds(1));
    ScriptedProvider other("other", {{"Red shirt", "قميص أحمر"}});
    Translator translator(worker_pool, {&maker, &other}, options, clock);
    TranslationRequest request;
    request.entity = {"product", "1", Language::en, Language::ar};
    request.fields = {name("Red shirt"), body("<p>Unknown words</p>")};
    request.seq = 1;
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const auto report = io.run(translator.run(request, log::Logger()));
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(report.fields[1].state, "review");
}

}  // namespace
}  // namespace barid::translate
