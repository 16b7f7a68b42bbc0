// Moves blocking or CPU-bound work off the io thread: `co_await run_on(pool, fn)`.
//
// `fn` runs on a pool thread and must touch nothing of the io thread; its result or exception
// comes back on the caller's executor. The wait can't be cancelled: `fn` always finishes.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>

#include "base/asio.hpp"

namespace barid {

using ThreadPool = asio::thread_pool;

template <class F>
awaitable<std::invoke_result_t<F>> run_on(ThreadPool& pool, F fn) {
    using R = std::invoke_result_t<F>;
    // The state is reset so that a cancelled caller still gets fn's result, not an abort.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto work = [](F f) -> awaitable<R> { co_return f(); };
    if constexpr (std::is_void_v<R>) {
        co_await asio::co_spawn(pool, work(std::move(fn)), asio::use_awaitable);
    } else {
        co_return co_await asio::co_spawn(pool, work(std::move(fn)), asio::use_awaitable);
    }
}

}  // namespace barid
