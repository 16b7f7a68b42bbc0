// Users as the shop's support sees them: devices (never a token), choices, quiet hours, addresses
// that are not written to; and categories.
//
// Changing somebody's choices goes past what they have said, so it needs notifications.override.
#include <fmt/format.h>

#include <algorithm>

#include "admin/api/notify_parts.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::string_view kItem = R"({"type": "object", "properties": {
    "user_id": {"type": "string"}, "locale": {"type": "string"}, "tz": {"type": "string"},
    "devices": {"type": "integer"}, "created_at": {"type": "string"}}})";

constexpr std::string_view kUser = R"({"type": "object", "properties": {
    "user_id": {"type": "string"}, "locale": {"type": "string"}, "tz": {"type": "string"},
    "created_at": {"type": "string"}, "masked": {"type": "boolean"},
    "contact": {"type": ["object", "null"], "properties": {
        "email": {"type": "string"}, "updated_at": {"type": "string"},
        "suppressed": {"type": ["object", "null"], "properties": {
            "cause": {"type": "string"}, "detail": {"type": ["string", "null"]},
            "since": {"type": "string"}}}}},
    "devices": {"type": "array", "items": {"type": "object", "properties": {
        "id": {"type": "integer"}, "project": {"type": "string"},
        "platform": {"type": "string"}, "app_version": {"type": ["string", "null"]},
        "state": {"enum": ["active", "suspect", "dead"]},
        "state_reason": {"type": ["string", "null"]}, "token_kind": {"enum": ["token", "fid"]},
        "token": {"type": "string", "description": "its last six characters"},
        "created_at": {"type": "string"}, "last_registered_at": {"type": "string"},
        "last_ok_at": {"type": ["string", "null"]},
        "allowed_actions": {"type": "array", "items": {"enum": ["remove"]}}}}},
    "preferences": {"type": "array", "items": {"type": "object", "properties": {
        "category": {"type": "string"}, "channel": {"type": "string"},
        "enabled": {"type": "boolean"}, "updated_by": {"type": ["string", "null"]},
        "updated_at": {"type": "string"}}}},
    "quiet_hours": {"type": "array", "items": {"type": "object", "properties": {
        "start": {"type": "string"}, "end": {"type": "string"},
        "days": {"type": "array", "items": {"type": "string"}}}}},
    "unread": {"type": "integer"},
    "allowed_actions": {"type": "array", "items": {"enum": ["set_preferences"]}}}})";

constexpr std::string_view kChoices = R"({"type": "object", "properties": {
    "preferences": {"type": "array", "items": {"type": "object", "properties": {
        "category": {"type": "string", "description": "* for all"},
        "channel": {"type": "string", "description": "* for all"},
        "enabled": {"type": ["boolean", "null"], "description": "null takes the choice back"}},
        "required": ["enabled"]}},
    "quiet_hours": {"type": "array", "items": {"type": "object", "additionalProperties": true},
        "description": "[{\"start\": \"22:00\", \"end\": \"07:00\", \"days\": [\"fri\"]}]"},
    "tz": {"type": "string"}, "reason": {"type": "string"}}, "required": []})";

constexpr std::string_view kCategory = R"({"type": "object", "properties": {
    "key": {"type": "string"}, "description": {"type": ["string", "null"]},
    "critical": {"type": "boolean"}, "ambiguity": {"enum": ["resend", "hold"]},
    "ttl_seconds": {"type": "number"}, "urgent": {"type": "boolean"},
    "collapse": {"type": "boolean"}, "quiet": {"type": "string"},
    "channels": {"type": "array", "items": {"type": "string"}},
    "default_enabled": {"type": "boolean"},
    "throttle": {"type": ["object", "null"], "properties": {
        "most": {"type": "integer"}, "window_seconds": {"type": "number"}}},
    "digest": {"type": ["object", "null"], "properties": {
        "window_seconds": {"type": "number"}, "template": {"type": "string"}}}}})";

constexpr std::string_view kSuppression = R"({"type": "object", "properties": {
    "address": {"type": "string"}, "cause": {"type": "string"},
    "detail": {"type": ["string", "null"]}, "since": {"type": "string"}}})";

bool manages(const Call& call) {
    return call.may(Permission::notifications_override);
}

awaitable<std::string> one(Call& call) {
    co_return co_await call.document("user",
                                     "SELECT barid.admin_user($1, $2::boolean, $3::boolean)",
                                     pg::Params(call.text("id"), unmasked(call), manages(call)));
}

awaitable<web::Response> list(Call& call) {
    co_return co_await call.page(
        "SELECT item, place FROM barid.admin_users($1, $2, $3::int + 1)",
        pg::Params(call.optional_text("search"), call.position(), call.limit()));
}

awaitable<web::Response> show(Call& call) {
    co_return json_response(co_await one(call));
}

