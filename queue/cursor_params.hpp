// Cursors as statement parameters: the four arrays of the claim's and the look's `unnest`.
#pragma once

#include <vector>

#include "queue/claim_cursor.hpp"
#include "queue/pg/params.hpp"

namespace barid::queue {

/// Adds queue text[], priority smallint[], run_at timestamptz[] and id bigint[], in that order.
void add_cursor_rows(pg::Params& params, const std::vector<CursorRow>& rows);

}  // namespace barid::queue
