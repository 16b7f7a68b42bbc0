#include "commerce/projection_session.hpp"

namespace barid::commerce {
namespace {

// A parameter, so that it stays the same name where Barid's schema has another.
constexpr const char* kQuiet = "barid.quiet";

}  // namespace

awaitable<void> enter_shop(pg::Transaction& transaction, std::string role, bool quiet) {
    co_await transaction.execute(
        "SELECT set_config($1, $2, true), "
        "set_config('role', CASE WHEN $3 = '' THEN 'none' ELSE $3 END, true)",
        pg::Params(kQuiet, quiet ? "on" : "off", role));
}

awaitable<void> leave_shop(pg::Transaction& transaction) {
    co_await transaction.execute(
        "SELECT set_config('role', 'none', true), set_config($1, 'off', true)", pg::Params(kQuiet));
}

}  // namespace barid::commerce
