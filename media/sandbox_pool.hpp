// A bounded set of decode children: the only way in which the worker touches a hostile picture.
//
// `process` waits for a free child (in a bounded line), sends it the picture, and takes back the
// variants. A child that crashes, hangs or lies costs its own job only: the job gets one clear
// permanent error and the child is replaced. A child that dies before it began with a picture is
// not the picture's fault: the next child gets it. Cancelling the awaiting coroutine kills the
// child. Destroying the pool kills and reaps all children; they also die with the worker.
// Not thread-safe: io thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "media/error.hpp"
#include "media/image.hpp"
#include "media/limits.hpp"
#include "media/recipe.hpp"

namespace barid::media {

struct SandboxOptions {
    /// What to start, and how: the worker's own program by default.
    std::string program = "/proc/self/exe";
    std::vector<std::string> arguments = {"decode-child"};
    std::size_t children = 0;  ///< 0: one for each core
    std::size_t max_waiting = 256;
    std::chrono::milliseconds start_timeout{30'000};
    std::chrono::milliseconds job_timeout{60'000};  ///< wall clock, for one picture
    std::chrono::seconds cpu_limit{30};             ///< CPU time, for one picture
    std::uint64_t memory_bytes = 1ULL << 30U;       ///< address space on top of a warm child's own
    std::size_t max_answer_bytes = 128U << 20U;
    std::uint64_t jobs_per_child = 500;  ///< then it is replaced, as a remedy for slow leaks
    Limits limits;
};

struct SandboxStats {
    std::size_t children = 0;
    std::size_t busy = 0;     ///< given to a job, warming up included
    std::size_t working = 0;  ///< of them: have their picture
    std::size_t waiting = 0;
    std::uint64_t started = 0;  ///< children since the pool was made
    std::uint64_t lost = 0;     ///< of them: crashed, killed, timed out
    bool heic = false;          ///< a child has said that it can read HEIC
};

class SandboxPool {
  public:
    SandboxPool(asio::io_context& io, SandboxOptions options, log::Logger logger);
    ~SandboxPool();
    SandboxPool(const SandboxPool&) = delete;
    SandboxPool& operator=(const SandboxPool&) = delete;

    /// Starts every child now, so that a misconfigured sandbox shows at start-up and the first
    /// pictures don't wait. Optional. Throws sandbox_unavailable.
    awaitable<void> prefork();

    /// Throws media::Error: what `process_image` throws, and decoder_crashed, decoder_timeout
    /// (permanent); sandbox_busy, sandbox_unavailable, deadline_exceeded (transient).
    awaitable<ProcessedImage> process(Recipe recipe, std::string bytes, SteadyTime deadline);

    [[nodiscard]] SandboxStats stats() const;
    [[nodiscard]] std::vector<int> pids() const;  ///< of the living children
    [[nodiscard]] const SandboxOptions& options() const;

  private:
    struct Impl;
    /// Shared with running jobs: one that outlives the pool finds it closed, not gone.
    std::shared_ptr<Impl> impl_;
};

}  // namespace barid::media
