// JSON of which two readers can't think different things: what parse_json takes, less objects that
// name a member twice (RFC 8725 §2.4: which one counts differs among parsers). Pure, thread-safe.
#pragma once

#include <string_view>

#include "base/json.hpp"

namespace barid::access {

/// Throws a permanent Error that says where and what, never the text.
json::value parse_strict_json(std::string_view text);

}  // namespace barid::access
