// The doctor's looks at what the shop provides (docs/commerce.md) and at its payment gateways. Io
// thread only.
#pragma once

#include <string>

#include "base/asio.hpp"
#include "config/settings.hpp"
#include "worker/doctor_checks.hpp"

namespace barid::worker {

/// Reads the catalog and calls contract_version; changes nothing.
awaitable<Finding> check_shop(DoctorTools tools, config::Settings settings);

/// Asks a gateway for a payment that nobody made: whether it takes the key. Unlike a worker's
/// question it pauses nothing for the fleet.
awaitable<Finding> check_gateway(DoctorTools tools, config::Settings settings, std::string name);

}  // namespace barid::worker
