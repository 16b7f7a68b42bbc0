// Writes the lines that are due in one statement, fenced by each one's claim.
//
// May be repeated: a line that is there already stays. Throws what a later try can mend, with the
// lines put back; others are dropped with a warning, for outcomes must not wait for them.
#pragma once

#include <chrono>

#include "base/asio.hpp"
#include "base/log.hpp"
#include "queue/job_notes.hpp"
#include "queue/pg/connection.hpp"

namespace barid::queue {

/// `notes` must outlive the coroutine.
awaitable<void> write_notes(pg::Connection& connection, JobNotes& notes,
                            std::chrono::milliseconds deadline, const log::Logger& logger);

}  // namespace barid::queue
