// The job kind sql.call: an allowed SQL function, run in the same transaction as the job's settle.
//
//     {"function": "shop.close_day", "arguments": {"day": "2026-11-22"}}
//
// Its effects are there if and only if the job is completed, whatever dies in between. Answers
// that are lost are asked for again; the claim's token tells what became of them. Takes a
// connection for as long as the function runs, so give it a pool of its own; it must outlive the
// registry. Io thread only.
#pragma once

#include "jobs/registry.hpp"
#include "queue/pg/error.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct SqlCallPayload {
    std::string function;
};

/// Notes every violation in `in`; the caller finishes it. The arguments are checked only: the
/// database reads them from the job itself, so that no number loses a digit on the way.
SqlCallPayload parse_sql_call_payload(JsonReader& in);

/// What the function's error means for the job. Pure.
///
/// JB001 fails it for good and JB002 cancels it: a function raises them on purpose. Classes 0A,
/// 22, 23, 42 and 54 fail it too: the same call can't work. Everything else is tried again, a
/// plain RAISE (P0001) among it.
queue::Outcome sql_call_outcome(const std::string& function, const pg::Error& error);

void register_sql_call(Registry& registry, pg::Pool& pool);

}  // namespace barid::jobs
