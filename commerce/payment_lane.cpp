#include "commerce/payment_lane.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/timeout.hpp"

namespace barid::commerce {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBlockLife{250};

/// `wait` and up to half of it: those who wait don't come back together.
milliseconds with_jitter(milliseconds wait) {
    const auto half = static_cast<std::uint64_t>(std::max<std::int64_t>(wait.count() / 2, 1));
    return wait + milliseconds(static_cast<std::int64_t>(random_u64() % half));
}

}  // namespace

awaitable<LaneEntry> PaymentLane::lease(const std::string& gateway, int per_minute) {
    const int block = std::clamp(per_minute / 600, 1, 100);
    const pg::Result result = co_await pool_.execute(
        "SELECT granted, (extract(epoch FROM wait) * 1000)::bigint, paused_why, streak > 0 "
        "FROM barid.payment_lane($1, $2::int, $3::int)",
        pg::Params(gateway, block, per_minute));
    const pg::Row row = result.one();
    const int granted = row.get<int>(0);
    if (granted > 0) {
        blocks_[gateway] = {.left = granted - 1,
                            .good_until = clock_.steady_now() + kBlockLife,
                            .rested = row.get<bool>(3)};
        co_return LaneEntry{.granted = true};
    }
    const auto why = row.get<std::optional<std::string>>(2);
    co_return LaneEntry{.paused = why.has_value(),
                        .wait = milliseconds(row.get<std::int64_t>(1)),
                        .why = why.value_or("the rate of all workers together is used up")};
}

awaitable<LaneEntry> PaymentLane::enter(std::string gateway, int per_minute, milliseconds longest) {
    const SteadyTime until = clock_.steady_now() + longest;
    for (;;) {
        const SteadyTime now = clock_.steady_now();
        Block& block = blocks_[gateway];
        if (block.left > 0 && block.good_until > now) {
            block.left -= 1;
            co_return LaneEntry{.granted = true};
        }
        LaneEntry entry = co_await lease(gateway, per_minute);
        if (entry.granted || entry.paused) co_return entry;
        const milliseconds wait = with_jitter(entry.wait);
        if (clock_.steady_now() + wait > until) co_return entry;
        co_await sleep_for(wait);
    }
}

void PaymentLane::give_back(const std::string& gateway) {
    Block& block = blocks_[gateway];
    block.left += 1;
    block.good_until = clock_.steady_now() + kBlockLife;
}

awaitable<void> PaymentLane::rest(std::string gateway, std::optional<milliseconds> wanted) {
    blocks_.erase(gateway);
    std::optional<std::chrono::microseconds> pause;
    if (wanted) pause = *wanted;
    co_await pool_.execute("SELECT barid.payment_rest($1, $2::interval)",
                           pg::Params(gateway, pause));
}

awaitable<bool> PaymentLane::pause(std::string gateway, std::string why) {
    blocks_.erase(gateway);
    const pg::Result result =
        co_await pool_.execute("SELECT barid.payment_pause($1, $2)", pg::Params(gateway, why));
    co_return result.one().get<bool>(0);
}

awaitable<void> PaymentLane::answered(std::string gateway) {
    const auto found = blocks_.find(gateway);
    if (found == blocks_.end() || !found->second.rested) co_return;
    found->second.rested = false;
    co_await pool_.execute("SELECT barid.payment_answered($1)", pg::Params(gateway));
}

}  // namespace barid::commerce
