// Money, pauses and the circuit, for a fleet that shares one database.
#include "translate/provider_ledger.hpp"

#include <gmock/gmock.h>

#include "tests/integration/translate/fixture.hpp"

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;
using std::chrono::seconds;
using testing::HasSubstr;

class Ledger : public TranslateFixture {
  protected:
    Ledger() { maker.agreed.price_per_million = "20"; }

    std::expected<Ticket, ProviderWait> reserve(std::int64_t characters = 100) {
        return io.run(ledger().reserve(maker, characters, 3));
    }
    ProviderLedger ledger() { return {pool, limits}; }
    seconds fail(const Ticket& ticket, Kind kind, bool billed = false, bool connected = true) {
        return io.run(ledger().failed(
            ticket, ProviderError(kind, "maker: it failed", std::nullopt, billed, connected)));
    }
    std::string usage() {
        return db.sql(
            "SELECT requests || '/' || texts || '/' || characters || '/' || errors || "
            "'/' || trim_scale(cost) FROM barid.translation_cost");
    }
    void end_pause() {
        db.sql("UPDATE barid.provider_state SET paused_until = now() - interval '1 s'");
    }

    LedgerOptions limits;
};

TEST_F(Ledger, CountsWhatWasSentAndWhatItCosts) {
    io.run(ledger().answered(*reserve(50'000)));
    io.run(ledger().answered(*reserve(25'000)));
    EXPECT_EQ(usage(), "2/6/75000/0/1.5");
    EXPECT_EQ(db.sql("SELECT characters_today FROM barid.translation_providers"), "75000");
}

TEST_F(Ledger, GivesBackOnlyWhatIsKnownNotToBeBilled) {
    fail(*reserve(1000), Kind::refused, false);
    EXPECT_EQ(usage(), "1/3/0/1/0");
    fail(*reserve(1000), Kind::unavailable, true);
    EXPECT_EQ(usage(), "2/6/1000/2/0.02") << "the answer was lost: it may have been counted";
    (void)reserve(1000);  // and a worker that died before any answer
    EXPECT_EQ(usage(), "3/9/2000/2/0.04");
    EXPECT_EQ(db.sql("SELECT characters FROM barid.provider_state"), "2000");
}

TEST_F(Ledger, RefundsTheDayThatItWasCountedOn) {
    Ticket yesterday = *reserve(1000);
    db.sql(
        "UPDATE barid.translation_usage SET day = day - 1;"
        "UPDATE barid.provider_state SET day = day - 1");
    yesterday.day = db.sql("SELECT day FROM barid.translation_usage");
    (void)reserve(500);
    fail(yesterday, Kind::refused);
    EXPECT_EQ(db.sql("SELECT string_agg(characters::text, ',' ORDER BY day) "
                     "FROM barid.translation_usage"),
              "0,500");
    EXPECT_EQ(db.sql("SELECT characters FROM barid.provider_state"), "500");
}

TEST_F(Ledger, StopsAtTheProvidersAndAtEverybodysBudget) {
    maker.agreed.daily_characters = 250;
    limits.daily_characters = 300;
    ScriptedProvider other("other");
    ASSERT_TRUE(reserve());
    ASSERT_TRUE(reserve());
    const auto own = reserve();
    ASSERT_FALSE(own);
    EXPECT_EQ(own.error().kind, "budget");
    EXPECT_THAT(own.error().reason, HasSubstr("250"));
    EXPECT_LE(own.error().wait, seconds(86'400));
    EXPECT_TRUE(io.run(ledger().reserve(other, 100, 1)));
    const auto all = io.run(ledger().reserve(other, 1, 1));
    ASSERT_FALSE(all);
    EXPECT_THAT(all.error().reason, HasSubstr("for all providers"));
}

TEST_F(Ledger, NeverGoesAboveABudgetWhoeverAsksAtOnce) {
    limits.daily_characters = 1000;
    ScriptedProvider other("other");
    ProviderLedger shared(pool, limits);
    int granted = 0;
    int ended = 0;
    for (int i = 0; i < 40; ++i) {
        asio::co_spawn(io.io, shared.reserve(i % 2 == 0 ? maker : other, 60, 1),
                       [&](const std::exception_ptr& error, const auto& ticket) {
                           ++ended;
                           granted += !error && ticket ? 1 : 0;
                       });
    }
    io.io.restart();
    while (ended < 40) io.io.run_one_for(seconds(10));
    EXPECT_EQ(granted, 16) << "16 x 60 = 960";
    EXPECT_EQ(db.sql("SELECT sum(characters) FROM barid.provider_state"), "960");
}

TEST_F(Ledger, LeavesADeadProviderAloneAndSendsOneToLook) {
    const auto first = *reserve();
    const auto second = *reserve();
    EXPECT_EQ(fail(first, Kind::unavailable, false, false), limits.unavailable_pause);
    EXPECT_LE(fail(second, Kind::unavailable, false, false), limits.unavailable_pause)
        << "jobs that failed side by side make it no longer";
    const auto waiting = reserve();
    ASSERT_FALSE(waiting);
    EXPECT_EQ(waiting.error().kind, "unavailable");
    end_pause();
    const auto probe = reserve();
    ASSERT_TRUE(probe);
    EXPECT_TRUE(probe->probe);
    const auto behind = reserve();
    ASSERT_FALSE(behind) << "one looks, the others wait for what it sees";
    EXPECT_LE(behind.error().wait, seconds(5));
    EXPECT_EQ(fail(*probe, Kind::unavailable, false, false), 2 * limits.unavailable_pause);
    end_pause();
    const auto again = reserve();
    io.run(ledger().answered(*again));
    EXPECT_TRUE(reserve()->clean) << "it is as before";
}

TEST_F(Ledger, RestsAfterAFewAnswersThatAreNone) {
    EXPECT_EQ(fail(*reserve(), Kind::unavailable), seconds(0));
    EXPECT_EQ(fail(*reserve(), Kind::unavailable), seconds(0));
    io.run(ledger().answered(*reserve()));  // one good answer in between
    EXPECT_EQ(fail(*reserve(), Kind::unavailable), seconds(0));
    EXPECT_EQ(fail(*reserve(), Kind::unavailable), seconds(0));
    EXPECT_EQ(fail(*reserve(), Kind::unavailable), limits.unavailable_pause);
}

TEST_F(Ledger, BoundsTheRestOfADeadProvider) {
    for (int i = 0; i < 12; ++i) {
        fail(*reserve(), Kind::unavailable, false, false);
        end_pause();
    }
    EXPECT_EQ(fail(*reserve(), Kind::unavailable, false, false), limits.longest_unavailable);
}

TEST_F(Ledger, EndsNoPauseByALateAnswer) {
    const Ticket early = *reserve();
    fail(*reserve(), Kind::quota);
    io.run(ledger().answered(early));
    Ticket known = early;
    known.clean = false;
    io.run(ledger().answered(known));
    EXPECT_FALSE(reserve());
}

TEST_F(Ledger, NeverShortensAPause) {
    const Ticket early = *reserve();
    fail(*reserve(), Kind::quota);
    EXPECT_GT(fail(early, Kind::rate_limited), limits.quota_pause - seconds(10));
    EXPECT_EQ(db.sql("SELECT pause_kind FROM barid.provider_state"), "quota");
}

TEST_F(Ledger, GivesUpOnAProbeThatNobodyHearsOf) {
    fail(*reserve(), Kind::unauthorized);
    end_pause();
    ASSERT_TRUE(reserve());  // this worker dies
    ASSERT_FALSE(reserve());
    db.sql("UPDATE barid.provider_state SET probe_until = now() - interval '1 s'");
    EXPECT_TRUE(reserve()->probe);
}

TEST_F(Ledger, IsResumedByAnOperator) {
    fail(*reserve(), Kind::unauthorized);
    EXPECT_EQ(db.sql("SELECT paused || '/' || pause_kind FROM barid.translation_providers"),
              "true/unauthorized");
    EXPECT_EQ(db.sql("SELECT barid.resume_translation_provider('maker')"), "t");
    EXPECT_EQ(db.sql("SELECT barid.resume_translation_provider('maker')"), "f");
    EXPECT_TRUE(reserve()->clean);
}

TEST_F(Ledger, KeepsFourHundredDays) {
    db.sql(
        "INSERT INTO barid.translation_usage (day, provider) "
        "SELECT barid.translation_today() - n, 'old' FROM generate_series(399, 402) n");
    (void)reserve();
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation_usage WHERE provider = 'old'"), "2");
}

}  // namespace
}  // namespace barid::translate
