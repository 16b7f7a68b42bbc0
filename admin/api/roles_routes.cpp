// Roles: names for sets of permissions. Nobody can put into one what they don't have, and no change
// may leave the installation without an account that can do everything.
#include <fmt/format.h>

#include "admin/access/grants_text.hpp"
#include "admin/api/call.hpp"
#include "admin/api/rights.hpp"
#include "admin/api/session_parts.hpp"

namespace barid::api {
namespace {

constexpr std::string_view kRole = R"(
    SELECT jsonb_build_object('name', r.name, 'means', r.means, 'permissions', r.permissions,
        'built_in', r.built_in, 'updated_at', barid.admin_time(r.updated_at),
        'accounts', (SELECT count(*) FROM barid.admin_account_role ar WHERE ar.role = r.name),
        'allowed_actions', CASE WHEN r.name = 'admin' THEN '[]'::jsonb
                                WHEN r.built_in THEN '["update"]'
                                ELSE '["update", "delete"]' END)::text, r.name
    FROM barid.admin_role r)";

Parameter name_parameter() {
    return {.name = "name", .means = "the role's name", .max_bytes = 63};
}

awaitable<std::optional<std::string>> current(Call& call, const std::string& name) {
    const auto found =
        co_await call.sql(fmt::format("{} WHERE r.name = $1", kRole), pg::Params(name));
    if (found.empty()) co_return std::nullopt;
    co_return std::string(found.one().text(0));
}

awaitable<web::Response> put_role(Call& call) {
    JsonReader in(call.body());
    const auto grants = access::parse_grants(in, "permissions");
    const auto means = in.optional_text("means", {.min_bytes = 0, .max_bytes = 200});
    in.optional_text("reason", {.min_bytes = 0, .max_bytes = 500});
    const std::string name = call.text("name");
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") != name.npos ||
        name.front() < 'a') {
        in.violate("/name", "must be 1 to 63 of a-z, 0-9 and _ . -, a letter first");
    }
    in.finish();
    if (name == "admin") throw Problem(409, "built_in", "the role admin can't be changed");
    require_covered(call.who(), grants);
    const AdminCount admins = co_await count_admins(call);
    const auto before = co_await current(call, name);
    // One that somebody removed meanwhile is no longer what was read.
    call.require_match(before.value_or(""));
    const auto rows = co_await call.sql("SELECT count(*) >= 1000 FROM barid.admin_role");
    if (!before && rows.one().get<bool>(0)) {
        throw Problem(422, "invalid", "there are 1,000 roles already: remove one");
    }
    co_await call.sql(R"(
        INSERT INTO barid.admin_role AS r (name, means, permissions)
        VALUES ($1, coalesce($3, ''), $2)
        ON CONFLICT (name) DO UPDATE SET permissions = excluded.permissions,
            means = coalesce($3, r.means), updated_at = clock_timestamp())",
                      pg::Params(name, json::serialize(access::grants_json(grants)), means));
    co_await require_an_admin(call, admins);
    const auto after = co_await current(call, name);
    co_await call.audit({.action = before ? "role.change" : "role.create",
                         .target_kind = "role",
                         .target = name,
                         .before = before.value_or(""),
                         .after = *after});
    co_return json_response(*after);
}

awaitable<web::Response> delete_role(Call& call) {
    const std::string name = call.text("name");
    const auto before = co_await current(call, name);
    if (!before) throw Problem(404, "not_found", "there is no such role");
    const json::value role = parse_json(*before);
    if (role.at("built_in").as_bool()) {
        throw Problem(409, "built_in", "a built-in role can't be removed");
    }
    if (role.at("accounts").as_int64() > 0) {
        throw Problem(409, "role_in_use", "accounts have the role: take it from them first");
    }
    co_await call.sql("DELETE FROM barid.admin_role WHERE name = $1", pg::Params(name));
    co_await call.audit(
        {.action = "role.delete", .target_kind = "role", .target = name, .before = *before});
    co_return web::Response{.status = 204};
}

awaitable<web::Response> list_permissions(Call&) {
    json::array items;
    for (const auto& info : access::permissions()) {
        const char* limit = info.limit == access::Limit::queues       ? "queues"
                            : info.limit == access::Limit::categories ? "categories"
                                                                      : nullptr;
        items.push_back(
            json::object{{"name", info.name},
                         {"means", info.means},
                         {"limit", limit != nullptr ? json::value(limit) : json::value(nullptr)}});
    }
    co_return json_response(
        json::serialize(json::object{{"items", std::move(items)}, {"next", nullptr}}));
}

void add_schemas(Routes& routes) {
    routes.schema("Grant", R"({"type": "object", "properties": {
        "permission": {"type": "string"},
        "limited_to": {"type": ["array", "null"], "items": {"type": "string"}}},
        "required": ["permission"]})");
    routes.schema("Role", R"({"type": "object", "properties": {
        "name": {"type": "string"}, "means": {"type": "string"},
        "permissions": {"type": "array", "items": {"$ref": "#/components/schemas/Grant"}},
        "built_in": {"type": "boolean"}, "accounts": {"type": "integer"},
        "updated_at": {"type": "string", "format": "date-time"},
        "allowed_actions": {"type": "array", "items": {"type": "string"}}}})");
    routes.schema("Roles", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("RoleChange", R"({"type": "object", "properties": {
        "permissions": {"type": "array", "items": {"$ref": "#/components/schemas/Grant"}},
        "means": {"type": "string", "maxLength": 200},
        "reason": {"type": "string", "maxLength": 500}}, "required": ["permissions"]})");
    routes.schema("PermissionInfo", R"({"type": "object", "properties": {
        "name": {"type": "string"}, "means": {"type": "string"},
        "limit": {"type": ["string", "null"], "description": "queues, categories, or null"}}})");
    routes.schema("Permissions", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/PermissionInfo"}},
        "next": {"type": "null"}}})");
}

}  // namespace

void add_roles(Routes& routes, access::SignIn& door) {
    add_schemas(routes);
    routes.add({.method = "GET",
                .path = "/permissions",
                .operation = "listPermissions",
                .tag = "access",
                .summary = "Every permission there is, and what it can be limited to.",
                .open = Route::Open::to_signed_in,
                .answer = "Permissions",
                .handler = &list_permissions});
    routes.add({.method = "GET",
                .path = "/roles",
                .operation = "listRoles",
                .tag = "access",
                .summary = "The roles, by name.",
                .parameters = keyset_parameters(),
                .answer = "Roles",
                .handler = [](Call& call) -> awaitable<web::Response> {
                    co_return co_await call.page(
                        fmt::format("{} WHERE r.name > coalesce($1, '') ORDER BY r.name "
                                    "LIMIT $2 + 1",
                                    kRole),
                        pg::Params(call.position(), call.limit()));
                }});
    routes.add({.method = "PUT",
                .path = "/roles/{name}",
                .operation = "putRole",
                .tag = "access",
                .summary = "Make a role, or change what it allows.",
                .parameters = {name_parameter()},
                .body = "RoleChange",
                .answer = "Role",
                .handler = [&door](Call& call) -> awaitable<web::Response> {
                    auto response = co_await put_role(call);
                    door.forget_everyone();
                    co_return response;
                }});
    routes.add({.method = "DELETE",
                .path = "/roles/{name}",
                .operation = "deleteRole",
                .tag = "access",
                .summary = "Remove a role that no account has.",
                .parameters = {name_parameter()},
                .status = 204,
                .handler = &delete_role});
}

}  // namespace barid::api
