// Does something with each item of a list, a few at once, on the caller's executor.
//
// `work(item)` is an awaitable that mustn't throw for what may go wrong with one item: what it
// throws (a cancellation) ends its lane, and is thrown on when all lanes have ended. The items and
// `work` must outlive the call.
#pragma once

#include <algorithm>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <exception>
#include <vector>

#include "base/asio.hpp"

namespace barid::commerce {

template <class Item, class Work>
awaitable<void> lane_of(const std::vector<Item>& items, std::size_t& next, Work& work) {
    while (next < items.size()) {
        const Item& item = items[next++];
        co_await work(item);
    }
}

template <class Item, class Work>
awaitable<void> side_by_side(const std::vector<Item>& items, int at_once, Work& work) {
    if (items.empty()) co_return;
    const auto executor = co_await asio::this_coro::executor;
    std::size_t next = 0;
    const auto spawn = [&] {
        return asio::co_spawn(executor, lane_of(items, next, work), asio::deferred);
    };
    std::vector<decltype(spawn())> lanes;
    const auto width =
        std::clamp<std::size_t>(static_cast<std::size_t>(std::max(at_once, 1)), 1, items.size());
    for (std::size_t i = 0; i < width; ++i) lanes.push_back(spawn());
    const auto [order, errors] =
        co_await asio::experimental::make_parallel_group(std::move(lanes))
            .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const std::exception_ptr& error : errors) {
        if (error) std::rethrow_exception(error);
    }
}

}  // namespace barid::commerce
