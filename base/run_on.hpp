// Moves blocking or CPU-bound work off the io thread: `co_await run_on(pool, fn)`.
//
// `fn` runs on a pool thread and must touch nothing of the io thread; its result or exception
// comes back on the caller's executor, which has work until then. The wait can't be cancelled:
// `fn` always finishes. `fn` and what it threw are destroyed before the caller goes on, or by it:
// never beside it.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/asio.hpp"

namespace barid {

using ThreadPool = asio::thread_pool;

namespace detail {

template <class R>
struct Ran {
    std::exception_ptr error;
    std::optional<std::conditional_t<std::is_void_v<R>, std::monostate, R>> value;
};

template <class F>
Ran<std::invoke_result_t<F>> run_now(F fn) {
    Ran<std::invoke_result_t<F>> ran;
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            fn();
        } else {
            ran.value.emplace(fn());
        }
    } catch (...) {
        ran.error = std::current_exception();
    }
    return ran;
}

}  // namespace detail

template <class F>
awaitable<std::invoke_result_t<F>> run_on(ThreadPool& pool, F fn) {
    using R = std::invoke_result_t<F>;
    // An empty slot keeps the caller's cancellation from the wait alone: fn's result still arrives,
    // and whatever the caller awaits next is cancelled.
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto start = [&pool](auto handler, F work) {
        const auto caller = asio::get_associated_executor(handler);
        auto busy = asio::prefer(caller, asio::execution::outstanding_work.tracked);
        asio::post(pool, [caller, work = std::move(work), handler = std::move(handler),
                          busy = std::move(busy)]() mutable {
            auto ran = detail::run_now(std::move(work));
            // `busy` goes along: dropped here, it could end an io_context that is done with us.
            asio::post(caller, [handler = std::move(handler), ran = std::move(ran),
                                busy = std::move(busy)]() mutable {
                std::move(handler)(std::move(ran));
            });
        });
    };
    auto ran = co_await asio::async_initiate<decltype(token), void(detail::Ran<R>)>(
        std::move(start), token, std::move(fn));
    if (ran.error) std::rethrow_exception(std::move(ran.error));
    if constexpr (!std::is_void_v<R>) co_return std::move(*ran.value);
}

}  // namespace barid
