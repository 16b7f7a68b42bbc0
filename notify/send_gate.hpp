// At most so many sends of a channel at once. Who waits for a place gets it in the order of
// arrival, an order's news before a campaign: and a send's time limit starts when it has a place.
// Places and waits may outlive the gate, and then do nothing. Not thread-safe: io thread only.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/asio.hpp"
#include "notify/channel.hpp"

namespace barid::notify {

class SendGate {
    struct State;
    struct Waiter;

  public:
    explicit SendGate(std::size_t places);
    ~SendGate();
    SendGate(const SendGate&) = delete;
    SendGate& operator=(const SendGate&) = delete;

    class Place {
      public:
        explicit Place(std::shared_ptr<State> state) : state_(std::move(state)) {}
        Place(Place&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (state_) leave(*state_);
        }

      private:
        std::shared_ptr<State> state_;
    };

    /// Nothing when the caller was cancelled while it waited.
    awaitable<std::optional<Place>> enter(Lane lane);

  private:
    static void leave(State& state);

    std::shared_ptr<State> state_;
};

}  // namespace barid::notify
