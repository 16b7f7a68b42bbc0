// The kind `notify.broadcast`: brings one broadcast on its way, chunk by chunk.
//
// Payload: {"broadcast": "<id>"}. It writes down who is meant, renders the text once for each
// language, and makes chunks just ahead of the kind `notify.chunk`, which sends them. Everything
// is a small transaction that moves the broadcast's cursor: killed anywhere, the next attempt goes
// on there. io thread only.
#pragma once

#include "jobs/registry.hpp"
#include "notify/message_format.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct NotifyBroadcastOptions {
    std::string default_locale = "en";
    notify::Digits digits = notify::Digits::latin;
    int chunk_size = 1000;
    /// Chunks of one broadcast that may be under way in the whole fleet.
    int chunks_ahead = 8;
    /// The longest that a segment's query may take.
    std::chrono::seconds segment_timeout{600};
    /// An attempt works this long and comes back: a worker that stops waits for nobody.
    std::chrono::seconds shift{60};
};

/// `pool` must outlive the registry's use.
void register_notify_broadcast(Registry& registry, pg::Pool& pool, const Clock& clock,
                               NotifyBroadcastOptions options = {});

}  // namespace barid::jobs
