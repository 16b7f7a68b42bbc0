#include "worker/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>

#include "base/crypto.hpp"
#include "base/text.hpp"
#include "base/timeout.hpp"
#include "base/trace_scope.hpp"
#include "worker/job_span.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 100ms;
constexpr std::size_t kMaxLookAhead = 2000;

double random_unit() {
    return static_cast<double>(random_u64() >> 11U) * 0x1.0p-53;
}

}  // namespace

struct Executor::Attempt {
    queue::Job job;
    const jobs::Registry::Kind* kind = nullptr;
    SteadyTime started;
    SteadyTime deadline;
    Stop stop = Stop::none;
    asio::cancellation_signal cancel;
    jobs::JobContext context;
    trace::Span span;

    explicit Attempt(queue::Job claimed)
        : job(std::move(claimed)),
          context{.job = job, .log = {}, .deadline = {}, .progress = {}, .cancelled = {}} {}
};

Executor::Executor(asio::io_context& io, const jobs::Registry& registry, queue::Settler& settler,
                   jobs::JobRecords& records, std::size_t concurrency, log::Logger logger)
    : io_(io),
      registry_(registry),
      settler_(settler),
      records_(records),
      concurrency_(concurrency),
      log_(std::move(logger)),
      room_(io),
      empty_(io) {}

Executor::~Executor() = default;

std::size_t Executor::demand() const {
    const auto ahead =
        std::min(kMaxLookAhead, std::max(burst_, static_cast<std::size_t>(rate_ * 0.03)));
    const std::size_t wanted = concurrency_ + ahead;
    const std::size_t held = running_.size() + buffer_.size();
    // Small top-ups of a full buffer would cost a claim each.
    if (held >= wanted || (buffer_.size() > ahead / 2 && ahead > 0)) return 0;
    return wanted - held;
}

void Executor::accept(std::vector<queue::Job> jobs) {
    // A batch that was gone before the next one came, within milliseconds: ask for more than the
    // rate, which is measured ten times a second, knows of yet.
    const auto now = std::chrono::steady_clock::now();
    if (!jobs.empty()) {
        const bool starved = finished_since_accept_ >= last_accepted_ && now - accepted_at_ < 20ms;
        burst_ = starved ? std::min(kMaxLookAhead, std::max(burst_ * 2, concurrency_)) : burst_;
        last_accepted_ = jobs.size();
        finished_since_accept_ = 0;
        accepted_at_ = now;
    }
    std::ranges::move(jobs, std::back_inserter(buffer_));
    // Later, so that the fetcher's next claim is on its way while these handlers run.
    asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) start_next();
    });
}

awaitable<void> Executor::wait_for_room(std::chrono::milliseconds limit) {
    if (demand() > 0) co_return;
    room_.expires_after(limit);
    co_await room_.async_wait(use_tuple);
}

void Executor::start_next() {
    if (starting_) return;  // a handler that ends at once calls back here: no recursion
    starting_ = true;
    while (!buffer_.empty() && running_.size() < concurrency_) {
        queue::Job job = std::move(buffer_.front());
        buffer_.pop_front();
        if (may_start && !may_start(job)) continue;
        start(std::move(job));
    }
    starting_ = false;
}

void Executor::start(queue::Job job) {
    if (running_.contains(job.id)) {
        // Rescued from a lease of ours that was lost, while its handler doesn't let itself be
        // stopped: never twice at once.
        settler_.settle(job, {queue::Action::refund, 500ms, {}, {}});
        return;
    }
    auto attempt = std::make_shared<Attempt>(std::move(job));
    const std::int64_t id = attempt->job.id;
    attempt->kind = registry_.find(attempt->job.kind);
    attempt->started = std::chrono::steady_clock::now();
    attempt->deadline =
        attempt->started + (attempt->kind != nullptr ? attempt->kind->options.timeout : 1min);
    attempt->context.deadline = attempt->deadline;
    attempt->context.log = logger_for(attempt->job);
    attempt->context.records = &records_;
    attempt->context.cancelled = [raw = attempt.get()] { return raw->stop != Stop::none; };
    attempt->context.progress = [this, raw = attempt.get()](double fraction, std::string note) {
        settler_.progress(raw->job, fraction, truncate_utf8(scrub_utf8(note), 200));
    };
    running_[id] = attempt;
    if (!attempt->job.traceparent.empty() || tracer->on()) {
        attempt->span = begin_job_span(*tracer, attempt->job, attempt->kind != nullptr);
        attempt->context.trace = attempt->span.context();
    }
    // The completion handler keeps the attempt, and with it the cancellation signal, alive until
    // the coroutine is gone: its frame dies before Asio has let go of the signal's slot.
    auto keep_alive = [attempt](const std::exception_ptr&) {};
    asio::any_io_executor where = io_.get_executor();
    if (attempt->context.trace.valid()) where = trace::in_span(where, attempt->context.trace);
    asio::co_spawn(where, run(attempt),
                   asio::bind_cancellation_slot(attempt->cancel.slot(), std::move(keep_alive)));
}

