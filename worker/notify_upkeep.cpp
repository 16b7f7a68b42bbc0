#include "worker/notify_upkeep.hpp"

#include "base/timeout.hpp"
#include "queue/retention.hpp"

namespace barid::worker {
namespace {

constexpr int kBatch = 1000;
/// A backlog is worked off over several rounds.
constexpr int kSteps = 200;
constexpr queue::PartitionsToDrop kLedger{
    .next = "SELECT partition, parent, step FROM barid.ledger_to_drop()",
    .done = "SELECT barid.ledger_step_done($1)"};

}  // namespace

awaitable<void> notify_upkeep(pg::Pool& pool, log::Logger logger) {
    // First: what can be dropped needn't be deleted.
    co_await queue::drop_partitions(pool, kLedger, std::move(logger));
    for (int step = 0; step < kSteps; ++step) {
        const pg::Result more =
            co_await pool.execute("SELECT barid.notify_upkeep($1)", pg::Params(kBatch));
        if (!more.one().get<bool>(0)) break;
    }
}

awaitable<void> notify_upkeep_service(pg::Pool& pool, queue::MaintenanceOptions options,
                                      log::Logger logger) {
    do {
        co_await notify_upkeep(pool, logger);
    } while (co_await sleep_for(options.upkeep_every));
}

}  // namespace barid::worker
