// The dashboard of `barid dev`: open from the start, to one account that may do everything.
#pragma once

#include "base/asio.hpp"
#include "base/secret.hpp"
#include "queue/pg/pool.hpp"

namespace barid::worker {

inline constexpr const char* kDevLogin = "admin";

/// Makes the account with that password, unless there is one; a kept directory keeps its accounts.
awaitable<void> make_dev_admin(pg::Pool& pool, Secret password);

}  // namespace barid::worker
