#include "admin/access/key_source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace barid::access {

struct FetchedKeys::Flight {
    explicit Flight(const asio::any_io_executor& executor) : ended(executor, SteadyTime::max()) {}
    asio::steady_timer ended;  ///< cancelled when the fetch is over: wakes who waits
    bool over = false;
    bool answered = false;  ///< or refused; not broken off by the end of who asked
};

FetchedKeys::FetchedKeys(http::HttpClient& http, const Clock& clock, std::string url)
    : http_(http), clock_(clock), url_(std::move(url)) {}

bool FetchedKeys::due(std::string_view key_id) const {
    const SteadyTime now = clock_.steady_now();
    if (tried_at_ != SteadyTime::min() && now - tried_at_ < kCooldown) return false;
    if (!set_ || now - fetched_at_ >= kFresh) return true;
    return !key_id.empty() &&
           std::ranges::none_of(*set_, [&](const VerifyKey& key) { return key.id() == key_id; });
}

bool FetchedKeys::serves() const {
    return set_ && clock_.steady_now() - fetched_at_ < kStale;
}

awaitable<KeySet> FetchedKeys::keys(std::string key_id) {
    if (flight_) {
        const std::shared_ptr<Flight> flight = flight_;
        // Known keys needn't wait for what a made-up key id set off.
        const bool known = serves() && std::ranges::any_of(*set_, [&](const VerifyKey& key) {
                               return key.id() == key_id;
                           });
        while (!known && !flight->over) {
            co_await flight->ended.async_wait(use_tuple);
            if (!flight->over) throw KeyError("cancelled");
        }
    } else if (due(key_id)) {
        const auto flight = std::make_shared<Flight>(co_await asio::this_coro::executor);
        co_await fetch(flight);
    }
    if (!serves()) throw KeyError(problem_.empty() ? "no key set was fetched yet" : problem_);
    co_return set_;
}

awaitable<void> FetchedKeys::fetch(std::shared_ptr<Flight> flight) {
    flight_ = flight;
    tried_at_ = clock_.steady_now();
    // Runs whatever ends this coroutine, a cancellation among it: nobody waits for ever.
    const std::shared_ptr<void> landing(nullptr, [this, flight](void*) {
        flight->over = true;
        if (!flight->answered) tried_at_ = SteadyTime::min();
        if (flight_ == flight) flight_.reset();
        flight->ended.cancel();
    });
    problem_ = "the fetch was broken off";
    try {
        http::Request request{.url = url_, .headers = {{"Accept", "application/json"}}};
        request.connect_timeout = std::chrono::seconds(3);
        request.total_timeout = std::chrono::seconds(5);
        request.max_response_bytes = kMaxKeySetBytes;
        const http::Response response = co_await http_.send(std::move(request));
        flight->answered = true;
        if (response.status != 200) {
            problem_ = fmt::format("the issuer's keys: HTTP {}", response.status);
            co_return;
        }
        auto keys = parse_key_set(response.body);
        if (keys.empty()) {
            problem_ = "the issuer's keys: none is for RS256, ES256 or EdDSA";
            co_return;
        }
        set_ = std::make_shared<const std::vector<VerifyKey>>(std::move(keys));
        fetched_at_ = clock_.steady_now();
        problem_.clear();
    } catch (const Error& e) {
        flight->answered = true;
        problem_ = fmt::format("the issuer's keys: {}", e.what());
    }
}

}  // namespace barid::access
