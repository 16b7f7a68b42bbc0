// The one loop per process that claims: as much as the executor can take, sleeping when there is
// nothing. One fetcher per process, never one per handler: many readers on the head of a queue
// slow each other down.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "base/log.hpp"
#include "queue/claim_cursor.hpp"
#include "queue/claimer.hpp"
#include "queue/settler.hpp"
#include "queue/wakeup.hpp"
#include "worker/executor.hpp"

namespace barid::worker {

struct FetcherOptions {
    std::vector<std::string> queues;  ///< {"*"}: every queue there is
    std::size_t max_claim = 1000;
    std::chrono::milliseconds poll_interval{2'000};  ///< longest sleep without a listening session
    std::chrono::milliseconds idle_interval{5'000};  ///< longest sleep with one
};

class Fetcher {
  public:
    Fetcher(queue::Claimer& claimer, queue::Wakeup& wakeup, queue::Settler& settler,
            Executor& executor, FetcherOptions options, log::Logger logger);

    /// The service: runs until cancelled; throws on database errors. Claims only while
    /// `may_claim()` is true.
    awaitable<void> run();

    /// A limit's slot was freed by this process: look at limited queues at once.
    void slot_freed();
    /// A handler of this process has ended.
    void finished(const queue::Job& job);

    std::function<bool()> may_claim;
    std::function<void()> on_lease_lost;

  private:
    awaitable<void> refresh_queues();
    awaitable<bool> claim_once();
    awaitable<bool> claim_limited(const std::vector<queue::CursorRow>& rows,
                                  std::vector<queue::Job>& seen);
    awaitable<bool> claim_of(const std::string& name, const std::vector<queue::CursorRow>& rows,
                             std::vector<queue::Job>& seen);
    awaitable<void> idle();
    [[nodiscard]] std::chrono::milliseconds jittered(std::chrono::milliseconds limit) const;

    queue::Claimer& claimer_;
    queue::Wakeup& wakeup_;
    queue::Settler& settler_;
    Executor& executor_;
    FetcherOptions options_;
    log::Logger log_;
    queue::ClaimCursor cursor_;
    queue::Scan hint_ = queue::Scan::forward;
    SystemTime database_now_{};
    std::chrono::milliseconds backoff_{0};
    SteadyTime next_refresh_{};
    bool last_was_full_ = false;
    bool last_found_ = false;

    struct Limited {
        std::string after_key;  ///< the round over the limit keys goes on behind it
        SteadyTime next_try{};  ///< not before, unless something changed
        bool timed = false;     ///< `next_try` is a time at which there is something to claim
    };
    std::map<std::string, Limited> limited_;
    SteadyTime next_limited_{};
    bool limits_changed_ = true;
};

}  // namespace barid::worker