log::Logger Executor::logger_for(const queue::Job& job) const {
    log::Logger logger =
        log_.with({{"job_id", job.id}, {"kind", job.kind}, {"attempt", job.attempt}});
    if (!job.request_id.empty()) logger = logger.with({{"request_id", job.request_id}});
    if (!job.traceparent.empty()) logger = logger.with({{"traceparent", job.traceparent}});
    return logger;
}

awaitable<void> Executor::run(std::shared_ptr<Attempt> attempt) {
    queue::Outcome outcome = queue::Done{};
    try {
        outcome = co_await invoke(*attempt);
    } catch (const Error& e) {
        if (e.transient())
            outcome = queue::Retry{.error = e.what(), .after = {}};
        else
            outcome = queue::Fail{e.what()};
        if (attempt->stop != Stop::none) outcome = stopped_outcome(*attempt);
    } catch (const std::exception& e) {
        outcome = queue::Retry{.error = e.what(), .after = {}};
        if (attempt->stop != Stop::none) outcome = stopped_outcome(*attempt);
    }
    finish(*attempt, outcome);
}

awaitable<queue::Outcome> Executor::invoke(Attempt& attempt) {
    if (attempt.kind == nullptr) {
        // Another worker of the fleet, or the next version of this one, may know it.
        co_return queue::Retry{
            .error = fmt::format("this worker has no handler for the kind {}; "
                                 "it knows: {}",
                                 attempt.job.kind, fmt::join(registry_.kinds(), ", ")),
            .after = {}};
    }
    const json::value payload = parse_json(attempt.job.payload);
    co_return co_await attempt.kind->run(attempt.context, payload);
}

queue::Outcome Executor::stopped_outcome(const Attempt& attempt) {
    switch (attempt.stop) {
        case Stop::timeout: {
            const auto limit = attempt.kind != nullptr ? attempt.kind->options.timeout : 1min;
            return queue::Retry{.error = fmt::format("timed out after {} ms", limit.count()),
                                .after = {}};
        }
        case Stop::cancelled:
            return queue::Cancel{"cancelled while it ran"};
        case Stop::shutdown:
        case Stop::lease_lost:
        case Stop::none:
            return queue::Snooze{0ms};
    }
    return queue::Snooze{0ms};
}

std::string_view Executor::why_stopped(const Attempt& attempt) {
    switch (attempt.stop) {
        case Stop::timeout:
            return "timeout";
        case Stop::cancelled:
            return "cancelled";
        case Stop::shutdown:
            return "shutdown";
        case Stop::lease_lost:
            return "lease_lost";
        case Stop::none:
            break;
    }
    return {};
}

