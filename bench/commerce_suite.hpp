// The suite `commerce`: the relay, the rebuild of a projection, reconciliation and expiry, on the
// reference shop of examples/shop. Each case prints its own lines; workers are the real program.
#pragma once

#include <string>

#include "bench/arena.hpp"

namespace barid::bench {

struct CommerceOptions {
    std::string url;  ///< a superuser's; databases are made and dropped beside it
    int runs = 3;
    int jobs = 50'000;  ///< of the queue's own drain, which the relay is compared with
    double scale = 1;   ///< of the burdens: 1 is a million rows, a hundred thousand orders
    std::string only;   ///< case names that contain this; empty: all
};

/// What each case gets: clones of a migrated database with the reference shop in it.
struct CommerceBench {
    const CommerceOptions& options;
    Arena& arena;
    Contender barid;  ///< the clones' source, without the shop

    /// Puts the files of examples/shop into a database.
    static void install_shop(const std::string& url);
};

inline const std::string kCommerceSuite = "commerce";

void bench_relay(CommerceBench& bench);      ///< commerce_relay.cpp
void bench_rebuild(CommerceBench& bench);    ///< commerce_rebuild.cpp
void bench_reconcile(CommerceBench& bench);  ///< commerce_orders.cpp
void bench_expire(CommerceBench& bench);     ///< the same

void run_commerce_suite(const CommerceOptions& options);

}  // namespace barid::bench
