#include "notify/lane_book.hpp"

#include <algorithm>

namespace barid::notify {
namespace {

constexpr std::chrono::milliseconds kBlockLife{250};
/// Single messages lease for those that come right after them.
constexpr int kSmallestBlock = 32;

}  // namespace

awaitable<LaneGrant> LaneBook::take(const std::string& project, Lane lane, int want) {
    const Key key(project, lane);
    LaneGrant out;
    if (const auto it = blocks_.find(key); it != blocks_.end()) {
        if (it->second.good_until > clock_.steady_now()) {
            out.granted = std::min(want, it->second.left);
            it->second.left -= out.granted;
        } else {
            blocks_.erase(it);
        }
    }
    if (out.granted == want) co_return out;
    const int missing = want - out.granted;
    const LaneGrant fresh = co_await ledger_.lease_lane(
        project, lane, std::max(missing, kSmallestBlock), pacing_.quota_per_minute, pacing_.ramp);
    const int used = std::min(missing, fresh.granted);
    out.granted += used;
    out.wait = fresh.wait;
    if (fresh.granted > used) give_back(project, lane, fresh.granted - used);
    co_return out;
}

void LaneBook::give_back(const std::string& project, Lane lane, int count) {
    if (count <= 0) return;
    const SteadyTime now = clock_.steady_now();
    Block& block = blocks_[Key(project, lane)];
    if (block.good_until <= now) block = {.left = 0, .good_until = now + kBlockLife};
    block.left += count;
}

void LaneBook::forget(const std::string& project) {
    std::erase_if(blocks_, [&](const auto& entry) { return entry.first.first == project; });
}

}  // namespace barid::notify
