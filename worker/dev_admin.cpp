#include "worker/dev_admin.hpp"

#include "admin/access/password.hpp"

namespace barid::worker {

awaitable<void> make_dev_admin(pg::Pool& pool, Secret password) {
    const auto known = co_await pool.execute(
        "SELECT EXISTS (SELECT FROM barid.admin_account WHERE lower(login) = lower($1))",
        pg::Params(kDevLogin));
    if (known.one().get<bool>(0)) co_return;
    co_await pool.execute(R"(
        WITH made AS MATERIALIZED (SELECT barid.admin_account_create($1, 'Admin', false) AS id),
             role AS (INSERT INTO barid.admin_account_role (account_id, role)
                      SELECT id, 'admin' FROM made)
        SELECT barid.admin_account_set_password(id, $2, false) FROM made)",
                          pg::Params(kDevLogin, access::hash_password(password)));
}

}  // namespace barid::worker
