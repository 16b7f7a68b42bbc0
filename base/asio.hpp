// The part of Boost.Asio that Barid uses, and nothing more: a full `<boost/asio.hpp>` costs
// twice the compile time in every file. Its sources are compiled once, in `asio.cpp`.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace barid {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;

/// Completion token: the awaited operation returns its error code instead of throwing it.
inline constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

}  // namespace barid
