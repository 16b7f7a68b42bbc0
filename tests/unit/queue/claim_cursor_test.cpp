#include "queue/claim_cursor.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

const SystemTime kNow = SystemTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1));
const SteadyTime kSteady = SteadyTime(1h);

Job job(std::int64_t id, SystemTime run_at, int priority = 5, std::string queue = "q") {
    Job made;
    made.id = id;
    made.run_at = run_at;
    made.priority = priority;
    made.queue = std::move(queue);
    return made;
}

Position after(const std::vector<CursorRow>& rows, int priority) {
    return std::ranges::find(rows, priority, &CursorRow::priority)->after;
}

class ClaimCursorTest : public testing::Test {
  protected:
    /// A cursor that has done its first scan from the beginning.
    void SetUp() override { cursor.claimed(Scan::deep, {}, false, kSteady, kSteady + 1ms, kNow); }
    ClaimCursor cursor{{"q"}};
};

TEST(ClaimCursor, StartsWithAScanFromTheBeginning) {
    ClaimCursor fresh({"q"});
    EXPECT_EQ(fresh.next_scan(kSteady), Scan::deep);
    EXPECT_EQ(after(fresh.plan(Scan::deep, kNow), 5), Position{});
}

TEST_F(ClaimCursorTest, GoesOnBehindTheLastClaimedJob) {
    cursor.claimed(Scan::forward, {job(7, kNow - 2s), job(9, kNow - 1s)}, true, kSteady, kSteady,
                   kNow);
    EXPECT_EQ(after(cursor.plan(Scan::forward, kNow), 5), (Position{kNow - 1s, 9}));
    EXPECT_EQ(after(cursor.plan(Scan::forward, kNow), 4), Position{});
}

TEST_F(ClaimCursorTest, LooksBackFurtherThanAnOrdinaryTransactionLasts) {
    cursor.claimed(Scan::forward, {job(9, kNow)}, false, kSteady, kSteady, kNow);
    const Position back = after(cursor.plan(Scan::look_back, kNow), 5);
    EXPECT_LE(back.run_at, kNow - 10s - 500ms);
    EXPECT_EQ(cursor.next_scan(kSteady + 100ms), Scan::forward);
    EXPECT_EQ(cursor.next_scan(kSteady + 600ms), Scan::look_back);
}

TEST_F(ClaimCursorTest, ALookBackThatFoundOldRowsMovesTheCursorBackToThem) {
    cursor.claimed(Scan::forward, {job(100, kNow)}, false, kSteady, kSteady, kNow);
    cursor.claimed(Scan::look_back, {job(3, kNow - 8s)}, true, kSteady, kSteady, kNow);
    EXPECT_EQ(after(cursor.plan(Scan::forward, kNow), 5), (Position{kNow - 8s, 3}));
    // More rows may lie right behind: the look-back goes on from there at once.
    EXPECT_EQ(cursor.next_scan(kSteady), Scan::look_back);
    EXPECT_EQ(after(cursor.plan(Scan::look_back, kNow), 5), (Position{kNow - 8s, 3}));
}

TEST_F(ClaimCursorTest, ALookBackThatSawEverythingKeepsTheFurtherCursor) {
    cursor.claimed(Scan::forward, {job(100, kNow)}, false, kSteady, kSteady, kNow);
    cursor.claimed(Scan::look_back, {job(3, kNow - 8s)}, false, kSteady, kSteady, kNow);
    EXPECT_EQ(after(cursor.plan(Scan::forward, kNow), 5), (Position{kNow, 100}));
}

TEST_F(ClaimCursorTest, AnExpensiveDeepScanIsMadeSeldomAndStillWithinThirtySeconds) {
    cursor.claimed(Scan::deep, {}, false, kSteady, kSteady + 500ms, kNow);  // costs 500 ms
    cursor.claimed(Scan::look_back, {}, false, kSteady + 9s, kSteady + 9s, kNow);
    EXPECT_NE(cursor.next_scan(kSteady + 9s), Scan::deep);
    EXPECT_EQ(cursor.next_scan(kSteady + 10s), Scan::deep);
    cursor.claimed(Scan::deep, {}, false, kSteady, kSteady + 20s, kNow);
    EXPECT_NE(cursor.next_scan(kSteady + 29s), Scan::deep);
    EXPECT_EQ(cursor.next_scan(kSteady + 30s), Scan::deep);
}

TEST_F(ClaimCursorTest, ForgetsEverythingWhenTheDatabasesClockStepsBack) {
    cursor.claimed(Scan::forward, {job(100, kNow)}, false, kSteady, kSteady, kNow);
    cursor.claimed(Scan::forward, {}, false, kSteady, kSteady, kNow - 5s);
    EXPECT_EQ(after(cursor.plan(Scan::forward, kNow), 5), Position{});
    EXPECT_EQ(cursor.next_scan(kSteady), Scan::deep);
}

TEST_F(ClaimCursorTest, PlansPriorityByPriorityAndRotatesTheQueues) {
    ClaimCursor three({"a", "b", "c"});
    const auto first = three.plan(Scan::forward, kNow);
    const auto second = three.plan(Scan::forward, kNow);
    ASSERT_EQ(first.size(), 30U);
    EXPECT_TRUE(std::ranges::is_sorted(first, {}, &CursorRow::priority));
    EXPECT_NE(first.front().queue, second.front().queue);
}

TEST_F(ClaimCursorTest, ForgetsTheQueuesItNoLongerServes) {
    cursor.claimed(Scan::forward, {job(100, kNow)}, false, kSteady, kSteady, kNow);
    cursor.set_queues({"other"});
    cursor.set_queues({"q"});
    EXPECT_EQ(after(cursor.plan(Scan::forward, kNow), 5), Position{});
}

}  // namespace
}  // namespace barid::queue
