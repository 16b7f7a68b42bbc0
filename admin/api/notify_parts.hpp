// What the routes about notifications, re-sends, broadcasts, templates and users share: parameters
// of pages, identifiers in paths, and reading bodies. Pure but for the calls that say so.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/api/call.hpp"

namespace barid::api {

/// `more`, and the parameters of a page.
std::vector<Parameter> paged(std::vector<Parameter> more = {});
/// The schema of a page of `item`.
std::string page_schema(std::string_view item);

/// A UUID in a path.
Parameter uuid_in_path(std::string name, std::string means);
/// The path's UUID; throws 404 for what isn't one, as for one that isn't there.
std::string uuid_of(const Call& call, std::string_view name, std::string_view what);
bool is_uuid(std::string_view text);

/// Reads a member that is an object of its own; violations get their whole place.
void read_member(JsonReader& in, std::string_view key,
                 const std::function<void(JsonReader&)>& read);

/// Whether texts, data and addresses are shown as they are.
inline bool unmasked(const Call& call) {
    return call.may(access::Permission::data_view);
}

/// Throws 404 unless the permission reaches the category.
void require_reach(const Call& call, access::Permission permission, std::string_view category);
/// Throws 403 unless the permission is granted for every category.
void require_whole_reach(const Call& call, access::Permission permission);

/// Rows of (object or NULL, place), one more than the limit when there are further ones. A NULL
/// object ends the rows: the database looked no further, and `place` is where to go on.
web::Response searched_page(const Call& call, const pg::Result& rows);

}  // namespace barid::api
