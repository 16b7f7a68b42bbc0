// /projections: read models of the shop's, their rebuilds, and the way back. The names are the
// configuration's ([projection.NAME]); the work is jobs'. Io thread only.
#pragma once

#include <string>
#include <vector>

#include "admin/api/route.hpp"

namespace barid::api {

void add_projections(Routes& routes, std::vector<std::string> names);

}  // namespace barid::api
