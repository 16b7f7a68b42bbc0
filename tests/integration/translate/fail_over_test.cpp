// Which provider is asked for what, when it is left alone, and what a job that waits says.
#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "tests/integration/translate/fixture.hpp"

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

class FailOver : public TranslateFixture {
  protected:
    static SourceField field(std::string name, std::string text) {
        return {std::move(name), Format::text, std::move(text)};
    }
};

TEST_F(FailOver, SkipsADeadFirstProviderWithoutAskingItAgain) {
    ScriptedProvider dead("dead");
    dead.failure.emplace(Kind::unavailable, "dead: no answer (connect_failed)", std::nullopt, false,
                         false);
    providers = {&dead, &maker};
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].origin, "maker");
    EXPECT_EQ(translate({name("Blue shirt")}).fields[0].origin, "maker");
    EXPECT_EQ(translate({name("Soft cotton")}).fields[0].origin, "maker");
    EXPECT_EQ(dead.calls.size(), 1U) << "one job paid for the connect timeout, not each";
    // Alive again, it gets its turn back.
    dead.failure.reset();
    dead.dictionary["Green shirt"] = "قميص أخضر";
    db.sql("UPDATE barid.provider_state SET paused_until = now() - interval '1 s'");
    EXPECT_EQ(translate({name("Green shirt")}).fields[0].origin, "dead");
}

TEST_F(FailOver, SpendsNoAttemptWhileEveryProviderRests) {
    ScriptedProvider other("other");
    maker.failure.emplace(Kind::unavailable, "maker: no answer (connect_failed)", std::nullopt,
                          false, false);
    other.failure.emplace(Kind::unauthorized, "other: answered HTTP 403");
    providers = {&maker, &other};
    for (int run = 0; run < 3; ++run) {
        const auto report = translate({name("Red shirt"), field("note", "Blue shirt")});
        ASSERT_TRUE(report.postponed);
        EXPECT_FALSE(report.postponed->spend_attempt);
        EXPECT_LE(*report.postponed->retry_after, seconds(15)) << "the earliest end";
        EXPECT_THAT(report.postponed->error,
                    AllOf(HasSubstr("2 of 2 fields wait (name, note)"), HasSubstr("maker"),
                          HasSubstr("connect_failed"), HasSubstr("other"), HasSubstr("HTTP 403")));
    }
    EXPECT_EQ(maker.calls.size() + other.calls.size(), 2U);
}

TEST_F(FailOver, AsksOnceMoreAloneForWhatCameBackBroken) {
    int batches = 0;
    maker.dictionary["Order k0@m.invalid"] = "الطلب";
    maker.dictionary["Buy k0@m.invalid"] = "اشتر";
    maker.on_call = [&](const Batch& batch) {
        if (++batches > 1 && batch.texts == std::vector<std::string>{"Order k0@m.invalid"}) {
            maker.dictionary["Order k0@m.invalid"] = "الطلب k0@m.invalid";
        }
    };
    const auto report =
        translate({field("a", "Order {id}"), field("b", "Buy {n}"), field("c", "Red shirt")});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(column("text", "a"), "الطلب {id}");
    EXPECT_EQ(report.fields[1].reason, "placeholders");
    EXPECT_EQ(report.fields[2].state, "published");
    EXPECT_EQ(maker.calls.size(), 3U) << "the batch, and each of the two alone";
}

TEST_F(FailOver, DoesNotRepeatWhatWasAskedForAlone) {
    maker.dictionary["Order k0@m.invalid"] = "الطلب";
    EXPECT_EQ(translate({field("a", "Order {id}")}).fields[0].reason, "placeholders");
    EXPECT_EQ(maker.calls.size(), 1U);
}

TEST_F(FailOver, BoundsTheRepeats) {
    std::vector<SourceField> fields;
    for (int i = 0; i < 40; ++i) {
        const std::string at = std::to_string(i);
        fields.push_back(field("f" + at, "Order number " + at + " {id}"));
        maker.dictionary["Order number " + at + " k0@m.invalid"] = "الطلب رقم " + at;
    }
    translate(fields);
    EXPECT_EQ(maker.calls.size(), 11U);
}

