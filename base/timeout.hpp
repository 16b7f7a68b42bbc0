// Deadlines for awaitables: the one user of Asio's awaitable operators.
#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "base/asio.hpp"
#include "base/error.hpp"

namespace barid {

/// Sleeps; returns false when cancelled.
inline awaitable<bool> sleep_for(std::chrono::nanoseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    const auto [ec] = co_await timer.async_wait(use_tuple);
    co_return !ec;
}

/// The operation's result, or a TimeoutError naming `what` after `limit`; the loser is cancelled.
template <class T>
awaitable<T> with_timeout(awaitable<T> operation, std::chrono::nanoseconds limit,
                          std::string what) {
    using namespace asio::experimental::awaitable_operators;
    if constexpr (std::is_void_v<T>) {
        const auto winner = co_await (std::move(operation) || sleep_for(limit));
        if (winner.index() == 1) throw TimeoutError(what + ": deadline exceeded");
    } else {
        auto winner = co_await (std::move(operation) || sleep_for(limit));
        if (winner.index() == 1) throw TimeoutError(what + ": deadline exceeded");
        co_return std::get<0>(std::move(winner));
    }
}

}  // namespace barid
