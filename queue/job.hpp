// A claimed job as a handler sees it, and the set of things a handler can say about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.hpp"

namespace barid::queue {

struct Job {
    std::int64_t id = 0;
    std::string queue;
    std::string kind;
    std::string payload;  ///< JSON text
    int priority = 5;
    int attempt = 1;  ///< this attempt's number, from 1
    int max_attempts = 1;
    SystemTime run_at;
    SystemTime created_at;
    std::string request_id;   ///< empty when the producer gave none
    std::string traceparent;  ///< W3C trace context, or empty
    /// Fencing token of the claim (a UUID): an old one settles nothing.
    std::string claim_id;
};

/// Finished; `output` is JSON text (at most 64 KiB) or empty.
struct Done {
    std::string output;
};

/// Failed for now. `after` overrides the policy's delay (Retry-After); with
/// `spend_attempt = false` the attempt is given back (a paused provider, a full lane).
struct Retry {
    std::string error;
    std::optional<std::chrono::milliseconds> after;
    bool spend_attempt = true;
};

/// Can never work: ends at once, whatever attempts are left.
struct Fail {
    std::string error;
};

/// Somebody no longer wants it.
struct Cancel {
    std::string reason;
};

/// Not now: runs again later without spending an attempt.
struct Snooze {
    std::chrono::milliseconds delay;
};

/// The handler's own transaction has settled the job (sql.call), or found the claim lost: there
/// is nothing to write.
struct Settled {};

using Outcome = std::variant<Done, Retry, Fail, Cancel, Snooze, Settled>;

}  // namespace barid::queue
