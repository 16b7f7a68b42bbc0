#include "base/otlp_exporter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.hpp"
#include "base/text.hpp"

namespace barid::trace {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

double random_unit() {
    return static_cast<double>(random_u64() >> 11U) * 0x1.0p-53;
}

}  // namespace

OtlpExporter::OtlpExporter(asio::io_context& io, http::HttpClient& client, const Clock& clock,
                           ExporterOptions options, log::Logger logger)
    : client_(client),
      clock_(clock),
      options_(std::move(options)),
      log_(std::move(logger)),
      batcher_(options_.limits),
      wake_(io, SteadyTime::max()),
      ended_(io, SteadyTime::max()) {}

void OtlpExporter::add(SpanData span) {
    if (stopping_ && !running_) {
        ++figures_.dropped_failed;
        return;
    }
    const bool was_empty = batcher_.size() == 0;
    if (!batcher_.add(std::move(span), clock_.steady_now())) ++figures_.dropped_queue;
    // Two reasons to look again: there is something to wait for, or a batch is full.
    if (was_empty || batcher_.size() == options_.limits.max_spans) wake_.cancel();
}

awaitable<void> OtlpExporter::run() {
    running_ = true;
    while (!stopping_) {
        std::vector<SpanData> batch = batcher_.take(clock_.steady_now());
        if (!batch.empty()) {
            co_await deliver(std::move(batch));
        } else {
            wake_.expires_at(batcher_.due().value_or(SteadyTime::max()));
            co_await wake_.async_wait(use_tuple);
        }
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
    }
    running_ = false;
    ended_.cancel();
}

awaitable<void> OtlpExporter::deliver(std::vector<SpanData> batch) {
    const std::string body = otlp_request(options_.resource, batch);
    for (int tries = 1;; ++tries) {
        const Answer answer = co_await post(body, options_.request_timeout);
        note(answer);
        const bool last = tries >= options_.max_tries || stopping_;
        if (answer.verdict != Verdict::again || last) {
            settle(answer, batch.size());
            co_return;
        }
        wake_.expires_after(export_pause(tries, random_unit(), answer.retry_after));
        const SteadyTime until = wake_.expiry();
        // `add` wakes us too, and isn't what we wait for.
        while (SteadyClock::now() < until && !stopping_) {
            wake_.expires_at(until);
            co_await wake_.async_wait(use_tuple);
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                settle(answer, batch.size());
                co_return;
            }
        }
    }
}

awaitable<OtlpExporter::Answer> OtlpExporter::post(const std::string& body, milliseconds limit) {
    http::Request request{.method = "POST", .url = options_.url, .headers = options_.headers};
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = body;
    request.total_timeout = limit;
    request.connect_timeout = limit;
    request.max_response_bytes = 64U << 10U;
    request.keep_beginning = true;
    try {
        const http::Response response = co_await client_.send(std::move(request));
        if (response.status / 100 == 2) {
            co_return Answer{Verdict::taken, {}, otlp_rejected(response.body)};
        }
        const auto now = std::chrono::floor<std::chrono::seconds>(clock_.system_now());
        co_return Answer{is_retryable(response.status) ? Verdict::again : Verdict::refused,
                         http::retry_after(response, now), 0,
                         fmt::format("the collector answered {}", response.status)};
    } catch (const http::Error& error) {
        co_return Answer{error.transient() ? Verdict::again : Verdict::refused,
                         {},
                         0,
                         fmt::format("the collector didn't answer: {}", error.code())};
    }
}

/// Once when it begins to fail and once when that is over.
void OtlpExporter::note(const Answer& answer) {
    const bool bad = answer.verdict != Verdict::taken;
    if (bad) ++figures_.requests_failed;
    if (bad && !failing_) {
        log_.warn("spans can't be exported", {{"error", answer.problem}});
    } else if (!bad && failing_) {
        log_.info("spans are exported again");
    }
    failing_ = bad;
}

void OtlpExporter::settle(const Answer& answer, std::size_t spans) {
    switch (answer.verdict) {
        case Verdict::taken: {
            const auto rejected = std::min<std::uint64_t>(answer.rejected, spans);
            figures_.dropped_rejected += rejected;
            figures_.exported += spans - rejected;
            break;
        }
        case Verdict::refused:
            figures_.dropped_rejected += spans;
            break;
        case Verdict::again:
            figures_.dropped_failed += spans;
    }
}

awaitable<void> OtlpExporter::flush(SteadyTime until) {
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(until - SteadyClock::now());
        if (left.count() <= 0 || batcher_.size() == 0) co_return;
        const std::vector<SpanData> batch = batcher_.take(clock_.steady_now(), true);
        const Answer answer = co_await post(otlp_request(options_.resource, batch),
                                            std::min(left, options_.request_timeout));
        note(answer);
        settle(answer, batch.size());
        // A collector that is away would use up the whole time for each batch.
        if (answer.verdict == Verdict::again) co_return;
    }
}

awaitable<void> OtlpExporter::shut_down(milliseconds limit) {
    const SteadyTime until = SteadyClock::now() + limit;
    stopping_ = true;
    wake_.cancel();
    ended_.expires_at(until);
    while (running_ && SteadyClock::now() < until) co_await ended_.async_wait(use_tuple);
    co_await flush(until);
    figures_.dropped_failed += batcher_.size();
    while (batcher_.size() > 0) static_cast<void>(batcher_.take(clock_.steady_now(), true));
}

ExporterFigures OtlpExporter::figures() const {
    ExporterFigures figures = figures_;
    figures.queued = batcher_.size();
    return figures;
}

}  // namespace barid::trace
