// Checks a JSON value against the part of JSON Schema 2020-12 that the API's description uses:
// $ref, type, enum, const, properties, required, additionalProperties, items, oneOf, anyOf, allOf,
// minimum, maximum. Any other keyword that constrains is an error of the schema.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace barid::support {

/// Every violation with its place ("/items/0/id: …"); `root` is where "#/…" points into.
std::vector<std::string> schema_violations(const json::value& root, const json::value& schema,
                                           const json::value& value);

}  // namespace barid::support
