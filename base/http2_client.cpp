#include "base/http2_client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/system/system_error.hpp>

#include "base/http2_pool.hpp"
#include "base/http_transfer.hpp"

namespace barid::http {
namespace {

template <class Handler>
class HandlerWaiter final : public Waiter {
  public:
    explicit HandlerWaiter(Handler handler) : handler_(std::move(handler)) {}
    void wake() override { asio::post(std::move(handler_)); }

  private:
    Handler handler_;
};

/// Takes the exchange out of whatever list it is in when the coroutine's frame goes.
struct Leaving {
    Http2Pool& pool;
    Exchange& exchange;
    ~Leaving() {
        exchange.waiter.reset();
        if (!exchange.done) pool.cancel(exchange);
    }
};

/// Has `handler` called when the exchange ends; cancelling it ends the exchange.
struct Suspend {
    Http2Pool& pool;
    Exchange& exchange;

    template <class Handler>
    void operator()(Handler handler) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([&p = pool, &e = exchange](asio::cancellation_type) { p.cancel(e); });
        }
        exchange.waiter = std::make_unique<HandlerWaiter<Handler>>(std::move(handler));
    }
};

}  // namespace

Http2Client::Http2Client(asio::io_context& io, Http2Options options)
    : pool_(std::make_shared<Http2Pool>(io, std::move(options))) {}

Http2Client::~Http2Client() {
    pool_->stop();
}

Http2Figures Http2Client::figures() const {
    return pool_->figures();
}

awaitable<Response> Http2Client::send(Request request) {
    const std::shared_ptr<Http2Pool> pool = pool_;
    Exchange exchange;
    exchange.request = std::move(request);
    pool->check(exchange);
    pool->submit(exchange);
    const Leaving leaving{*pool, exchange};
    try {
        if (!exchange.done) {
            co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(
                Suspend{*pool, exchange}, asio::use_awaitable);
            // What was assigned refers to the exchange, and must not outlive the wait.
            auto state = co_await asio::this_coro::cancellation_state;
            if (state.slot().is_connected()) state.slot().clear();
        }
    } catch (const boost::system::system_error& e) {
        // Asio's way to say that the coroutine had been cancelled before it waited.
        if (e.code() != asio::error::operation_aborted) throw;
        pool->cancel(exchange);
    }
    if (exchange.failure) throw *exchange.failure;
    Response& response = exchange.response;
    response.http_version = 20;
    response.effective_url = std::move(exchange.request.url);
    response.elapsed = std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - exchange.queued_at);
    co_return std::move(response);
}

}  // namespace barid::http
