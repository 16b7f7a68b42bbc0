#include "jobs/single_flight.hpp"

#include <boost/system/system_error.hpp>

namespace barid::jobs {

awaitable<SingleFlight::Turn> SingleFlight::enter(std::string key) {
    const auto executor = co_await asio::this_coro::executor;
    for (auto found = under_way_.find(key); found != under_way_.end();
         found = under_way_.find(key)) {
        const std::shared_ptr<asio::steady_timer> ended = found->second;
        co_await ended->async_wait(use_tuple);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
    under_way_.emplace(
        key, std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max()));
    co_return Turn(*this, std::move(key));
}

SingleFlight::Turn::~Turn() {
    if (flights_ == nullptr) return;
    const auto found = flights_->under_way_.find(key_);
    if (found == flights_->under_way_.end()) return;
    found->second->cancel();
    flights_->under_way_.erase(found);
}

}  // namespace barid::jobs
