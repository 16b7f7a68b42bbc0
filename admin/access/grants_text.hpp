// Grants as the database, the API and the command line write them. Pure, thread-safe.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "admin/access/grants.hpp"
#include "base/json.hpp"
#include "base/json_reader.hpp"

namespace barid::access {

/// [{"permission": "jobs.view", "limited_to": null | ["mail"]}, …], in the enumeration's order.
json::array grants_json(const Grants& grants);

/// What the database holds. What this program doesn't know, or a limit that the permission can't
/// have, grants nothing.
Grants read_grants(const json::value& stored);

/// What somebody asks for, at `key` of a body: everything that isn't right is a violation.
Grants parse_grants(JsonReader& in, std::string_view key);

/// Adds "jobs.view" or "jobs.retry=mail,default"; or says what is wrong with it.
std::expected<void, std::string> add_grant(Grants& grants, std::string_view text);

}  // namespace barid::access
