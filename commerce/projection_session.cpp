#include "commerce/projection_session.hpp"

namespace barid::commerce {
awaitable<void> enter_shop(pg::Transaction& transaction, std::string role, bool quiet) {
    co_await transaction.execute(
        "SELECT set_config('barid.quiet', $1, true), "
        "set_config('role', CASE WHEN $2 = '' THEN 'none' ELSE $2 END, true)",
        pg::Params(quiet ? "on" : "off", role));
}

awaitable<void> leave_shop(pg::Transaction& transaction) {
    co_await transaction.execute(
        "SELECT set_config('role', 'none', true), set_config('barid.quiet', 'off', true)");
}

}  // namespace barid::commerce
