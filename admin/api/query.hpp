// The query of a request, decoded and checked against what the route declares. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/api/route.hpp"
#include "base/json_reader.hpp"

namespace barid::api {

using Values = std::map<std::string, std::vector<std::string>>;

/// "a=1&b=%20" as pairs, "+" read as a space (WHATWG URL §5.1). Notes a violation for what can't
/// be decoded or isn't UTF-8; at most 100 pairs.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query,
                                                             std::vector<Violation>& violations);

/// The values of all of the route's parameters, from path and query; violations are named by
/// parameter ("query/limit"). Every route takes `cursor` and `limit` only when it declares them.
Values check_parameters(const Route& route, const std::map<std::string, std::string>& path,
                        std::string_view query, std::vector<Violation>& violations);

/// RFC 3339 with a zone, "2026-11-22T10:00:00Z": what `timestamptz` reads in one way only.
bool is_rfc3339(std::string_view text);

}  // namespace barid::api
