#include "jobs/http_deliver_lane.hpp"

#include <fmt/format.h>

#include <boost/system/system_error.hpp>

#include "base/crypto.hpp"

namespace barid::jobs {
namespace {

using std::chrono::milliseconds;

/// Between `least` and twice that: those that are sent away together don't come back together.
milliseconds spread(milliseconds least, milliseconds extra) {
    const double unit = static_cast<double>(random_u64() >> 11U) * 0x1.0p-53;
    return least +
           milliseconds(static_cast<std::int64_t>(static_cast<double>(extra.count()) * unit));
}

}  // namespace

Lane::Ticket::~Ticket() {
    if (!lane_) return;
    if (!reported_) lane_->breaker_.abandoned(permit_);
    --lane_->under_way_;
    lane_->wake();
}

void Lane::Ticket::report(HostHealth health, std::optional<milliseconds> rest) {
    const auto now = std::chrono::steady_clock::now();
    reported_ = true;
    if (rest) {
        lane_->breaker_.pause(now, *rest);
    } else if (health == HostHealth::failing) {
        lane_->breaker_.failed(permit_, now);
    } else if (health == HostHealth::well) {
        lane_->breaker_.succeeded(permit_);
    } else {
        lane_->breaker_.abandoned(permit_);
    }
}

void Lane::wake() {
    for (asio::steady_timer* timer : waiting_) timer->cancel();
}

awaitable<Lane::Entry> Lane::enter(int places) {
    const auto self = shared_from_this();
    const auto until = std::chrono::steady_clock::now() + options_.longest_wait;
    while (true) {
        const auto now = std::chrono::steady_clock::now();
        const Breaker::Answer answer = breaker_.ask(now);
        if (answer == Breaker::Answer::rest) {
            const auto left = std::chrono::ceil<milliseconds>(breaker_.rests_until() - now);
            co_return ComeBack{spread(left, breaker_.rest()),
                               "its host failed or asked for a pause, and rests"};
        }
        if (answer == Breaker::Answer::go && under_way_ < places) {
            ++under_way_;
            co_return Ticket(self, breaker_.begin(now));
        }
        const bool crowded = waiting_.size() >= static_cast<std::size_t>(places);
        if (now >= until || crowded) {
            co_return ComeBack{spread(milliseconds(1000), milliseconds(1000)),
                               fmt::format("its host has {} requests under way", under_way_)};
        }
        asio::steady_timer timer(co_await asio::this_coro::executor, until);
        const auto place = waiting_.insert(waiting_.end(), &timer);
        co_await timer.async_wait(use_tuple);
        waiting_.erase(place);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
}

}  // namespace barid::jobs
