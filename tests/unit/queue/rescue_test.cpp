#include "queue/rescue.hpp"

#include <gtest/gtest.h>

#include "queue/claim_ledger.hpp"
#include "queue/migrate.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart = SteadyTime(1h);

TEST(SweepPause, OneWorkerSweepsEachTime) {
    EXPECT_EQ(sweep_pause(15s, 0, 12345), 15s);
    EXPECT_EQ(sweep_pause(15s, 1, 12345), 15s);
}

TEST(SweepPause, AFleetSharesTheWorkAndNobodyStaysAwayForLong) {
    std::chrono::milliseconds total{0};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto pause = sweep_pause(15s, 4, i * 7919);
        EXPECT_GE(pause, 30s);
        EXPECT_LE(pause, 90s);
        total += pause;
        EXPECT_LE(sweep_pause(15s, 5000, i * 7919), 180s);
    }
    EXPECT_NEAR(static_cast<double>(total.count()) / 1000, 60'000, 6'000);
}

TEST(LeaseWatch, SparesAWorkerWhoseCounterMoves) {
    LeaseWatch watch;
    for (int second = 0; second < 60; ++second) {
        EXPECT_TRUE(
            watch.observe({{1, second, 8s}}, kStart + std::chrono::seconds(second)).empty());
    }
}

TEST(LeaseWatch, GivesUpAWorkerAfterAFullTtlOfSilenceAndNotBefore) {
    LeaseWatch watch;
    EXPECT_TRUE(watch.observe({{1, 5, 8s}}, kStart).empty());
    EXPECT_TRUE(watch.observe({{1, 5, 8s}}, kStart + 7999ms).empty());
    const auto over = watch.observe({{1, 5, 8s}}, kStart + 8s);
    ASSERT_EQ(over.size(), 1U);
    EXPECT_EQ(over[0].renewals, 5);
}

TEST(LeaseWatch, AWatcherThatJustStartedWaitsATtlOfItsOwn) {
    LeaseWatch fresh;
    EXPECT_TRUE(fresh.observe({{1, 5, 8s}}, kStart + 1000h).empty());
}

TEST(LeaseWatch, ForgetsWorkersThatAreGone) {
    LeaseWatch watch;
    EXPECT_TRUE(watch.observe({{1, 5, 8s}}, kStart).empty());
    EXPECT_TRUE(watch.observe({}, kStart + 1s).empty());
    EXPECT_TRUE(watch.observe({{1, 5, 8s}}, kStart + 9s).empty());
}

TEST(ClaimLedger, ClosesAClaimWithItsLastJob) {
    ClaimLedger ledger;
    ledger.opened("a", 2);
    ledger.opened("b", 1);
    EXPECT_FALSE(ledger.settled("a"));
    EXPECT_TRUE(ledger.settled("a"));
    EXPECT_EQ(ledger.known(), std::vector<std::string>{"b"});
    EXPECT_FALSE(ledger.settled("unknown"));
}

TEST(SchemaProblem, NamesWhatToDo) {
    EXPECT_EQ(schema_problem({.current = 4, .min_worker = 1}, 4), "");
    EXPECT_EQ(schema_problem({.current = 6, .min_worker = 4}, 4), "");  // newer, but tolerant
    EXPECT_NE(schema_problem({}, 4).find("barid migrate"), std::string::npos);
    EXPECT_NE(schema_problem({.current = 3, .min_worker = 1}, 4).find("barid migrate"),
              std::string::npos);
    EXPECT_NE(schema_problem({.current = 6, .min_worker = 5}, 4).find("upgrade this program"),
              std::string::npos);
}

TEST(Migrations, AreNumberedWithoutGaps) {
    int expected = 1;
    for (const Migration& migration : embedded_migrations()) {
        EXPECT_EQ(migration.version, expected++) << migration.name;
    }
    EXPECT_EQ(newest_migration(), expected - 1);
}

}  // namespace
}  // namespace barid::queue
