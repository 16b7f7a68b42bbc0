// What a running handler knows and may do. One per attempt; lives on the io thread and is owned
// by the executor, which outlives the handler.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/trace_context.hpp"
#include "queue/job.hpp"

namespace barid::jobs {

/// A job that this one came `after`. `state` is completed, failed, cancelled, or `gone` when
/// nothing of it is kept any more; the output is null unless it completed with one.
struct ParentOutput {
    std::int64_t id;
    std::string state;
    json::value output;
};

/// Where an attempt leaves and finds what outlives it. Outlives the handlers.
class JobRecords {
  public:
    virtual ~JobRecords() = default;
    virtual void note(const queue::Job& job, const std::string& line) = 0;
    virtual awaitable<void> checkpoint(const queue::Job& job, std::string state) = 0;
    virtual awaitable<std::optional<json::value>> last_checkpoint(const queue::Job& job) = 0;
    virtual awaitable<std::vector<ParentOutput>> parent_outputs(const queue::Job& job) = 0;
};

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
    /// nullptr outside a worker: lines and checkpoints go nowhere then, and nothing is found.
    JobRecords* records = nullptr;
    /// The span that this attempt is, or where the producer's was while this process records none;
    /// not valid when the job is a part of no trace. What the handler awaits finds it, too
    /// (base/trace_scope.hpp), so that HTTP requests need nothing done.
    trace::SpanContext trace = {};

    [[nodiscard]] std::chrono::milliseconds time_left() const {
        return std::chrono::ceil<std::chrono::milliseconds>(deadline -
                                                            std::chrono::steady_clock::now());
    }

    /// A line of at most 500 bytes for people who look at the job; a job keeps 200. Written
    /// behind the handler's back, like progress.
    void note(const std::string& line) const;
    /// Durable when it returns; replaces the one before. At most 64 KiB of JSON text. Throws a
    /// permanent Error for a state that can't be kept, and a transient one when the lease is
    /// lost: stop then, another attempt may run already.
    [[nodiscard]] awaitable<void> checkpoint(const json::value& state) const;
    /// What the newest attempt that called `checkpoint` left, if any did.
    [[nodiscard]] awaitable<std::optional<json::value>> last_checkpoint() const;
    /// The jobs that this one came after, in the order of its `after`.
    [[nodiscard]] awaitable<std::vector<ParentOutput>> parent_outputs() const;
};

}  // namespace barid::jobs
