#include "worker/fetcher.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/timeout.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kRefreshQueuesEvery = 2s;
constexpr auto kLimitedEvery = 20ms;  ///< of a worker that other queues keep busy
constexpr auto kFirstPoll = 4ms;
constexpr auto kLongestCautiousPoll = 250ms;

}  // namespace

Fetcher::Fetcher(queue::Claimer& claimer, queue::Wakeup& wakeup, queue::Settler& settler,
                 Executor& executor, FetcherOptions options, log::Logger logger)
    : claimer_(claimer),
      wakeup_(wakeup),
      settler_(settler),
      executor_(executor),
      options_(std::move(options)),
      log_(std::move(logger)),
      cursor_(options_.queues) {}

awaitable<void> Fetcher::run() {
    cursor_.reset();
    while (true) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        if (!may_claim() || settler_.congested()) {
            co_await sleep_for(20ms);
        } else if (executor_.demand() == 0) {
            co_await executor_.wait_for_room(100ms);
        } else if (!co_await claim_once()) {
            co_await idle();
        }
    }
}

awaitable<void> Fetcher::refresh_queues() {
    if (std::ranges::find(options_.queues, "*") == options_.queues.end()) co_return;
    if (std::chrono::steady_clock::now() < next_refresh_) co_return;
    cursor_.set_queues(co_await claimer_.all_queues());
    next_refresh_ = std::chrono::steady_clock::now() + kRefreshQueuesEvery;
}

awaitable<bool> Fetcher::claim_once() {
    co_await refresh_queues();
    const SteadyTime started = std::chrono::steady_clock::now();
    const queue::Scan scan = cursor_.next_scan(started, hint_);
    const std::vector<queue::CursorRow> rows = cursor_.plan(scan, database_now_);
    std::vector<queue::Job> seen;
    bool more = false;
    const bool looked = !last_found_ || limits_changed_ || started >= next_limited_;
    if (looked) more = co_await claim_limited(rows, seen);
    const std::size_t demand = std::min(executor_.demand(), options_.max_claim);
    if (demand == 0) {
        cursor_.claimed(queue::Scan::forward, seen, false, started, started, database_now_);
        co_return true;
    }
    queue::ClaimResult result = co_await claimer_.claim(rows, demand);
    if (result.lease_lost) {
        on_lease_lost();
        co_return false;
    }
    database_now_ = result.database_now;
    seen.insert(seen.end(), result.jobs.begin(), result.jobs.end());
    seen.insert(seen.end(), result.passed.begin(), result.passed.end());
    cursor_.claimed(scan, seen, result.full, started, std::chrono::steady_clock::now(),
                    database_now_);
    // A busy worker need not be told of more; an almost idle one stays to be told.
    if (result.full && last_was_full_) wakeup_.lower();
    last_was_full_ = result.full;
    executor_.accept(std::move(result.jobs));
    // What the claim passed on may wait in a lane now.
    if (!result.passed.empty() || (seen.empty() && !looked)) {
        std::vector<queue::Job> limited;
        more = co_await claim_limited(rows, limited) || more;
        cursor_.claimed(queue::Scan::forward, limited, false, started, started, database_now_);
    }
    const bool found = !seen.empty() || more;
    last_found_ = found;
    // Announced, but not within the look-back: it committed very late. Look from the beginning,
    // if that can be afforded.
    const bool deeper = !found && hint_ == queue::Scan::look_back && scan == hint_;
    hint_ = deeper ? queue::Scan::deep : queue::Scan::forward;
    if (found) backoff_ = 0ms;
    if (deeper) {
        co_return cursor_.next_scan(std::chrono::steady_clock::now(), hint_) == queue::Scan::deep;
    }
    co_return found;
}

awaitable<bool> Fetcher::claim_limited(const std::vector<queue::CursorRow>& rows,
                                       std::vector<queue::Job>& seen) {
    const bool changed = std::exchange(limits_changed_, false);
    next_limited_ = std::chrono::steady_clock::now() + kLimitedEvery;
    const auto names = co_await claimer_.limited_queues(cursor_.queues());
    std::erase_if(limited_, [&](const auto& entry) {
        return std::ranges::find(names, entry.first) == names.end();
    });
    bool more = false;
    for (const std::string& name : names) {
        Limited& state = limited_[name];
        if (!changed && std::chrono::steady_clock::now() < state.next_try) continue;
        if (executor_.demand() == 0) break;
        more = co_await claim_of(name, rows, seen) || more;
    }
    co_return more;
}

awaitable<bool> Fetcher::claim_of(const std::string& name,
                                  const std::vector<queue::CursorRow>& rows,
                                  std::vector<queue::Job>& seen) {
    queue::LimitedResult result =
        co_await claimer_.claim_limited({.queue = name,
                                         .demand = std::min(executor_.demand(), options_.max_claim),
                                         .running_here = executor_.held_of(name),
                                         .rows = rows,
                                         .after_key = limited_[name].after_key});
    if (result.lease_lost) {
        on_lease_lost();
        co_return false;
    }
    Limited& state = limited_[name];
    state.after_key = result.next_key;
    state.timed = result.retry.has_value();
    state.next_try = std::chrono::steady_clock::now() + result.retry.value_or(0ms);
    const bool more = !result.jobs.empty();
    std::ranges::move(result.passed, std::back_inserter(seen));
    executor_.accept(std::move(result.jobs));
    co_return more;
}

void Fetcher::slot_freed() {
    if (limited_.empty()) return;
    limits_changed_ = true;
    wakeup_.poke();
}

void Fetcher::finished(const queue::Job& job) {
    if (limited_.contains(job.queue)) slot_freed();
}

awaitable<void> Fetcher::idle() {
    const auto rows = cursor_.plan(queue::Scan::look_back, database_now_);
    const queue::Wakeup::Look look = co_await wakeup_.prepare(rows);
    const auto next_poll = std::max<std::chrono::milliseconds>(kFirstPoll, backoff_ * 2);
    auto limit = jittered(options_.idle_interval);
    if (look.quiet && !look.due) {
        backoff_ = 0ms;
    } else {
        // No session listens, or due rows are locked by another's claim, or a transaction runs
        // that is older than our flag: look again soon, ever less often.
        const auto longest = look.listening ? kLongestCautiousPoll : options_.poll_interval;
        limit = backoff_ = std::min(next_poll, jittered(longest));
        if (look.due) hint_ = queue::Scan::look_back;
    }
    if (look.next_due) limit = std::clamp(*look.next_due, 1ms, limit);
    for (const auto& [name, state] : limited_) {
        if (!state.timed) continue;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            state.next_try - std::chrono::steady_clock::now());
        limit = std::clamp(left, 1ms, std::max(limit, 1ms));
    }
    const bool notified = co_await wakeup_.wait(limit);
    if (notified) {
        hint_ = queue::Scan::look_back;
        limits_changed_ = true;
    }
}

std::chrono::milliseconds Fetcher::jittered(std::chrono::milliseconds limit) const {
    const auto half = limit.count() / 2;
    return std::chrono::milliseconds(
        half + static_cast<std::int64_t>(random_u64() % static_cast<std::uint64_t>(half + 1)));
}

}  // namespace barid::worker
