#include "notify/delivery.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <set>

#include "base/text.hpp"
#include "base/timeout.hpp"

namespace barid::notify {
namespace {

constexpr std::array<std::chrono::milliseconds, 3> kWriteRetries{
    std::chrono::milliseconds(50), std::chrono::milliseconds(500), std::chrono::seconds(2)};
constexpr const char* kFirstDelivery = "00000000-0000-0000-0000-000000000000";

void note(DeliveryReport& report, const SendResult& result) {
    switch (result.kind) {
        case SendClass::accepted:
        case SendClass::not_sent:
            return;
        case SendClass::lane_paused:
            // A full lane is nobody's failure. Refused credentials are one: they use up attempts.
            if (result.reason == "quota") break;
            report.tried_in_vain = true;
            break;
        case SendClass::retry:
        case SendClass::ambiguous:
        case SendClass::auth_refresh:
        case SendClass::third_party_auth:
            report.tried_in_vain = true;
            report.retry_after = std::max(report.retry_after, result.retry_after);
            break;
        default:
            break;
    }
    report.error = result.reason;
    if (!result.error.empty()) report.error += " (" + result.error + ")";
}

}  // namespace

struct Deliverer::Wave {
    const DeliveryRequest& request;
    std::vector<WaveItem> items = {};
    std::size_t next = 0;
    bool stopped = false;
    std::set<std::string, std::less<>> paused = {};
};

awaitable<DeliveryReport> Deliverer::run(const DeliveryRequest& request) {
    DeliveryReport report;
    std::string after = kFirstDelivery;
    for (;;) {
        Wave wave{.request = request};
        wave.items = co_await ledger_.begin_wave(request.message.nid, request.lease_token,
                                                 request.resend, after, kWaveSize, request.worker);
        if (wave.items.empty()) co_return report;
        after = wave.items.back().delivery_id;
        std::exception_ptr error;
        try {
            co_await send_all(wave);
        } catch (...) {
            error = std::current_exception();
        }
        // What is known is written down even when this attempt has been cancelled.
        const bool cancelled = (co_await asio::this_coro::cancellation_state).cancelled() !=
                               asio::cancellation_type::none;
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await write_outcomes(wave);
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        if (error) std::rethrow_exception(error);
        if (cancelled) throw Error(Error::Retry::transient, "cancelled while sending");
        for (const WaveItem& item : wave.items) note(report, item.result);
        report.stopped = wave.stopped;
        if (wave.stopped) co_return report;
    }
}

awaitable<void> Deliverer::write_outcomes(const Wave& wave) {
    // Outcomes that get lost turn into doubt and repeats, and writing them twice changes nothing:
    // a broken connection is worth another try.
    for (const std::chrono::milliseconds pause : kWriteRetries) {
        try {
            co_await ledger_.finish_wave(wave.items);
            co_return;
        } catch (const Error& error) {
            if (!error.transient()) throw;
        }
        co_await sleep_for(pause);
    }
    co_await ledger_.finish_wave(wave.items);
}

awaitable<void> Deliverer::send_all(Wave& wave) {
    const std::size_t width =
        std::min(std::max<std::size_t>(1, channel_.max_concurrency()), wave.items.size());
    if (width == 1) co_return co_await send_some(wave);
    const auto executor = co_await asio::this_coro::executor;
    const auto spawn = [&] { return asio::co_spawn(executor, send_some(wave), asio::deferred); };
    std::vector<decltype(spawn())> senders;
    senders.reserve(width);
    for (std::size_t i = 0; i < width; ++i) senders.push_back(spawn());
    const auto [order, errors] =
        co_await asio::experimental::make_parallel_group(std::move(senders))
            .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const std::exception_ptr& error : errors) {
        if (error) std::rethrow_exception(error);
    }
}

awaitable<void> Deliverer::send_some(Wave& wave) {
    while (wave.next < wave.items.size()) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none ||
            (wave.request.stop && wave.request.stop())) {
            wave.stopped = true;
            co_return;
        }
        WaveItem& item = wave.items[wave.next++];
        if (wave.paused.contains(item.target.project)) continue;
        const SteadyTime started = clock_.steady_now();
        try {
            item.result = co_await channel_.send(item.target, wave.request.message);
        } catch (const std::exception& error) {
            item.result = {.kind = SendClass::ambiguous,
                           .reason = "exception",
                           .error = truncate_utf8(scrub_utf8(error.what()), 300)};
        }
        item.latency =
            std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - started);
        if (item.result.kind == SendClass::lane_paused &&
            wave.paused.insert(item.target.project).second) {
            co_await ledger_.pause_lane(item.target.project,
                                        item.result.retry_after.value_or(std::chrono::seconds(60)),
                                        item.result.reason);
        }
    }
}

}  // namespace barid::notify
