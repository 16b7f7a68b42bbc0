// From what a handler said to what the database is told. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "queue/job.hpp"
#include "queue/retry_policy.hpp"

namespace barid::queue {

inline constexpr std::size_t kMaxOutputBytes = 64 * 1024;
inline constexpr std::size_t kMaxErrorBytes = 2000;

/// Why PostgreSQL can't store the text as jsonb ("the output has …"), or we won't; empty when
/// nothing is wrong.
std::string stored_json_problem(std::string_view what, const std::string& text);

/// Spelled as barid.settle wants them. `refund` gives the attempt back.
enum class Action { complete, fail, cancel, retry, refund };
std::string_view to_string(Action action);

struct Settlement {
    Action action = Action::complete;
    std::chrono::milliseconds delay{0};
    std::string error;   ///< storable text, at most kMaxErrorBytes; empty for none
    std::string output;  ///< JSON text, or empty
};

/// `unit` in [0, 1) is the jitter. A retry without attempts left fails; text that PostgreSQL
/// can't store is scrubbed; an output that is too large or not storable JSON fails the job, with
/// an error that says so (the handler's effects stand: only its report is refused).
///
/// Settled has nothing to write: said again as done, it is answered with `already`.
Settlement settle_as(const Outcome& outcome, const Job& job, const RetryPolicy& policy,
                     double unit);

}  // namespace barid::queue