TEST_F(FailOver, SendsTheSameTextOnceWhateverItsField) {
    const auto report = translate(
        {name("Red shirt"), field("title", "Red shirt"), body("<p>Red shirt</p><b>Red shirt</b>")});
    for (const FieldReport& one : report.fields) EXPECT_EQ(one.state, "published");
    ASSERT_EQ(maker.calls.size(), 1U);
    EXPECT_EQ(maker.calls[0], std::vector<std::string>{"Red shirt"});
    EXPECT_EQ(column("text", "body"), "<p>قميص أحمر</p><b>قميص أحمر</b>");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation_memory"), "2") << "text and html";
}

TEST_F(FailOver, LeavesATextAboveTheLimitsToTheNextProvider) {
    maker.batch_limits.max_characters = 5;
    ScriptedProvider roomy("roomy", {{"Red shirt", "قميص أحمر"}});
    providers = {&maker, &roomy};
    EXPECT_EQ(translate({name("Red shirt")}).fields[0].origin, "roomy");
    EXPECT_TRUE(maker.calls.empty()) << "nobody is asked for what can't be accepted";
    providers = {&maker};
    EXPECT_EQ(translate({name("Blue shirt")}).fields[0].reason, "too_large");
}

TEST_F(FailOver, SplitsBatchesSoThatASmallBudgetIsUsedUp) {
    maker.agreed.daily_characters = 20;  // 9 + 10, then 11
    const auto report =
        translate({field("a", "Red shirt"), field("b", "Blue shirt"), field("c", "Soft cotton")});
    int published = 0;
    for (const FieldReport& one : report.fields) published += one.state == "published" ? 1 : 0;
    EXPECT_EQ(published, 1) << "what fits is done, the rest waits for midnight";
    ASSERT_TRUE(report.postponed);
    EXPECT_FALSE(report.postponed->spend_attempt);
    EXPECT_THAT(report.postponed->error, HasSubstr("budget of 20 characters"));
}

TEST_F(FailOver, KeepsWhatWasPaidForWhenTheJobIsCutOff) {
    maker.batch_limits.max_texts = 1;
    maker.on_call = [&](const Batch&) {
        if (maker.calls.size() == 3) maker.failure.emplace(Kind::unavailable, "maker: HTTP 500");
    };
    translate({field("a", "Red shirt"), field("b", "Blue shirt"), field("c", "Soft cotton")});
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation_memory"), "2");
    maker.failure.reset();
    const auto again =
        translate({field("a", "Red shirt"), field("b", "Blue shirt"), field("c", "Soft cotton")});
    EXPECT_EQ(again.provider_calls, 1U);
    for (const FieldReport& one : again.fields) EXPECT_NE(one.state, "pending");
}

TEST_F(FailOver, KeepsAnAnswerThatArrivesWhileTheJobIsCancelled) {
    asio::cancellation_signal stop;
    maker.on_call = [&](const Batch&) { stop.emit(asio::cancellation_type::terminal); };
    Translator translator(pool, {&maker}, options, clock);
    TranslationRequest request;
    request.entity = {"product", "1", Language::en, Language::ar};
    request.fields = {name("Red shirt")};
    request.seq = ++last_seq;
    request.deadline = std::chrono::steady_clock::now() + seconds(60);
    bool ended = false;
    asio::co_spawn(io.io, translator.run(std::move(request), log::Logger()),
                   asio::bind_cancellation_slot(
                       stop.slot(), [&](const std::exception_ptr& error, TranslationReport) {
                           ended = true;
                           EXPECT_TRUE(error);
                       }));
    io.io.restart();
    while (!ended) io.io.run_one_for(seconds(10));
    EXPECT_EQ(db.sql("SELECT text FROM barid.translation_memory"), "قميص أحمر");
    EXPECT_EQ(column("coalesce(text, 'nothing')"), "nothing");
}

}  // namespace
}  // namespace barid::translate
