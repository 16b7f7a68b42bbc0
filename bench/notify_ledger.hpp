// Cases of the suite `notify` that need a database: pushes with the ledger on, a broadcast to
// many, the inbox when it is large. The worker is a process of its own (`run_sender`).
#pragma once

#include <functional>
#include <string>

#include "bench/arena.hpp"
#include "bench/notify_suite.hpp"
#include "bench/push_bench.hpp"

namespace barid::bench {

/// A worker with the kinds of notifications, sending to `origin` until its input ends.
struct SenderRole {
    std::string url;
    std::string origin;
    std::size_t connections = 10;
    std::string ca_file;
    std::string account_file;
    int quota_per_minute = 0;
};

/// Prints READY, then at the end RESULT <CPU seconds> <peak KiB>. Returns the exit code.
int run_sender(const SenderRole& role);

/// A broadcast to `users` with a phone each, from its start to its end.
struct BroadcastRun {
    PushRun push;
    double order_seconds = 0;  ///< of a message asked for in the middle, to its acceptance
    double early_rss_mib = 0;  ///< when a quarter was through
};
BroadcastRun run_broadcast(Arena& arena, PushStage& stage, const std::string& origin,
                           std::size_t users, bool inbox);

/// p99 in ms of a page and of the unread count, at `rows` rows of a hundred a user.
struct InboxRun {
    double page_ms = 0;
    double count_ms = 0;
};
InboxRun run_inbox(Arena& arena, std::size_t rows);

}  // namespace barid::bench
