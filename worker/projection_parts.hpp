// The projections of the settings, as the jobs take them. Pure.
#pragma once

#include <map>
#include <string>

#include "commerce/projection_apply.hpp"
#include "config/settings.hpp"
#include "jobs/projection_rebuild.hpp"

namespace barid::worker {

std::map<std::string, commerce::ProjectionTarget> projection_targets(
    const config::Settings& settings);

/// Streams that bring a projection's events by the shop's functions are known to each.
jobs::ProjectionMap projection_options(const config::Settings& settings);

}  // namespace barid::worker
