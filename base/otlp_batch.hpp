// Which spans go to the collector when: collected until there are enough of them or the oldest has
// waited long enough, with a bound that drops the oldest. Pure decisions; times are given.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/trace.hpp"

namespace barid::trace {

struct BatchLimits {
    std::size_t max_spans = 512;    ///< in one request
    std::size_t max_queued = 8192;  ///< then the oldest goes
    std::chrono::milliseconds max_delay{2'000};
};

class SpanBatcher {
  public:
    explicit SpanBatcher(BatchLimits limits = {}) : limits_(limits) {}

    /// False when there was no room and the oldest span was dropped for it.
    bool add(SpanData span, SteadyTime now);
    /// When a batch will be due; nothing while there are no spans.
    [[nodiscard]] std::optional<SteadyTime> due() const;
    /// The oldest spans, when a batch is due at `now` or `flush` asks for whatever there is.
    std::vector<SpanData> take(SteadyTime now, bool flush = false);
    [[nodiscard]] std::size_t size() const { return queue_.size(); }

  private:
    struct Waiting {
        SpanData span;
        SteadyTime since;
    };
    BatchLimits limits_;
    std::deque<Waiting> queue_;
};

/// Which answers are worth another try (OTLP/HTTP, "Failures"): 429, 502, 503 and 504. 0 stands
/// for no answer at all, which is, too.
bool is_retryable(int status);

/// How long to leave the collector alone before try `tries + 1`: 1 s doubling to 30 s, of which
/// `jitter` (0 to 1) takes up to half away; the server's own wish instead, up to a minute.
std::chrono::milliseconds export_pause(int tries, double jitter,
                                       std::optional<std::chrono::seconds> retry_after);

}  // namespace barid::trace
