// What happened during a run: everything that the checker judges, as plain data.
//
// Producers note what they asked for and what became of it, handlers write when they started and
// ended to an append-only file that outlives every process (one line a write), the nemesis notes
// whom it killed. All times are nanoseconds of CLOCK_MONOTONIC, which the processes of one machine
// share. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace barid::history {

using Nanos = std::int64_t;

enum class Fate { committed, rolled_back, unknown };

/// One request for a job. `ref` is the producer's own name for it and travels in the payload.
struct Enqueue {
    std::string ref;
    Fate fate = Fate::unknown;
    std::int64_t id = 0;  ///< what the database answered; another job's id when deduplicated
    std::string queue = "default";
    std::string ordering_key;
    std::string unique_key;
    std::string limit_key;
    std::vector<std::int64_t> after;  ///< parents' ids
    Nanos began = 0;                  ///< before its transaction began
    Nanos answered = 0;               ///< after the commit was answered
};

/// One run of a handler, as it saw itself.
struct Run {
    std::string worker;
    std::int64_t lease = 0;
    std::int64_t job = 0;
    int attempt = 0;
    std::string claim;
    std::string ref;
    Nanos started = 0;
    std::optional<Nanos> ended;  ///< nothing when its process died first
    std::string how;             ///< done | failed | retry | snoozed | stopped
};

struct Lease {
    std::string worker;
    Nanos until = 0;  ///< the last deadline that the worker knew of
};

struct Crash {
    Nanos down = 0;
    Nanos up = 0;
};

/// A job as the database has it in the end: finished, or (state `waiting`, `running`) left over.
struct Final {
    std::int64_t id = 0;
    std::string ref;
    std::string queue;
    std::string state;
    int attempt = 0;
    int max_attempts = 0;
    std::string claim;
    std::int64_t origin = 0;  ///< a dead letter's first ancestor
};

struct Limit {
    std::string queue;
    int concurrency = 0;      ///< 0: none
    int key_concurrency = 0;  ///< 0: none
};

struct History {
    std::vector<Enqueue> enqueues;
    std::vector<Run> runs;
    std::map<std::int64_t, Lease> leases;
    std::map<std::string, Nanos> killed;  ///< worker -> when
    std::vector<Crash> crashes;
    std::vector<Final> finals;
    std::set<std::int64_t> retried;    ///< by an admin: these ids may run again after their end
    std::map<std::string, long> left;  ///< table -> rows that should be gone
    std::vector<Limit> limits;
    std::vector<std::string> surprises;  ///< what was seen on the way and must not be
};

/// Adds the runs, leases and deaths that the lines tell of. Lines:
///
///     B worker lease deadline                          (the lease, whenever it was renewed)
///     S worker lease job attempt claim ref time        (a run started)
///     E worker job claim how time                      (it ended)
///     K worker time                                    (the process is about to kill itself)
///
/// A last line without an end is left out; any other that makes no sense throws runtime_error.
void read_log(std::string_view text, History& history);

}  // namespace barid::history
