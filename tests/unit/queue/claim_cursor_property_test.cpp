// The claim's cursors against a simple model: a table of rows, some of which become visible late.
// Whatever happens, every visible row is found within the promised time.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "queue/claim_cursor.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

const SystemTime kEpoch = SystemTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1));

/// A row as the database has it; `visible` is when its transaction committed.
struct Row {
    Job job;
    std::chrono::milliseconds visible;
    bool claimed = false;
};

/// A table, and processes that claim from it, each with a cursor of its own.
class World {
  public:
    World(int processes, std::size_t demand) : demand_(demand) {
        for (int i = 0; i < processes; ++i)
            cursors_.emplace_back(std::vector<std::string>{"a", "b"});
    }

    /// As enqueue does it: the start is the transaction's time or later, the commit may be long
    /// after.
    void insert(std::chrono::milliseconds delay, std::chrono::milliseconds commit_after,
                const std::string& queue, int priority) {
        Row row;
        row.job.id = ++ids_;
        row.job.queue = queue;
        row.job.priority = priority;
        row.job.run_at = database_now() + delay;
        row.visible = now_ + commit_after;
        rows_.push_back(row);
    }

    /// A failed job comes back with a start of now or later, under its old id.
    void retry(std::size_t which, std::chrono::milliseconds delay) {
        if (rows_.empty()) return;
        Row& row = rows_[which % rows_.size()];
        if (!row.claimed) return;
        row.claimed = false;
        row.job.run_at = database_now() + delay;
        row.visible = now_;
    }

    void pass(std::chrono::milliseconds time) { now_ += time; }
    void step_clock(std::chrono::milliseconds by) { skew_ += by; }

    void claim(std::size_t process) {
        ClaimCursor& cursor = cursors_[process % cursors_.size()];
        const SteadyTime started = steady();
        const Scan scan = cursor.next_scan(started);
        std::vector<Job> jobs;
        for (const CursorRow& from : cursor.plan(scan, database_now())) take(from, jobs);
        cursor.claimed(scan, jobs, jobs.size() >= demand_, started, started + 1ms, database_now());
    }

    /// Everybody claims four times a second for `time`.
    void work(std::chrono::milliseconds time) {
        for (auto left = time; left > 0ms; left -= 250ms) {
            for (std::size_t i = 0; i < cursors_.size(); ++i) claim(i);
            pass(250ms);
        }
    }

    [[nodiscard]] std::vector<std::int64_t> forgotten() const {
        std::vector<std::int64_t> ids;
        for (const Row& row : rows_) {
            if (!row.claimed && row.visible <= now_ && row.job.run_at <= database_now()) {
                ids.push_back(row.job.id);
            }
        }
        return ids;
    }

    [[nodiscard]] bool claimed(std::int64_t id) const {
        return rows_[static_cast<std::size_t>(id - 1)].claimed;
    }
    [[nodiscard]] std::int64_t last_id() const { return ids_; }

  private:
    [[nodiscard]] SystemTime database_now() const { return kEpoch + now_ + skew_; }
    [[nodiscard]] SteadyTime steady() const { return SteadyTime(1h) + now_; }

    /// The LATERAL scan of one row of the cursors, in the order of (run_at, id).
    void take(const CursorRow& from, std::vector<Job>& jobs) {
        std::vector<Row*> found;
        for (Row& row : rows_) {
            const bool here = row.job.queue == from.queue && row.job.priority == from.priority;
            const bool due = row.visible <= now_ && row.job.run_at <= database_now();
            const Position at{row.job.run_at, row.job.id};
            if (here && due && !row.claimed && at > from.after) found.push_back(&row);
        }
        std::ranges::sort(found, {},
                          [](const Row* r) { return Position{r->job.run_at, r->job.id}; });
        for (Row* row : found) {
            if (jobs.size() >= demand_) return;
            row->claimed = true;
            jobs.push_back(row->job);
        }
    }

    std::size_t demand_;
    std::vector<ClaimCursor> cursors_;
    std::vector<Row> rows_;
    std::int64_t ids_ = 0;
    std::chrono::milliseconds now_{0};
    std::chrono::milliseconds skew_{0};
};

