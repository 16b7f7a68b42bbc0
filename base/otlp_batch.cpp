#include "base/otlp_batch.hpp"

#include <algorithm>

namespace barid::trace {

bool SpanBatcher::add(SpanData span, SteadyTime now) {
    const bool full = queue_.size() >= limits_.max_queued;
    if (full) queue_.pop_front();
    queue_.push_back({std::move(span), now});
    return !full;
}

std::optional<SteadyTime> SpanBatcher::due() const {
    if (queue_.empty()) return std::nullopt;
    if (queue_.size() >= limits_.max_spans) return queue_.front().since;
    return queue_.front().since + limits_.max_delay;
}

std::vector<SpanData> SpanBatcher::take(SteadyTime now, bool flush) {
    const auto when = due();
    if (!when || (!flush && *when > now)) return {};
    std::vector<SpanData> batch;
    batch.reserve(std::min(queue_.size(), limits_.max_spans));
    while (!queue_.empty() && batch.size() < limits_.max_spans) {
        batch.push_back(std::move(queue_.front().span));
        queue_.pop_front();
    }
    return batch;
}

bool is_retryable(int status) {
    return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

std::chrono::milliseconds export_pause(int tries, double jitter,
                                       std::optional<std::chrono::seconds> retry_after) {
    using std::chrono::milliseconds;
    if (retry_after) {
        return std::clamp<milliseconds>(*retry_after, milliseconds(0), milliseconds(60'000));
    }
    const milliseconds step(1000LL << std::clamp(tries - 1, 0, 5));
    const auto longest = std::min(step, milliseconds(30'000));
    return milliseconds(static_cast<std::int64_t>(static_cast<double>(longest.count()) *
                                                  (1.0 - std::clamp(jitter, 0.0, 1.0) / 2)));
}

}  // namespace barid::trace
