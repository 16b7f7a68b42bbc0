// The doctor's look at the functions that the shop provides (docs/commerce.md). Io thread only.
#pragma once

#include "base/asio.hpp"
#include "config/settings.hpp"
#include "worker/doctor_checks.hpp"

namespace barid::worker {

/// Reads the catalog and calls contract_version; changes nothing.
awaitable<Finding> check_shop(DoctorTools tools, config::Settings settings);

}  // namespace barid::worker
