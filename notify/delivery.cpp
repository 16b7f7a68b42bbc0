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
/// A job that waits for its lane longer than this comes back later instead of holding its place.
constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kLongestNap{250};

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

/// One job's work: its messages by notification, and what of each lane is still to be sent.
struct Deliverer::Run {
    const DeliveryRequest& request;
    std::vector<Outgoing> items = {};
    std::map<std::string, Composed, std::less<>> messages = {};
    LaneShares due = {};
    Lane lane = Lane::transactional;
    DeliveryReport report = {};
    SteadyTime patience_ends = {};
};

struct Deliverer::Wave {
    Run& run;
    std::vector<WaveItem> items = {};
    std::size_t next = 0;
    bool stopped = false;
    std::set<std::string, std::less<>> paused = {};
};

awaitable<DeliveryReport> Deliverer::run(const DeliveryRequest& request) {
    Run run{.request = request};
    run.items = co_await ledger_.prepare(request.job_id, request.lease_token, request.max_devices,
                                         request.override);
    co_await compose(run);
    run.patience_ends = clock_.steady_now() + kPatience;
    for (;;) {
        Wave wave{.run = run};
        if (!co_await next_wave(run, wave)) co_return run.report;
        co_await send_wave(run, wave);
        for (const WaveItem& item : wave.items) note(run.report, item.result);
        if (wave.stopped) {
            run.report.stopped = true;
            co_return run.report;
        }
    }
}

/// The texts are stored before anything leaves: what was shown once is shown again.
awaitable<void> Deliverer::compose(Run& run) {
    std::vector<StoredText> fresh;
    std::vector<TextFailure> failures;
    for (const Outgoing& item : run.items) {
        auto composed = co_await composer_.compose(item);
        if (!composed) {
            run.report.error = composed.error();
            ++run.report.unrendered;
            failures.push_back({.notification_id = item.id, .problem = composed.error()});
            continue;
        }
        if (composed->fresh) {
            fresh.push_back({.notification_id = item.id,
                             .text = {.locale = composed->push.locale,
                                      .title = composed->push.title,
                                      .body = composed->push.body}});
        }
        if (item.broadcast) run.lane = Lane::broadcast;
        for (const std::string& lane : item.lanes) ++run.due[lane].count;
        run.messages.emplace(item.id, std::move(*composed));
    }
    co_await ledger_.store_texts(fresh);
    co_await ledger_.fail_texts(failures);
}

/// False when there is nothing more to send now.
awaitable<bool> Deliverer::next_wave(Run& run, Wave& wave) {
    for (;;) {
        LaneShares shares;
        std::chrono::milliseconds wait{0};
        for (auto& [lane, due] : run.due) {
            if (due.count <= 0) continue;
            const LaneGrant grant =
                co_await lanes_.take(lane, run.lane, std::min(due.count, kWaveSize));
            if (grant.granted > 0) shares[lane] = {.count = grant.granted, .after = due.after};
            // A pause is not waited for here: the job comes back when it is over.
            else if (grant.wait > std::chrono::seconds(1))
                due.count = 0;
            else
                wait = std::max(wait, grant.wait);
        }
        if (!shares.empty()) {
            wave.items = co_await ledger_.begin_wave(run.request.job_id, run.request.lease_token,
                                                     shares, run.request.worker);
            for (auto& [lane, share] : shares) {
                LaneShare& due = run.due[lane];
                const auto of_lane = [&](const WaveItem& item) { return item.lane == lane; };
                const auto got = static_cast<int>(std::ranges::count_if(wave.items, of_lane));
                lanes_.give_back(lane, run.lane, share.count - got);
                due.count = got < share.count ? 0 : due.count - got;
            }
            for (const WaveItem& item : wave.items) {
                LaneShare& due = run.due[item.lane];
                due.after = std::max(due.after, item.delivery_id);
            }
            if (!wave.items.empty()) co_return true;
            continue;
        }
        if (wait.count() == 0 || clock_.steady_now() > run.patience_ends) co_return false;
        if (run.request.stop && run.request.stop()) {
            run.report.stopped = true;
            co_return false;
        }
        co_await sleep_for(std::min(wait, kLongestNap));
    }
}

awaitable<void> Deliverer::send_wave(Run& run, Wave& wave) {
    std::exception_ptr error;
    try {
        co_await send_all(wave);
    } catch (...) {
        error = std::current_exception();
    }
    // What is known is written down even when this attempt has been cancelled.
    const bool cancelled =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await write_outcomes(wave);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    if (error) std::rethrow_exception(error);
    if (cancelled) throw Error(Error::Retry::transient, "cancelled while sending");
    for (const std::string& lane : wave.paused) run.due[lane].count = 0;
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
    const DeliveryRequest& request = wave.run.request;
    while (wave.next < wave.items.size()) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none ||
            (request.stop && request.stop())) {
            wave.stopped = true;
            co_return;
        }
        WaveItem& item = wave.items[wave.next++];
        if (wave.paused.contains(item.lane)) continue;
        const auto found = wave.run.messages.find(item.notification_id);
        if (found == wave.run.messages.end()) continue;  // made due after `prepare`: the next run
        const Composed& content = found->second;
        const PushMessage& message =
            item.target.channel == "email" && content.email ? *content.email : content.push;
        const SteadyTime started = clock_.steady_now();
        try {
            item.result = co_await channel_.send(item.target, message);
        } catch (const std::exception& error) {
            item.result = {.kind = SendClass::ambiguous,
                           .reason = "exception",
                           .error = truncate_utf8(scrub_utf8(error.what()), 300)};
        }
        item.latency =
            std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - started);
        if (item.result.kind == SendClass::lane_paused && wave.paused.insert(item.lane).second) {
            lanes_.forget(item.lane);
            co_await ledger_.pause_lane(item.lane,
                                        item.result.retry_after.value_or(std::chrono::seconds(60)),
                                        item.result.reason);
        }
    }
}

}  // namespace barid::notify
