// Threads that enqueue in every way there is, and remember what they asked for and were told.
//
// `start` begins, `stop` ends and joins; `take` gives the notes afterwards. Everything random
// follows from the seed, except what depends on timing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/fault/history/history.hpp"
#include "tests/fault/history/session.hpp"

namespace barid::history {

Nanos monotonic_now();
/// Sleeps, but not beyond the end of the run.
void pause(const std::atomic<bool>& stop, std::chrono::milliseconds length);

class Producers {
  public:
    Producers(std::string url, std::uint64_t seed) : url_(std::move(url)), seed_(seed) {}
    ~Producers() { stop(); }
    Producers(const Producers&) = delete;
    Producers& operator=(const Producers&) = delete;

    void start(int threads);
    void stop();

    /// A random id of a job that was enqueued lately; 0 when there is none.
    std::int64_t recent_id(std::mt19937_64& random);
    [[nodiscard]] std::vector<Enqueue> take() { return std::move(done_); }
    [[nodiscard]] std::vector<std::string> surprises() { return std::move(surprises_); }

  private:
    friend class Producer;
    void note(std::vector<Enqueue>& asked, Fate fate);
    void surprise(const std::string& what);

    std::string url_;
    std::uint64_t seed_;
    std::atomic<bool> stop_{false};
    std::mutex mutex_;  ///< guards what follows
    std::vector<Enqueue> done_;
    std::vector<std::string> surprises_;
    std::vector<std::thread> threads_;
};

}  // namespace barid::history
