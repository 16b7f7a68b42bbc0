// The span that a coroutine works for, known to everything it awaits.
//
// `in_span(executor, context)` is an executor that runs things where the given one does, and
// carries a SpanContext: a coroutine that is spawned on it, everything it awaits, and what that
// spawns on `this_coro::executor`, finds it by `current_span()`. Work on another executor (a
// service's own loop) doesn't. This is how a handler's trace reaches the HTTP client without a
// parameter in every interface between them (docs/decisions/0021). Io thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "base/asio.hpp"
#include "base/trace_context.hpp"

namespace barid::trace {

asio::any_io_executor in_span(asio::any_io_executor executor, const SpanContext& context);

/// The context that `executor` carries; not valid when it carries none.
SpanContext span_of(const asio::any_io_executor& executor);

/// The span that the calling coroutine works for.
inline awaitable<SpanContext> current_span() {
    co_return span_of(co_await asio::this_coro::executor);
}

}  // namespace barid::trace
