// The checker is told wrong histories and must object, and right ones, and must not.
#include "tests/fault/history/checker.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace barid::history {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Three jobs, each asked for, run and completed, one after the other, on two workers.
class HistoryChecker : public testing::Test {
  protected:
    HistoryChecker() {
        h.leases = {{11, {"w1", 10'000}}, {22, {"w2", 10'000}}};
        for (int i = 1; i <= 3; ++i) job(i);
    }

    void job(int i) {
        const std::string ref = "r" + std::to_string(i);
        Enqueue e;
        e.ref = ref;
        e.id = i;
        e.fate = Fate::committed;
        e.began = i * 100 - 50;
        e.answered = i * 100 - 40;
        h.enqueues.push_back(e);
        run(i, i % 2 == 0 ? 22 : 11, i * 100, i * 100 + 30);
        h.finals.push_back({i, ref, "default", "completed", 1, 5, h.runs.back().claim, 0});
    }

    history::Run& run(std::int64_t id, std::int64_t lease, Nanos from, std::optional<Nanos> to,
                      int attempt = 1) {
        history::Run r;
        r.lease = lease;
        r.worker = h.leases.at(lease).worker;
        r.job = id;
        r.ref = "r" + std::to_string(id);
        r.attempt = attempt;
        r.claim = "c" + std::to_string(h.runs.size());
        r.started = from;
        r.ended = to;
        r.how = to ? "done" : "";
        return h.runs.emplace_back(std::move(r));
    }

    [[nodiscard]] std::vector<std::string> problems() const { return check(h).problems; }

    History h;
};

TEST_F(HistoryChecker, FindsNothingInARightHistory) {
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(check(h).committed, 3);
    EXPECT_EQ(check(h).runs, 3);
}

TEST_F(HistoryChecker, MissesALostJob) {
    h.finals.erase(h.finals.begin() + 1);
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job r2 (2) was committed and is lost")));
}

TEST_F(HistoryChecker, SeesAJobThatNeverEnded) {
    h.finals[1].state = "running";
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job r2 (2) is still running")));
}

TEST_F(HistoryChecker, SeesTwoEndsOfOneRequest) {
    Final twin = h.finals[0];
    twin.id = 9;
    twin.state = "failed";
    h.finals.push_back(twin);
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job r1 has 2 final states")));
}

TEST_F(HistoryChecker, SeesWhatWasRolledBack) {
    h.enqueues[1].fate = Fate::rolled_back;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("r2 was rolled back and is there")));
}

TEST_F(HistoryChecker, LetsAnUnansweredCommitGoEitherWay) {
    h.enqueues[1].fate = Fate::unknown;
    EXPECT_THAT(problems(), IsEmpty());
    h.finals.erase(h.finals.begin() + 1);
    h.runs.erase(h.runs.begin() + 1);
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(HistoryChecker, SeesARunWithoutAJob) {
    h.enqueues[1].fate = Fate::unknown;
    h.finals.erase(h.finals.begin() + 1);
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("r2 ran and has no final state")));
}

TEST_F(HistoryChecker, SeesTwoLiveRunsOfOneJob) {
    h.runs[0].how = "retry";
    h.finals[0].claim = run(1, 22, 120, 150, 2).claim;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 ran twice at once")));
}

