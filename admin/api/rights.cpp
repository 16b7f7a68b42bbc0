#include "admin/api/rights.hpp"

namespace barid::api {

void require_covered(const access::Principal& who, const access::Grants& granted) {
    if (who.grants.covers(granted)) return;
    throw Problem(403, "forbidden", "nobody can grant what they don't have themselves");
}

awaitable<AdminCount> count_admins(Call& call) {
    const auto result = co_await call.sql("SELECT barid.admin_count_admins()");
    co_return result.one().get<AdminCount>(0);
}

awaitable<void> require_an_admin(Call& call, AdminCount before) {
    if (before == 0 || co_await count_admins(call) > 0) co_return;
    throw Problem(409, "last_admin",
                  "no account could do everything any more: give another the "
                  "role admin first");
}

std::vector<Parameter> keyset_parameters() {
    return {{.name = "cursor", .means = "the page's `next` before this one", .max_bytes = 1000},
            {.name = "limit",
             .type = Parameter::Type::integer,
             .means = "items of a page; 50 unless given",
             .min = 1,
             .max = 200}};
}

}  // namespace barid::api
