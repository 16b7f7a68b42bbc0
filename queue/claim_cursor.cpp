#include "queue/claim_cursor.hpp"

#include <algorithm>

namespace barid::queue {

ClaimCursor::ClaimCursor(std::vector<std::string> queues, ScanPolicy policy)
    : policy_(policy), queues_(std::move(queues)) {}

Scan ClaimCursor::next_scan(SteadyTime now, Scan hint) const {
    const auto since_deep = now - last_deep_;
    const bool never = last_deep_ == SteadyTime{};
    const auto affordable = std::max<std::chrono::nanoseconds>(
        policy_.deep_every, deep_cost_ * policy_.deep_cost_factor);
    const bool deep_due =
        since_deep >= std::min<std::chrono::nanoseconds>(affordable, policy_.deep_at_latest);
    if (never || deep_due || again_deep_) return Scan::deep;
    if (hint == Scan::deep && since_deep >= deep_cost_ * policy_.deep_cost_factor) {
        return Scan::deep;
    }
    const bool look_back_due = now - last_look_back_ >= policy_.look_back_every;
    if (look_back_due || again_look_back_ || hint != Scan::forward) return Scan::look_back;
    return Scan::forward;
}

std::vector<CursorRow> ClaimCursor::plan(Scan scan, SystemTime database_now) {
    std::vector<CursorRow> rows;
    rows.reserve(queues_.size() * 10);
    ++rotation_;
    for (int priority = 0; priority <= 9; ++priority) {
        for (std::size_t i = 0; i < queues_.size(); ++i) {
            const std::string& queue = queues_[(i + rotation_) % queues_.size()];
            const auto at = positions_.find({queue, priority});
            Position after = at == positions_.end() ? Position{} : at->second;
            if (scan == Scan::deep && !again_deep_) after = Position{};
            if (scan == Scan::look_back && !again_look_back_) {
                after = std::min(after, Position{database_now - policy_.look_back, 0});
            }
            rows.push_back({queue, priority, after});
        }
    }
    return rows;
}

void ClaimCursor::claimed(Scan scan, const std::vector<Job>& jobs, bool full, SteadyTime started,
                          SteadyTime finished, SystemTime database_now) {
    if (database_now + std::chrono::seconds(1) < last_database_now_) reset();
    last_database_now_ = database_now;
    std::map<Level, Position> reached;
    for (const Job& job : jobs) {
        Position& last = reached[{job.queue, job.priority}];
        last = std::max(last, Position{job.run_at, job.id});
    }
    for (const auto& [level, position] : reached) {
        Position& cursor = positions_[level];
        // A scan that stopped at the demand may have left rows right behind what it took.
        cursor = full ? position : std::max(cursor, position);
    }
    if (scan != Scan::forward) {
        again_look_back_ = scan == Scan::look_back && full;
        last_look_back_ = started;
    }
    if (scan == Scan::deep) {
        again_deep_ = full;
        last_deep_ = started;
        deep_cost_ = finished - started;
    }
}

void ClaimCursor::reset() {
    positions_.clear();
    last_deep_ = {};
    again_look_back_ = again_deep_ = false;
}

void ClaimCursor::set_queues(std::vector<std::string> queues) {
    if (queues == queues_) return;
    queues_ = std::move(queues);
    std::erase_if(positions_, [&](const auto& entry) {
        return std::ranges::find(queues_, entry.first.first) == queues_.end();
    });
}

}  // namespace barid::queue
