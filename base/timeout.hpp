// Deadlines for awaitables: the one user of Asio's awaitable operators.
#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>

#include "base/asio.hpp"
#include "base/error.hpp"

namespace barid {

/// Sleeps; returns false when cancelled.
inline awaitable<bool> sleep_for(std::chrono::nanoseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    const auto [ec] = co_await timer.async_wait(use_tuple);
    co_return !ec;
}

namespace detail {

/// What an awaitable returned or threw.
template <class T>
struct Attempt {
    std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> value;
    std::exception_ptr error;
};

template <class T>
awaitable<Attempt<T>> attempt(awaitable<T> operation) {
    Attempt<T> result;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(operation);
            result.value.emplace();
        } else {
            result.value.emplace(co_await std::move(operation));
        }
    } catch (...) {
        result.error = std::current_exception();
    }
    co_return result;
}

}  // namespace detail

/// The operation's result, or a TimeoutError naming `what` after `limit`; the loser is cancelled.
/// What the operation throws comes through at once; a cancelled caller gets operation_aborted.
template <class T>
awaitable<T> with_timeout(awaitable<T> operation, std::chrono::nanoseconds limit,
                          std::string what) {
    using namespace asio::experimental::awaitable_operators;
    // `||` waits for a success and would sit out the limit when the operation throws, so that it
    // is given an operation that never does.
    auto winner = co_await (detail::attempt(std::move(operation)) || sleep_for(limit));
    if (const bool* slept = std::get_if<1>(&winner)) {
        if (*slept) throw TimeoutError(what + ": deadline exceeded");
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    auto& result = std::get<0>(winner);
    if (result.error) std::rethrow_exception(result.error);
    if constexpr (!std::is_void_v<T>) co_return std::move(*result.value);
}

}  // namespace barid
