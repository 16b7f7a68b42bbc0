// The API's description in OpenAPI 3.1, made of the routes. Pure.
#pragma once

#include <string>
#include <string_view>

#include "admin/api/route.hpp"

namespace barid::api {

/// JSON text. Throws std::logic_error when a route names a schema that isn't there or a schema
/// isn't JSON: both are found by the first test that runs.
std::string openapi(const Routes& routes, std::string_view version);

/// Adds GET /openapi.json, which describes all routes, itself and later ones included.
void add_openapi(Routes& routes, std::string version);

}  // namespace barid::api
