// A transaction on Barid's own pool that goes into the shop and comes back: both sides' changes
// are committed together. The role and settings end with the transaction at the latest. Stateless.
#pragma once

#include <string>

#include "queue/pg/pool.hpp"

namespace barid::commerce {

/// From here the statements have the shop's role (none when it is empty) and no other rights.
/// `quiet` says that what is done must reach nobody but a table that nobody reads yet: the shop's
/// functions and triggers see it as current_setting('barid.quiet', true) = 'on'.
awaitable<void> enter_shop(pg::Transaction& transaction, std::string role, bool quiet);

/// The login's own role again.
awaitable<void> leave_shop(pg::Transaction& transaction);

}  // namespace barid::commerce
