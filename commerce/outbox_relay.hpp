// Hands a stream's events on, a batch at a time: claim, hand over and acknowledgement are one
// transaction on Barid's own pool, so that a relay which is killed between two lines has done
// nothing, and one that doesn't learn whether its commit took effect repeats nothing.
//
// Jobs and deliveries never leave the server (barid.outbox_step); a projection's events are read
// and applied with the shop's role (commerce/projection_apply.hpp). Relays of one stream take
// turns, wherever they run: a batch of a second one is `busy`. Errors are pg::Error; transient
// ones may be met with another try. Io thread only; the pool must outlive it.
#pragma once

#include <chrono>

#include "commerce/outbox_stream.hpp"
#include "queue/pg/pool.hpp"

namespace barid::commerce {

struct OutboxLimits {
    std::chrono::milliseconds statement_timeout{10'000};
    std::chrono::milliseconds lock_timeout{2'000};
};

struct OutboxStep {
    bool busy = false;
    int events = 0;     ///< handed on
    int blocked = 0;    ///< found to be such that they can't be; their aggregates stand still now
    bool full = false;  ///< as many as were asked for: there may be more
};

class OutboxRelay {
  public:
    OutboxRelay(pg::Pool& pool, OutboxStream stream, OutboxLimits limits = {});

    /// Tells the database what the stream is; once before the first step.
    awaitable<void> configure() const;
    /// A batch. One that takes longer than a statement may, because its events are large or their
    /// projector slow, is undone and tried with fewer of them, which is remembered.
    awaitable<OutboxStep> step() const;
    /// Removes delivered events that are older than the stream's retention, at most `most`; how
    /// many.
    awaitable<int> prune(int most) const;

    [[nodiscard]] const OutboxStream& stream() const { return stream_; }

  private:
    awaitable<pg::Transaction> begin() const;
    awaitable<OutboxStep> batch_of(int most) const;
    awaitable<OutboxStep> hand_on(pg::Transaction& transaction, int most) const;
    awaitable<OutboxStep> project(pg::Transaction& transaction, int most) const;

    pg::Pool& pool_;
    OutboxStream stream_;
    OutboxLimits limits_;
    mutable int batch_;  ///< what fits into a statement's time, at most the stream's
};

}  // namespace barid::commerce
