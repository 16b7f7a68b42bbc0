// The kind `translate.backfill`: brings a whole attached table's texts up to date.
//
// Payload: {"backfill": 7}. Each step is a small transaction that makes the jobs of the next rows
// and moves the cursor (barid.translate_backfill_step), so that a kill at any point costs nothing.
// When enough jobs are under way it snoozes: it holds no place in a worker while it waits. io
// thread only.
#pragma once

#include "base/clock.hpp"
#include "jobs/registry.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct TranslateBackfillOptions {
    int page = 500;
    std::chrono::milliseconds nap{250};
    /// An attempt works this long and comes back: a worker that stops waits for nobody.
    std::chrono::seconds shift{30};
};

/// `pool` and `clock` must outlive the registry's use.
void register_translate_backfill(Registry& registry, pg::Pool& pool, const Clock& clock,
                                 TranslateBackfillOptions options = {});

}  // namespace barid::jobs
