// Writes to the file named by BARID_HISTORY_FILE when handlers of this process started and ended,
// and how long its lease holds: what tests/fault/history judges afterwards.
//
// A line is one append, so what was written survives the death of the process. Io thread only.
#pragma once

#include <string>

#include "base/asio.hpp"
#include "jobs/context.hpp"
#include "worker/worker.hpp"

namespace barid::support {

class RunRecorder {
  public:
    /// Without the variable nothing is written.
    explicit RunRecorder(std::string worker_name);
    ~RunRecorder();
    RunRecorder(const RunRecorder&) = delete;
    RunRecorder& operator=(const RunRecorder&) = delete;

    /// Notes every renewal of the worker's lease until cancelled.
    awaitable<void> follow(const worker::Worker& worker);

    /// The kind `record`. Payload: `ref`; `ms`; `then`: done | output | nul | fail | throw | retry
    /// (until the attempt `times`) | snooze (every other time) | kill (the process).
    awaitable<queue::Outcome> run(jobs::JobContext& context, const json::value& payload);

  private:
    void note_lease(const worker::Worker& worker);
    void write(const std::string& line) const;
    queue::Outcome outcome(const std::string& then, int attempt, int times, std::string& how);

    std::string name_;
    int file_ = -1;
    const worker::Worker* worker_ = nullptr;
    std::int64_t lease_ = 0;
    std::int64_t deadline_ = 0;
    unsigned snoozes_ = 0;
};

}  // namespace barid::support
