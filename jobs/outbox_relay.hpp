// The kind `outbox.relay`: a stream's events are handed on, in the order of each aggregate.
//
//     {"stream": "orders"}
//
// A job drains its stream, then looks every poll interval for a shift's length and gives itself
// back (Snooze), so that another worker can go on and a stop never waits for it long. It ends only
// when somebody cancels it: add it with a unique key, as the schedule does. A killed worker's relay
// is taken over when its lease is over; that two run at once changes nothing but who is idle.
// An error that must be mended shows as the job's error, and it is tried again every half minute.
// Everything in the deps must outlive the registry; io thread only.
#pragma once

#include <chrono>
#include <vector>

#include "base/clock.hpp"
#include "commerce/outbox_relay.hpp"
#include "jobs/registry.hpp"

namespace barid::jobs {

struct OutboxRelayDeps {
    pg::Pool& pool;  ///< Barid's own
    const Clock& clock;
    std::vector<commerce::OutboxStream> streams = {};
    commerce::OutboxLimits limits = {};
    std::chrono::milliseconds shift{10'000};
};

void register_outbox_relay(Registry& registry, OutboxRelayDeps deps);

}  // namespace barid::jobs