awaitable<web::Response> explain(Call& call) {
    co_return json_response(
        co_await call.document("category", "SELECT barid.admin_explain($1, $2, NULL, $3::text[])",
                               pg::Params(call.text("id"), call.text("category"),
                                          call.reach(Permission::notifications_view))));
}

/// [{"category", "channel", "enabled"}], each within the caller's reach.
json::array read_choices(const Call& call, JsonReader& in) {
    json::array choices;
    const json::value* list = in.optional_value("preferences");
    if (list == nullptr) return choices;
    if (!list->is_array() || list->get_array().size() > 50) {
        in.violate("/preferences", "must be a list of at most 50");
        return choices;
    }
    const auto reach = call.reach(Permission::notifications_override);
    for (std::size_t i = 0; i < list->get_array().size(); ++i) {
        const auto at = fmt::format("/preferences/{}", i);
        JsonReader item(list->get_array()[i]);
        const auto category = item.optional_text("category", {.max_bytes = 64}).value_or("*");
        const auto channel =
            item.optional_text("channel", {.one_of = {"*", "push", "inbox", "email", "webhook"}})
                .value_or("*");
        const auto enabled = item.optional_boolean("enabled");
        if (reach && std::ranges::find(*reach, category) == reach->end()) {
            item.violate("/category", "is not within your reach");
        }
        json::object choice = {{"category", category}, {"channel", channel}, {"enabled", nullptr}};
        if (enabled) choice["enabled"] = *enabled;
        choices.push_back(std::move(choice));
        try {
            item.finish();
        } catch (const PayloadError& error) {
            for (const auto& found : error.violations()) in.violate(at + found.at, found.problem);
        }
    }
    return choices;
}

awaitable<web::Response> set_choices(Call& call) {
    call.require(Permission::devices_view);
    JsonReader in(call.body());
    const auto choices = read_choices(call, in);
    const json::value* windows = in.optional_value("quiet_hours");
    const auto tz = in.optional_text("tz", {.max_bytes = 64});
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    if (windows != nullptr || tz) require_whole_reach(call, Permission::notifications_override);
    const auto before = co_await one(call);
    const auto id = call.text("id");
    co_await call.sql("SELECT barid.admin_set_preferences($1, $2::jsonb, $3)",
                      pg::Params(id, json::serialize(choices), call.who().id));
    if (windows != nullptr) {
        co_await call.sql("SELECT barid.set_quiet_hours($1, $2::jsonb, $3)",
                          pg::Params(id, json::serialize(*windows), tz));
    } else if (tz) {
        co_await call.sql("SELECT barid.upsert_user($1, tz => $2)", pg::Params(id, *tz));
    }
    auto answer = co_await one(call);
    const auto part = [](const std::string& whole) {
        const auto user = parse_json(whole);
        return json::serialize(json::object{{"preferences", user.at("preferences")},
                                            {"quiet_hours", user.at("quiet_hours")},
                                            {"tz", user.at("tz")}});
    };
    co_await call.audit({.action = "user.set_preferences",
                         .target_kind = "user",
                         .target = id,
                         .before = part(before),
                         .after = part(answer)});
    co_return json_response(std::move(answer));
}

awaitable<web::Response> remove_device(Call& call) {
    call.require(Permission::devices_view);
    require_whole_reach(call, Permission::notifications_override);
    co_await one(call);
    const auto removed = co_await call.sql("SELECT barid.admin_remove_device($1, $2::bigint)",
                                           pg::Params(call.text("id"), *call.integer("device_id")));
    if (!removed.one().get<bool>(0)) {
        throw Problem(404, "not_found", "the user has no such device");
    }
    co_await call.audit(
        {.action = "user.remove_device",
         .target_kind = "user",
         .target = call.text("id"),
         .after = json::serialize(json::object{{"device_id", *call.integer("device_id")}})});
    co_return json_response(co_await one(call));
}

awaitable<web::Response> categories(Call& call) {
    co_return json_response(
        co_await call.document("category", "SELECT barid.admin_categories($1::text[])",
                               pg::Params(call.reach(Permission::notifications_view))));
}

awaitable<web::Response> suppressions(Call& call) {
    co_return co_await call.page(
        "SELECT item, place FROM barid.admin_suppressions($1, $2::int + 1, $3::boolean)",
        pg::Params(call.position(), call.limit(), unmasked(call)));
}

/// As much of an address as the audit log may keep: "n…@example.com".
std::string shortened(const std::string& address) {
    const auto at = std::min(address.rfind('@'), address.size());
    const bool plain = !address.empty() && address.front() > ' ' && address.front() < '\x7f';
    return (plain && at > 0 ? address.substr(0, 1) : "") + "…" + address.substr(at);
}

