#include "queue/schedule_service.hpp"

#include <algorithm>
#include <utility>

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

constexpr auto kPruneEvery = 60s;
/// Another worker holds what is due: it is not asked again in a tight loop.
constexpr auto kLockedElsewhere = 100ms;

}  // namespace

ScheduleService::ScheduleService(asio::io_context& io, pg::Pool& pool,
                                 std::chrono::milliseconds longest_sleep, log::Logger logger)
    : pool_(pool), longest_sleep_(longest_sleep), log_(std::move(logger)), sleeper_(io) {}

awaitable<std::chrono::milliseconds> ScheduleService::fire() {
    const pg::Result result =
        co_await pool_.execute("SELECT added, refused, next_ms FROM barid.fire_schedules()");
    const pg::Row row = result.one();
    const auto added = row.get<int>(0);
    const auto refused = row.get<int>(1);
    if (added > 0) log_.debug("schedules fired", {{"jobs", added}});
    if (refused > 0) {
        log_.warn("schedules could not add their jobs: see last_error in barid.schedules",
                  {{"schedules", refused}});
    }
    const auto next = row.get<std::optional<std::int64_t>>(2);
    if (!next) co_return longest_sleep_;
    const auto floor = added + refused > 0 ? 0ms : *next > 0 ? 1ms : kLockedElsewhere;
    const std::chrono::milliseconds until_next(std::min<std::int64_t>(*next, 86'400'000));
    co_return std::clamp(until_next, std::min<std::chrono::milliseconds>(floor, longest_sleep_),
                         longest_sleep_);
}

awaitable<void> ScheduleService::run() {
    auto next_prune = std::chrono::steady_clock::now() + kPruneEvery;
    while (true) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        poked_ = false;
        const auto sleep = co_await fire();
        if (std::chrono::steady_clock::now() >= next_prune) {
            co_await pool_.execute("SELECT barid.prune_schedule_runs()");
            next_prune = std::chrono::steady_clock::now() + kPruneEvery;
        }
        if (poked_) continue;
        sleeper_.expires_after(sleep);
        co_await sleeper_.async_wait(use_tuple);
    }
}

void ScheduleService::poke() {
    poked_ = true;
    sleeper_.cancel();
}

}  // namespace barid::queue
