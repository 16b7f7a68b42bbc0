// What a running handler knows and may do. One per attempt; lives on the io thread and is owned
// by the executor, which outlives the handler.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "queue/job.hpp"

namespace barid::jobs {

struct JobContext {
    const queue::Job& job;
    /// Carries job_id, kind, attempt, request_id and traceparent.
    log::Logger log;
    /// The attempt is cancelled at this time.
    SteadyTime deadline;
    /// `fraction` in [0, 1], text of at most 200 bytes; written behind the handler's back, fenced
    /// by the claim, at most once a second: cheap to call often.
    std::function<void(double fraction, std::string text)> progress;
    /// True once the attempt should stop: timeout, shutdown's end, lost lease or cancel request.
    /// A waiting handler is cancelled through its awaitable; a computing one polls this.
    std::function<bool()> cancelled;

    [[nodiscard]] std::chrono::milliseconds time_left() const {
        return std::chrono::ceil<std::chrono::milliseconds>(deadline -
                                                            std::chrono::steady_clock::now());
    }
};

}  // namespace barid::jobs
