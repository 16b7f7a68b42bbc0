// Events into a projection: what `projection.apply` and the relay's target "projection" do.
//
//     auto transaction = co_await pg::Transaction::begin(pool);   // Barid's own pool
//     … claim events …
//     const Applied applied = co_await apply_events(transaction, target, events);
//     … acknowledge all but applied.failed and applied.held, then commit
//
// Everything happens in the caller's transaction: the inbox's keys and the rows of every version
// (the one that is read, the one that is being built, the one that is kept) are committed
// together with the caller's acknowledgement, or not at all. An event that was applied before
// changes nothing. The caller must hold no lock that a rebuild waits for; the transaction's role
// is the login's own ('none') when this returns. Errors that pass, and those that are the
// configuration's (class 42), are thrown (pg::Error) and leave the transaction to be rolled back;
// what can't be applied at all is told by event. Io thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "queue/pg/pool.hpp"

namespace barid::commerce {

/// Which projection, and where its functions are. From the configuration, never from a payload.
struct ProjectionTarget {
    std::string name;                     ///< of [projection.NAME]
    std::string schema = "barid_shop";    ///< [shop] schema
    std::string role = "barid_commerce";  ///< [shop] role; empty: the login's own rights
};

struct ProjectionEvent {
    std::string event_id;
    std::string aggregate_type;
    std::string aggregate_id;
    std::int64_t aggregate_version = 0;
    std::string event_type;
    std::string payload;  ///< JSON text
    /// The stream that brought it, where ids are a stream's own; empty: they are the projection's.
    std::string stream = {};
};

struct Applied {
    struct Failure {
        std::size_t event = 0;  ///< its place among the events
        std::string error;
    };
    std::int64_t applied = 0;    ///< changed the version that is read
    std::int64_t stale = 0;      ///< it had them, or newer ones
    std::int64_t ignored = 0;    ///< no matter of this projection
    std::int64_t duplicate = 0;  ///< known to the inbox
    std::vector<Failure> failed;
    /// Not tried, for an event of the same aggregate before them failed.
    std::vector<std::size_t> held;
};

/// `events` in the order in which they are to be applied.
awaitable<Applied> apply_events(pg::Transaction& transaction, ProjectionTarget target,
                                std::vector<ProjectionEvent> events);

}  // namespace barid::commerce