/// Makes anything of what may happen happen, once.
void happen(World& world, bool clock_steps) {
    const auto ms = [](int from, int to) {
        return std::chrono::milliseconds(*rc::gen::inRange(from, to));
    };
    switch (*rc::gen::inRange(0, clock_steps ? 7 : 6)) {
        case 0:
        case 1:
            world.insert(*rc::gen::element(0, 0, 1) == 0 ? 0ms : ms(0, 5'000),
                         *rc::gen::element(0, 0, 1) == 0 ? 0ms : ms(0, 20'000),
                         *rc::gen::element<std::string>("a", "b"), *rc::gen::inRange(0, 3));
            break;
        case 2:
            world.retry(*rc::gen::inRange<std::size_t>(0, 100), ms(0, 3'000));
            break;
        case 3:
            world.pass(ms(0, 4'000));
            break;
        case 4:
        case 5:
            world.claim(*rc::gen::inRange<std::size_t>(0, 3));
            break;
        default:
            world.step_clock(ms(-60'000, 60'000));
    }
}

RC_GTEST_PROP(ClaimCursorProperty, FindsEveryVisibleRow, ()) {
    World world(*rc::gen::inRange(1, 4), *rc::gen::inRange<std::size_t>(1, 6));
    const int steps = *rc::gen::inRange(1, 80);
    for (int i = 0; i < steps; ++i) happen(world, false);
    // Late commits have happened by then, delays are over, and then a deep scan at the latest.
    world.work(25s + 31s);
    RC_ASSERT(world.forgotten().empty());
}

RC_GTEST_PROP(ClaimCursorProperty, FindsEveryVisibleRowThoughTheDatabasesClockSteps, ()) {
    World world(*rc::gen::inRange(1, 4), *rc::gen::inRange<std::size_t>(1, 6));
    const int steps = *rc::gen::inRange(1, 80);
    for (int i = 0; i < steps; ++i) happen(world, true);
    world.work(25s + 31s);
    RC_ASSERT(world.forgotten().empty());
}

RC_GTEST_PROP(ClaimCursorProperty, StartsWithinASecondWhatATransactionOfTenSecondsCommitted, ()) {
    World world(*rc::gen::inRange(1, 3), 50);
    const int before = *rc::gen::inRange(0, 20);
    for (int i = 0; i < before; ++i) world.insert(0ms, 0ms, "a", 5);
    world.work(1s);
    const auto open = std::chrono::milliseconds(*rc::gen::inRange(0, 10'001));
    world.insert(0ms, open, "a", 5);
    const std::int64_t late = world.last_id();
    for (auto left = open; left > 0ms; left -= 250ms) {
        world.insert(0ms, 0ms, "a", 5);  // the cursor moves on
        world.work(250ms);
    }
    world.work(1s);
    RC_ASSERT(world.claimed(late));
}

RC_GTEST_PROP(ClaimCursorProperty, StartsWithinASecondAfterTheDatabasesClockSteppedBack, ()) {
    World world(*rc::gen::inRange(1, 3), 50);
    for (int i = 0; i < 5; ++i) world.insert(0ms, 0ms, "a", 5);
    world.work(1s);
    world.step_clock(-std::chrono::milliseconds(*rc::gen::inRange(2'000, 3'600'000)));
    world.work(250ms);  // the step is noticed
    world.insert(0ms, 0ms, "a", 5);
    world.work(1s);
    RC_ASSERT(world.claimed(world.last_id()));
}

RC_GTEST_PROP(ClaimCursorProperty, GoesOnWithLateRowsAtOnceWhenADemandWasTooSmallForAll, ()) {
    World world(1, *rc::gen::inRange<std::size_t>(1, 4));
    world.insert(0ms, 0ms, "a", 5);
    world.work(500ms);
    const int late = *rc::gen::inRange(2, 30);
    for (int i = 0; i < late; ++i) world.insert(0ms, 5s, "a", 5);
    world.pass(4s);
    world.insert(0ms, 0ms, "a", 5);
    world.work(1s);
    for (int i = 0; i < 2 * late + 60; ++i) {
        world.claim(0);
        world.pass(10ms);
    }
    RC_ASSERT(world.forgotten().empty());
}

RC_GTEST_PROP(ClaimCursorProperty, TakesNoMoreThanATwentiethOfTheTimeForDeepScans, ()) {
    ClaimCursor cursor({"q"});
    const auto cost = std::chrono::milliseconds(*rc::gen::inRange(1, 1'400));
    SteadyTime now(1h);
    SteadyTime last{};
    for (int i = 0; i < 400; ++i) {
        const Scan scan = cursor.next_scan(now);
        const auto took = scan == Scan::deep ? cost : 1ms;
        if (scan == Scan::deep) {
            if (last != SteadyTime{})
                RC_ASSERT(now - last >= std::max<std::chrono::milliseconds>(cost * 20, 2'000ms));
            last = now;
        }
        cursor.claimed(scan, {}, false, now, now + took, kEpoch);
        now += took + 250ms;
    }
    RC_ASSERT(now - last <= 31s);
}

}  // namespace
}  // namespace barid::queue