void Executor::finish(Attempt& attempt, const queue::Outcome& outcome) {
    const auto policy =
        attempt.kind != nullptr ? attempt.kind->options.retry : queue::RetryPolicy{};
    const auto settlement = queue::settle_as(outcome, attempt.job, policy, random_unit());
    const auto took = std::chrono::steady_clock::now() - attempt.started;
    KindMeter& meter = meters_[attempt.kind];
    ++meter.outcomes[static_cast<std::size_t>(settlement.action)];
    meter.duration.add(took);
    end_job_span(attempt.span, settlement, why_stopped(attempt));
    switch (settlement.action) {
        case queue::Action::complete:
            attempt.context.log.debug("done", {{"took", took}});
            break;
        case queue::Action::fail:
            attempt.context.log.error("failed", {{"took", took}, {"error", settlement.error}});
            break;
        case queue::Action::retry:
            attempt.context.log.warn(
                "will be retried",
                {{"took", took}, {"error", settlement.error}, {"in", settlement.delay}});
            break;
        case queue::Action::cancel:
        case queue::Action::refund:
            attempt.context.log.info("given back", {{"action", queue::to_string(settlement.action)},
                                                    {"error", settlement.error}});
    }
    const bool gone =
        attempt.stop == Stop::lease_lost && settlement.action != queue::Action::complete;
    if (std::holds_alternative<queue::Settled>(outcome)) {
        settler_.settled_by_handler(attempt.job);
    } else if (gone) {
        settler_.abandon(attempt.job);
    } else {
        settler_.settle(attempt.job, settlement);
    }
    ++finished_since_tick_;
    ++finished_since_accept_;
    running_.erase(attempt.job.id);
    if (on_finished) on_finished(attempt.job);
    start_next();
    room_.cancel();
    if (running_.empty()) empty_.cancel();
}

void Executor::stop(Attempt& attempt, Stop reason) {
    if (attempt.stop != Stop::none && reason != Stop::lease_lost) return;
    attempt.stop = reason;
    attempt.cancel.emit(asio::cancellation_type::terminal);
}

std::vector<std::int64_t> Executor::running_longer_than(std::chrono::milliseconds age) const {
    std::vector<std::int64_t> ids;
    const auto limit = std::chrono::steady_clock::now() - age;
    for (const auto& [id, attempt] : running_) {
        if (attempt->started < limit && attempt->stop == Stop::none) ids.push_back(id);
    }
    return ids;
}

std::size_t Executor::held_of(std::string_view queue) const {
    const auto running = std::ranges::count_if(
        running_, [&](const auto& entry) { return entry.second->job.queue == queue; });
    return static_cast<std::size_t>(running +
                                    std::ranges::count(buffer_, queue, &queue::Job::queue));
}

void Executor::cancel(std::int64_t job_id) {
    const auto at = running_.find(job_id);
    if (at != running_.end()) {
        const auto keep = at->second;
        stop(*keep, Stop::cancelled);
        return;
    }
    const auto waiting = std::ranges::find(buffer_, job_id, &queue::Job::id);
    if (waiting == buffer_.end()) return;
    settler_.settle(*waiting, {queue::Action::cancel, {}, "cancelled", {}});
    buffer_.erase(waiting);
}

void Executor::fence() {
    buffer_.clear();
    for (const auto& [id, attempt] : std::map(running_)) stop(*attempt, Stop::lease_lost);
}

void Executor::hand_back(bool running_too) {
    for (const queue::Job& job : std::exchange(buffer_, {})) {
        settler_.settle(job, {queue::Action::refund, {}, {}, {}});
    }
    if (!running_too) return;
    for (const auto& [id, attempt] : std::map(running_)) stop(*attempt, Stop::shutdown);
}

awaitable<bool> Executor::drained(std::chrono::milliseconds limit) {
    empty_.expires_after(limit);
    while (!running_.empty() && empty_.expiry() > std::chrono::steady_clock::now()) {
        co_await empty_.async_wait(use_tuple);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
    }
    co_return running_.empty();
}

awaitable<void> Executor::watchdog() {
    auto last = std::chrono::steady_clock::now();
    while (co_await sleep_for(kTick)) {
        const auto now = std::chrono::steady_clock::now();
        const std::chrono::duration<double> elapsed = now - last;
        last = now;
        const double current = static_cast<double>(finished_since_tick_) / elapsed.count();
        rate_ = current > rate_ ? current : rate_ * 0.7 + current * 0.3;
        finished_since_tick_ = 0;
        burst_ = 0;
        for (const auto& [id, attempt] : std::map(running_)) {
            if (now >= attempt->deadline) stop(*attempt, Stop::timeout);
        }
    }
}

}  // namespace barid::worker
