// The harness of the races itself: it must find what is known to be wrong, and nothing else.
#include "tests/support/interleave.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/database.hpp"

namespace barid::support {
namespace {

class Interleave : public testing::Test {
  protected:
    Interleave() : races(database.url()) {
        races.execute(
            "CREATE SCHEMA till; CREATE TABLE till.drawer (id int PRIMARY KEY, coins int);"
            "CREATE FUNCTION till.careless(drawer_id int) RETURNS int LANGUAGE plpgsql AS $$"
            "DECLARE n int; BEGIN SELECT coins INTO n FROM till.drawer WHERE id = drawer_id;"
            "UPDATE till.drawer SET coins = n + 1 WHERE id = drawer_id; RETURN n + 1; END $$;"
            "CREATE FUNCTION till.careful(drawer_id int) RETURNS int LANGUAGE plpgsql AS $$"
            "DECLARE n int; BEGIN SELECT coins INTO n FROM till.drawer WHERE id = drawer_id "
            "FOR UPDATE; UPDATE till.drawer SET coins = n + 1 WHERE id = drawer_id;"
            "RETURN n + 1; END $$");
        races.barriers("till");
    }

    std::function<void()> fresh() {
        return [this] {
            races.execute("TRUNCATE till.drawer; INSERT INTO till.drawer VALUES (1, 0), (2, 0)");
        };
    }

    std::string coins(int drawer = 1) {
        return races.execute("SELECT coins FROM till.drawer WHERE id = " + std::to_string(drawer));
    }

    /// Whether any schedule loses one of the two coins.
    bool loses_a_coin(const std::string& function) {
        bool lost = false;
        const std::string call = "SELECT till." + function + "(1)";
        races.explore({{"a", {call}}, {"b", {call}}}, fresh(), [&](const RaceRun& run) {
            EXPECT_TRUE(run.errors[0].empty() && run.errors[1].empty()) << run.told();
            lost = lost || coins() != "2";
            return true;
        });
        return lost;
    }

    TestDatabase database;
    Interleaver races;
};

TEST_F(Interleave, FindsALostUpdateInsideOfAFunction) {
    EXPECT_TRUE(loses_a_coin("careless"));
}

TEST_F(Interleave, FindsNoneWhereTheRowIsLocked) {
    EXPECT_FALSE(loses_a_coin("careful"));
}

TEST_F(Interleave, FindsADeadlockAndSaysWhoseItWas) {
    int deadlocks = 0;
    const auto both = [](int first, int second) {
        return transaction("SELECT till.careful(" + std::to_string(first) +
                           "); SELECT till.careful(" + std::to_string(second) + ")");
    };
    const auto look = [&](const RaceRun& run) {
        if (run.deadlocked()) ++deadlocks;
        return true;
    };
    races.explore({{"a", both(1, 2)}, {"b", both(2, 1)}}, fresh(), look);
    EXPECT_GT(deadlocks, 0);
    deadlocks = 0;
    races.explore({{"a", both(1, 2)}, {"b", both(1, 2)}}, fresh(), look);
    EXPECT_EQ(deadlocks, 0);
}

TEST_F(Interleave, RunsEveryOrderOfStepsThatDoNotMeetOnce) {
    std::set<std::string> schedules;
    const auto report =
        races.explore({{"a", {"SELECT 1", "SELECT 2"}}, {"b", {"SELECT 3", "SELECT 4"}}}, fresh(),
                      [&](const RaceRun& run) {
                          EXPECT_TRUE(schedules.insert(run.schedule).second) << run.told();
                          EXPECT_EQ(run.answers, (std::vector<std::string>{"2", "4"}));
                          return true;
                      },
                      {.preemptions = 10});
    EXPECT_EQ(report.runs, 6);
    EXPECT_TRUE(report.complete);
}

TEST_F(Interleave, SaysThatThereWereMoreThanItRan) {
    const auto report = races.explore({{"a", {"SELECT 1", "SELECT 2"}}, {"b", {"SELECT 3"}}},
                                      fresh(), [](const RaceRun&) { return true; }, {.limit = 2});
    EXPECT_EQ(report.runs, 2);
    EXPECT_FALSE(report.complete);
}

TEST_F(Interleave, AnErrorEndsASessionsPartAndLeavesTheOthersTheirs) {
    const auto report = races.explore({{"a", transaction("SELECT till.careful(1); SELECT 1 / 0")},
                                       {"b", transaction("SELECT till.careful(1)")}},
                                      fresh(), [&](const RaceRun& run) {
                                          EXPECT_TRUE(run.errors[0].starts_with("22012"))
                                              << run.told();
                                          EXPECT_EQ(run.answers[1], "1") << run.told();
                                          EXPECT_EQ(coins(), "1") << run.told();
                                          return true;
                                      });
    EXPECT_GT(report.runs, 2);
}

TEST_F(Interleave, PutsBackWhatWasKept) {
    races.execute(
        "CREATE TABLE till.note (id bigint GENERATED ALWAYS AS IDENTITY, drawer_id int "
        "REFERENCES till.drawer, text text, twice text GENERATED ALWAYS AS (text || text) STORED);"
        "CREATE TABLE till.empty (id int);"
        "INSERT INTO till.drawer VALUES (7, 3);"
        "INSERT INTO till.note (drawer_id, text) VALUES (7, 'عملة')");
    races.keep({"till"});
    for (int i = 0; i < 2; ++i) {
        races.execute(
            "INSERT INTO till.empty VALUES (1); DELETE FROM till.note; DELETE FROM till.drawer");
        races.put_back();
        EXPECT_EQ(races.execute("SELECT concat_ws(' ', (SELECT count(*) FROM till.empty), d.id, "
                                "d.coins, n.id, n.twice) FROM till.drawer d JOIN till.note n "
                                "ON n.drawer_id = d.id"),
                  "0 7 3 1 عملةعملة");
    }
}

TEST_F(Interleave, ThreeSessionsQueueForOneRow) {
    const auto call = transaction("SELECT till.careful(1)");
    bool queued = false;
    races.explore({{"a", call}, {"b", call}, {"c", call}}, fresh(), [&](const RaceRun& run) {
        EXPECT_EQ(coins(), "3") << run.told();
        EXPECT_EQ(std::set<std::string>(run.answers.begin(), run.answers.end()),
                  (std::set<std::string>{"1", "2", "3"}));
        queued = queued || run.schedule.find('!') != run.schedule.rfind('!');
        return true;
    });
    EXPECT_TRUE(queued) << "no schedule had two sessions wait";
}

}  // namespace
}  // namespace barid::support
