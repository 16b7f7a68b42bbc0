#include "notify/send_gate.hpp"

#include <array>
#include <deque>

namespace barid::notify {

struct SendGate::State {
    std::size_t free = 0;
    std::array<std::deque<Waiter*>, 2> waiting = {};  ///< transactional, broadcast
    bool closed = false;
};

/// Takes itself off the queue when its coroutine ends, however that ends.
struct SendGate::Waiter {
    Waiter(asio::any_io_executor executor, std::shared_ptr<State> of, std::size_t lane)
        : timer(std::move(executor), asio::steady_timer::time_point::max()),
          state(std::move(of)),
          queue(state->waiting.at(lane)) {
        queue.push_back(this);
    }
    ~Waiter() { std::erase(queue, this); }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    asio::steady_timer timer;
    std::shared_ptr<State> state;
    std::deque<Waiter*>& queue;
    bool granted = false;
};

SendGate::SendGate(std::size_t places) : state_(std::make_shared<State>()) {
    state_->free = places;
}

SendGate::~SendGate() {
    state_->closed = true;
}

awaitable<std::optional<SendGate::Place>> SendGate::enter(Lane lane) {
    const auto state = state_;
    if (state->free > 0) {
        --state->free;
        co_return std::optional<Place>(std::in_place, state);
    }
    Waiter waiter(co_await asio::this_coro::executor, state, lane == Lane::broadcast ? 1 : 0);
    co_await waiter.timer.async_wait(use_tuple);
    // A place that was given is taken, cancelled or not: the next await tells the caller.
    if (waiter.granted) co_return std::optional<Place>(std::in_place, state);
    co_return std::nullopt;
}

void SendGate::leave(State& state) {
    if (state.closed) return;
    for (auto& queue : state.waiting) {
        if (queue.empty()) continue;
        Waiter* const next = queue.front();
        queue.pop_front();
        next->granted = true;
        next->timer.cancel();
        return;
    }
    ++state.free;
}

}  // namespace barid::notify