awaitable<web::Response> change_suppression(Call& call, bool add, std::string address) {
    require_whole_reach(call, Permission::notifications_override);
    const auto changed =
        co_await call.sql(add ? "SELECT barid.suppress($1, 'manual', nullif($2, ''))"
                              : "SELECT barid.unsuppress($1) AND $2::text IS NOT NULL",
                          pg::Params(address, add ? call.reason() : std::string()));
    if (!add && !changed.one().get<bool>(0)) {
        throw Problem(404, "not_found", "there is no such address");
    }
    co_await call.audit({.action = add ? "suppression.add" : "suppression.remove",
                         .target_kind = "address",
                         .target = shortened(address)});
    co_return web::Response{.status = 204};
}

awaitable<web::Response> suppress(Call& call) {
    JsonReader in(call.body());
    auto address = in.text("address", {.max_bytes = 254});
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    return change_suppression(call, true, std::move(address));
}

awaitable<web::Response> unsuppress(Call& call) {
    return change_suppression(call, false, call.text("address"));
}

void add_suppressions(Routes& routes) {
    routes.schema("Suppression", kSuppression);
    routes.schema("SuppressionPage", page_schema("Suppression"));
    routes.schema("NewSuppression", R"({"type": "object", "properties": {
        "address": {"type": "string"}, "reason": {"type": "string"}}, "required": ["address"]})");
    routes.add({.method = "GET",
                .path = "/suppressions",
                .operation = "listSuppressions",
                .tag = "users",
                .summary = "Addresses that no e-mail is written to.",
                .permission = Permission::devices_view,
                .parameters = paged(),
                .answer = "SuppressionPage",
                .handler = &suppressions});
    routes.add({.method = "POST",
                .path = "/suppressions",
                .operation = "suppressAddress",
                .tag = "users",
                .summary = "Write no more e-mails to an address.",
                .permission = Permission::notifications_override,
                .body = "NewSuppression",
                .status = 204,
                .handler = &suppress});
    routes.add({.method = "DELETE",
                .path = "/suppressions/{address}",
                .operation = "unsuppressAddress",
                .tag = "users",
                .summary = "Let an address be written to again.",
                .permission = Permission::notifications_override,
                .parameters = {{.name = "address", .means = "the address", .max_bytes = 320}},
                .status = 204,
                .handler = &unsuppress});
}

}  // namespace

void add_users(Routes& routes) {
    routes.schema("UserItem", kItem);
    routes.schema("UserPage", page_schema("UserItem"));
    routes.schema("User", kUser);
    routes.schema("UserChoices", kChoices);
    routes.schema("Category", kCategory);
    routes.schema("CategoryPage", page_schema("Category"));
    const Parameter id{.name = "id", .means = "the shop's own id", .max_bytes = 256};
    const auto route = [&](std::string method, std::string path, std::string operation,
                           std::string summary, Permission permission, auto handler) {
        return Route{.method = std::move(method),
                     .path = std::move(path),
                     .operation = std::move(operation),
                     .tag = "users",
                     .summary = std::move(summary),
                     .permission = permission,
                     .parameters = {id},
                     .answer = "User",
                     .handler = handler};
    };
    auto all = route("GET", "/users", "listUsers", "Users by the beginning of their id.",
                     Permission::devices_view, &list);
    all.parameters = paged({{.name = "search", .means = "how the id begins", .max_bytes = 256}});
    all.answer = "UserPage";
    routes.add(std::move(all));
    routes.add(route("GET", "/users/{id}", "getUser", "One, with devices and choices.",
                     Permission::devices_view, &show));
    auto why = route("GET", "/users/{id}/explain", "explainUser",
                     "What would happen to a notification of a category now.",
                     Permission::notifications_view, &explain);
    why.parameters.push_back(
        {.name = "category", .means = "the category's key", .required = true, .max_bytes = 64});
    why.answer = "Explanation";
    routes.add(std::move(why));
    auto put = route("PUT", "/users/{id}/preferences", "setPreferences",
                     "Set what the user wants, at their wish.", Permission::notifications_override,
                     &set_choices);
    put.body = "UserChoices";
    routes.add(std::move(put));
    auto drop = route("DELETE", "/users/{id}/devices/{device_id}", "removeDevice",
                      "Send nothing more to a device, until the app registers it again.",
                      Permission::notifications_override, &remove_device);
    drop.parameters.push_back(
        {.name = "device_id", .type = Parameter::Type::integer, .means = "the device's number"});
    routes.add(std::move(drop));
    auto kinds = route("GET", "/categories", "listCategories", "Categories and their rules.",
                       Permission::notifications_view, &categories);
    kinds.parameters.clear();
    kinds.answer = "CategoryPage";
    routes.add(std::move(kinds));
    add_suppressions(routes);
}

}  // namespace barid::api
