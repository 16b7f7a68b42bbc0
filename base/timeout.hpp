// Deadlines for awaitables.
#pragma once

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "base/asio.hpp"
#include "base/error.hpp"

namespace barid {

/// Sleeps; returns false when cancelled.
inline awaitable<bool> sleep_for(std::chrono::nanoseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    const auto [ec] = co_await timer.async_wait(use_tuple);
    co_return !ec;
}

/// The operation's result or exception, or a TimeoutError naming `what` after `limit`. The
/// operation is cancelled then, and has ended when this returns. T must be default-constructible.
template <class T>
awaitable<T> with_timeout(awaitable<T> operation, std::chrono::nanoseconds limit,
                          std::string what) {
    // Asio's operator|| waits for the first *success*: a failure would wait for the whole limit.
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, limit);
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, std::move(operation), asio::deferred),
        timer.async_wait(asio::deferred));
    const auto check = [&](const auto& order, const std::exception_ptr& e, error_code timer_ec) {
        if (e && order[0] == 1 && !timer_ec) throw TimeoutError(what + ": deadline exceeded");
        if (e) std::rethrow_exception(e);
    };
    if constexpr (std::is_void_v<T>) {
        const auto [order, e, timer_ec] = co_await group.async_wait(
            asio::experimental::wait_for_one(), asio::use_awaitable);
        check(order, e, timer_ec);
    } else {
        auto [order, e, result, timer_ec] = co_await group.async_wait(
            asio::experimental::wait_for_one(), asio::use_awaitable);
        check(order, e, timer_ec);
        co_return std::move(result);
    }
}

}  // namespace barid
