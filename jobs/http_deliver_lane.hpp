// The requests under way to one host: at most so many at once, none while its breaker rests.
//
// `enter` waits a little for a place and otherwise says when to come back: a slow host must not
// fill a worker's slots with jobs that wait for it. A Ticket is a place; it frees itself. Io thread
// only; tickets keep their lane alive.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <variant>

#include "base/asio.hpp"
#include "jobs/http_deliver_breaker.hpp"
#include "jobs/http_deliver_verdict.hpp"

namespace barid::jobs {

struct LaneOptions {
    BreakerOptions breaker = {};
    std::chrono::milliseconds longest_wait{5'000};
};

class Lane : public std::enable_shared_from_this<Lane> {
  public:
    class Ticket {
      public:
        Ticket(std::shared_ptr<Lane> lane, Breaker::Permit permit)
            : lane_(std::move(lane)), permit_(permit) {}
        Ticket(Ticket&&) = default;
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket();

        /// At most once, before the end; without it nothing is learned about the host.
        void report(HostHealth health, std::optional<std::chrono::milliseconds> rest);

      private:
        std::shared_ptr<Lane> lane_;
        Breaker::Permit permit_;
        bool reported_ = false;
    };
    struct ComeBack {
        std::chrono::milliseconds after{0};
        std::string why;
    };
    using Entry = std::variant<Ticket, ComeBack>;

    explicit Lane(LaneOptions options) : options_(options), breaker_(options.breaker) {}

    /// `places`: how many requests may be under way, this one among them. Throws
    /// operation_aborted when the coroutine is cancelled while it waits.
    awaitable<Entry> enter(int places);

    [[nodiscard]] int under_way() const { return under_way_; }
    [[nodiscard]] Breaker::State state() const { return breaker_.state(); }
    /// How long its host is left alone yet; zero when it isn't.
    [[nodiscard]] std::chrono::milliseconds rests_for(SteadyTime now) const {
        if (breaker_.ask(now) != Breaker::Answer::rest) return std::chrono::milliseconds(0);
        return std::chrono::ceil<std::chrono::milliseconds>(breaker_.rests_until() - now);
    }

  private:
    void wake();

    LaneOptions options_;
    Breaker breaker_;
    int under_way_ = 0;
    std::list<asio::steady_timer*> waiting_;
};

}  // namespace barid::jobs
