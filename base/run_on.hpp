// Moves blocking or CPU-bound work off the io thread: `co_await run_on(pool, fn)`.
//
// `fn` runs on a pool thread and must touch nothing of the io thread; its result or exception
// comes back on the caller's executor. The wait can't be cancelled: `fn` always finishes.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>

#include "base/asio.hpp"

namespace barid {

using ThreadPool = asio::thread_pool;

template <class F>
awaitable<std::invoke_result_t<F>> run_on(ThreadPool& pool, F fn) {
    using R = std::invoke_result_t<F>;
    // An empty slot keeps the caller's cancellation from the wait alone: fn's result still arrives,
    // and whatever the caller awaits next is cancelled.
    auto token = [] {
        return asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    };
    auto work = [](F f) -> awaitable<R> { co_return f(); };
    if constexpr (std::is_void_v<R>) {
        co_await asio::co_spawn(pool, work(std::move(fn)), token());
    } else {
        co_return co_await asio::co_spawn(pool, work(std::move(fn)), token());
    }
}

}  // namespace barid