TEST_F(HistoryChecker, IgnoresWhatARunDoesAfterItsLease) {
    h.leases[11].until = 115;
    h.leases[33] = {"w1", 10'000};
    for (history::Run& r : h.runs) {
        if (r.job != 1 && r.lease == 11) r.lease = 33;
    }
    h.finals[0].claim = run(1, 22, 120, 150, 2).claim;
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(HistoryChecker, SeesARunThatStartsWithoutALease) {
    h.leases[33] = {"w1", 90};
    h.runs[0].lease = 33;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 was started on w1 0 ms after its lease")));
}

TEST_F(HistoryChecker, EndsARunWithItsProcess) {
    h.runs[0].ended.reset();
    h.runs[0].how.clear();
    h.runs[0].worker = "w3";
    h.killed["w3"] = 110;
    h.finals[0].claim = run(1, 22, 120, 150, 2).claim;
    EXPECT_THAT(problems(), IsEmpty());
    h.killed["w3"] = 121;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 ran twice at once")));
}

TEST_F(HistoryChecker, ExcusesAClaimThatACrashForgotAndNoOther) {
    h.runs[0].how = "retry";
    h.finals[0].claim = run(1, 22, 120, 150, 1).claim;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 ran twice at once")));
    h.crashes = {{105, 115}};
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(check(h).forgotten, 1);
    h.runs.back().attempt = 2;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 ran twice at once")));
}

TEST_F(HistoryChecker, DoesNotExcuseAForgottenClaimOfAKeyedJob) {
    h.runs[0].how = "retry";
    h.enqueues[0].ordering_key = "k";
    h.finals[0].claim = run(1, 22, 120, 150, 1).claim;
    h.crashes = {{105, 115}};
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 ran twice at once")));
}

TEST_F(HistoryChecker, SeesASuccessRunAgainUnderALiveLease) {
    h.finals[0].claim = run(1, 22, 200, 250, 2).claim;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 succeeded on w1 and ran again on w2")));
    h.killed["w1"] = 140;  // before its settle was written: then it is right
    h.runs[2].worker = "w9";
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(HistoryChecker, SeesAnEndThatNobodyReported) {
    h.runs[1].how = "retry";
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 2 is completed by a claim under which no")));
}

TEST_F(HistoryChecker, CountsAttempts) {
    h.finals[0].attempt = 6;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 ended at attempt 6 of 5")));
    h.finals[0].attempt = 1;
    h.runs[0].attempt = 6;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 ran as attempt 6 of 5")));
}

TEST_F(HistoryChecker, WatchesTheOrderOfAKey) {
    for (Enqueue& e : h.enqueues) e.ordering_key = "k";
    EXPECT_THAT(problems(), IsEmpty());
    std::swap(h.enqueues[0].began, h.enqueues[1].began);
    std::swap(h.enqueues[0].answered, h.enqueues[1].answered);
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("key k: r1 started before r2 had ended")));
    // Neither producer knew of the other: either order is right.
    h.enqueues[0].answered = h.enqueues[1].answered = 190;
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(HistoryChecker, WatchesThatAKeyRunsOneAtATime) {
    h.enqueues[0].ordering_key = h.enqueues[1].ordering_key = "k";
    h.enqueues[0].answered = h.enqueues[1].answered = 190;
    h.runs[0].ended = 205;
    EXPECT_THAT(problems(), testing::Each(HasSubstr("ran at the same time")));
    EXPECT_EQ(problems().size(), 2U);
}

TEST_F(HistoryChecker, WatchesThatARetryOfAKeysHeadComesBeforeTheNext) {
    h.enqueues[0].ordering_key = h.enqueues[1].ordering_key = "k";
    h.runs[0].how = "retry";
    h.finals[0].claim = run(1, 11, 400, 430, 2).claim;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("key k: r2 started before r1 had ended")));
}

TEST_F(HistoryChecker, WatchesUniqueKeys) {
    h.enqueues[0].unique_key = h.enqueues[1].unique_key = "u";
    EXPECT_THAT(problems(), IsEmpty());
    h.runs[0].ended = 205;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("unique key u: r1 and r2 were there at once")));
}

TEST_F(HistoryChecker, LetsOneJobStandForAnotherRequest) {
    h.enqueues[1].unique_key = "u";
    h.enqueues[1].id = 1;
    h.runs.erase(h.runs.begin() + 1);
    h.finals.erase(h.finals.begin() + 1);
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(check(h).deduplicated, 1);
    h.enqueues[1].unique_key.clear();
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job r2 (1) was committed and is lost")));
}

TEST_F(HistoryChecker, WatchesTheLimitsOfAQueueAndOfItsKeys) {
    for (Enqueue& e : h.enqueues) e.queue = "narrow";
    h.limits = {{"narrow", 1, 0}};
    EXPECT_THAT(problems(), IsEmpty());
    h.runs[0].ended = 205;
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("queue narrow, limit key '': 2 ran at once")));
    h.limits = {{"narrow", 2, 1}};
    EXPECT_THAT(problems(), IsEmpty());
    h.enqueues[0].limit_key = h.enqueues[1].limit_key = "shop";
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("limit key 'shop': 2 ran at once, 1 may")));
}

TEST_F(HistoryChecker, WatchesThatParentsComeFirst) {
    h.enqueues[2].after = {1, 2};
    EXPECT_THAT(problems(), IsEmpty());
    h.enqueues[0].after = {3};
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("job 1 started before its parent 3 had ended")));
}

TEST_F(HistoryChecker, SeesWhatIsLeftBehind) {
    h.left = {{"claim", 0}, {"ordering_slot", 2}};
    h.surprises = {"a deadlock"};
    EXPECT_THAT(problems(), ElementsAre("2 rows are left in ordering_slot", "a deadlock"));
}

TEST(HistoryLog, IsReadLineByLine) {
    History h;
    read_log(
        "B w1 11 500\nS w1 11 7 2 claim r7 100\nB w1 11 900\nE w1 7 claim done 130\n"
        "S w1 11 8 1 other r8 140\nK w1 150\nS w1 11 9 1 cut-o",
        h);
    ASSERT_EQ(h.runs.size(), 2U);
    EXPECT_EQ(h.runs[0].ended, 130);
    EXPECT_EQ(h.runs[0].how, "done");
    EXPECT_EQ(h.runs[0].attempt, 2);
    EXPECT_FALSE(h.runs[1].ended.has_value());
    EXPECT_EQ(h.leases.at(11).until, 900);
    EXPECT_EQ(h.killed.at("w1"), 150);
}

TEST(HistoryLog, RefusesWhatMakesNoSense) {
    History h;
    EXPECT_THROW(read_log("E w1 7 claim done 130\n", h), std::runtime_error);
    EXPECT_THROW(read_log("nonsense\n", h), std::runtime_error);
}

}  // namespace
}  // namespace barid::history
