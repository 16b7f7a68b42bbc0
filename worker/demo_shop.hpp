// The demo's orders, on the reference shop of examples/shop: a payment whose callback got lost, an
// order that nobody paid, wishes that become a read model. The gateway is the development one.
#pragma once

#include <vector>

#include "config/settings.hpp"
#include "jobs/registry.hpp"
#include "queue/pg/pool.hpp"
#include "worker/demo_report.hpp"
#include "worker/demo_work.hpp"

namespace barid::worker {

/// Turns [shop] on, with a development gateway, three streams and a projection.
void set_demo_shop(config::Settings& settings);

/// The kind demo.event: an event of an order, which is only looked at.
void register_demo_event(jobs::Registry& registry);

/// Installs the shop unless it is there, and what the run needs to buy in it.
awaitable<void> open_demo_shop(pg::Pool& pool, const DemoRun& run);

/// Customers order, pay, forget to pay, and wish; plain SQL, as a backend would.
awaitable<void> trade_in_demo_shop(pg::Pool& pool, const DemoRun& run);

/// Each order, what the gateway had said of it, and what its customer was told.
awaitable<void> show_demo_shop(pg::Pool& pool, const DemoRun& run, DemoOutput& out);

/// Waits for the relays, then says what came of it.
awaitable<std::vector<Expectation>> check_demo_shop(pg::Pool& pool, const DemoRun& run);

}  // namespace barid::worker
