// Rules that accounts, roles and tokens share: nobody grants what they don't have, and somebody who
// can do everything always remains.
#pragma once

#include "admin/access/grants.hpp"
#include "admin/api/call.hpp"

namespace barid::api {

/// Throws 403 `forbidden` unless the caller has everything that is granted.
void require_covered(const access::Principal& who, const access::Grants& granted);

using AdminCount = std::int64_t;
/// How many accounts can do everything; nobody else changes that until the transaction ends.
awaitable<AdminCount> count_admins(Call& call);
/// After the change: throws 409 `last_admin` when there was such an account and is none now.
awaitable<void> require_an_admin(Call& call, AdminCount before);

/// `cursor` and `limit`.
std::vector<Parameter> keyset_parameters();

}  // namespace barid::api
