#include "admin/api/projections_routes.hpp"

#include <algorithm>
#include <memory>

#include "admin/api/call.hpp"
#include "base/json.hpp"
#include "base/json_reader.hpp"

namespace barid::api {
namespace {

using access::Permission;
using Names = std::shared_ptr<const std::vector<std::string>>;

constexpr std::string_view kProjection = R"({"type": "object", "properties": {
    "name": {"type": "string"},
    "state": {"enum": ["idle", "draining", "filling", "verifying", "swapping", "cancelling"]},
    "active_version": {"type": "integer", "description": "the one that readers see"},
    "building_version": {"type": ["integer", "null"]},
    "kept_version": {"type": ["integer", "null"]},
    "kept_until": {"type": ["string", "null"], "format": "date-time"},
    "can_roll_back": {"type": "boolean"},
    "problem": {"type": ["string", "null"],
        "description": "why a version that nobody reads gets no more events"},
    "job_id": {"type": ["integer", "null"], "description": "of the last rebuild"},
    "rows_done": {"type": "integer"}, "rows_expected": {"type": "integer"},
    "live_rows": {"type": ["integer", "null"], "description": "when the two were compared"},
    "new_rows": {"type": ["integer", "null"]},
    "started_at": {"type": ["string", "null"], "format": "date-time"},
    "finished_at": {"type": ["string", "null"], "format": "date-time"},
    "error": {"type": ["string", "null"]},
    "allowed_actions": {"type": "array",
        "items": {"enum": ["rebuild", "rollback", "cancel"]}},
    "history": {"type": "array", "description": "the newest 20", "items": {"type": "object",
        "properties": {
            "at": {"type": "string", "format": "date-time"},
            "action": {"enum": ["asked", "started", "swapped", "failed", "cancelled",
                "rolled_back", "dropped", "left_behind"]},
            "version": {"type": ["integer", "null"]},
            "from_version": {"type": ["integer", "null"]},
            "actor": {"type": ["string", "null"]}, "reason": {"type": ["string", "null"]},
            "error": {"type": ["string", "null"]}}}}}})";

/// The path's, when it is configured.
std::string projection_of(const Call& call, const Names& names) {
    std::string name = call.text("name");
    if (std::ranges::find(*names, name) == names->end()) {
        throw Problem(404, "not_found",
                      "this process has no such projection in its configuration: "
                      "[projection.NAME]");
    }
    return name;
}

void mask(json::object& object, std::string_view member) {
    json::value& value = object.at(member);
    if (!value.is_null()) value = "•••";
}

/// What failed is told in the words of the job that did, which may quote anything.
awaitable<std::string> document(Call& call, std::string name) {
    const std::string whole = co_await call.document(
        "projection", "SELECT barid.projection_document($1)", pg::Params(name));
    if (call.may(Permission::data_view)) co_return whole;
    json::value shown = parse_json(whole);
    auto& projection = shown.as_object();
    mask(projection, "error");
    mask(projection, "problem");
    for (auto& event : projection.at("history").as_array()) mask(event.as_object(), "error");
    co_return json::serialize(shown);
}

awaitable<web::Response> list(Call& call, Names names) {
    std::vector<std::string> listed;
    const auto after = call.position();
    for (const std::string& name : *names) {
        if (!after || name > *after) listed.push_back(name);
    }
    const auto limit = static_cast<std::size_t>(call.limit());
    const bool more = listed.size() > limit;
    if (more) listed.resize(limit);
    json::array items;
    for (const std::string& name : listed) {
        items.push_back(parse_json(co_await document(call, name)));
    }
    json::value next = nullptr;
    if (more) next = call.next_cursor(listed.back());
    co_return json_response(
        json::serialize(json::object{{"items", std::move(items)}, {"next", std::move(next)}}));
}

/// One statement of a request to change something; 409 for what can't be now.
awaitable<pg::Result> change(Call& call, std::string sql, pg::Params params) {
    try {
        co_return co_await call.sql(sql, std::move(params));
    } catch (const pg::Error& error) {
        if (error.is("55000")) throw Problem(409, "conflict", error.what());
        throw;
    }
}

awaitable<web::Response> answer(Call& call, std::string name, std::string action,
                                std::string before, json::object details) {
    co_await call.audit({.action = "projection." + action,
                         .target_kind = "projection",
                         .target = name,
                         .before = std::move(before),
                         .after = json::serialize(details)});
    co_return json_response(co_await document(call, name));
}

awaitable<web::Response> rebuild(Call& call, Names names) {
    const std::string name = projection_of(call, names);
    JsonReader in(call.body());
    in.optional_text("reason", {.max_bytes = 500});
    const bool differs = in.optional_boolean("differs").value_or(false);
    in.finish();
    const pg::Result job = co_await change(call, "SELECT barid.projection_rebuild($1, $2, $3, $4)",
                                           pg::Params(name, call.who().id, call.reason(), differs));
    json::object details{{"job_id", job.one().get<std::int64_t>(0)}, {"differs", differs}};
    co_return co_await answer(call, name, "rebuild", "", std::move(details));
}

awaitable<web::Response> rollback(Call& call, Names names) {
    const std::string name = projection_of(call, names);
    JsonReader in(call.body());
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    const pg::Result job = co_await change(call, "SELECT barid.projection_rollback($1, $2, $3)",
                                           pg::Params(name, call.who().id, call.reason()));
    json::object details{{"job_id", job.one().get<std::int64_t>(0)}};
    co_return co_await answer(call, name, "rollback", "", std::move(details));
}

awaitable<web::Response> cancel(Call& call, Names names) {
    const std::string name = projection_of(call, names);
    JsonReader in(call.body());
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    const pg::Result done = co_await change(call, "SELECT barid.projection_cancel($1, $2, $3)",
                                            pg::Params(name, call.who().id, call.reason()));
    if (!done.one().get<bool>(0)) {
        throw Problem(409, "conflict", "it isn't being rebuilt");
    }
    co_return co_await answer(call, name, "cancel", "", json::object{{"cancelled", true}});
}

}  // namespace

void add_projections(Routes& routes, std::vector<std::string> given) {
    routes.schema("Projection", kProjection);
    routes.schema("ProjectionPage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Projection"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("ProjectionReason", R"({"type": "object", "properties": {
        "reason": {"type": "string"}}})");
    routes.schema("ProjectionRebuild", R"({"type": "object", "properties": {
        "reason": {"type": "string"},
        "differs": {"type": "boolean",
            "description": "the new version is meant to differ: they aren't compared"}}})");
    std::ranges::sort(given);
    const auto names = std::make_shared<const std::vector<std::string>>(std::move(given));
    const Parameter name{.name = "name", .means = "of [projection.NAME]", .required = true};
    routes.add({.method = "GET",
                .path = "/projections",
                .operation = "listProjections",
                .tag = "commerce",
                .summary = "Read models of the shop's, and how their rebuilds do.",
                .permission = Permission::commerce_view,
                .parameters = {{.name = "cursor", .means = "of the page before", .max_bytes = 1000},
                               {.name = "limit",
                                .type = Parameter::Type::integer,
                                .means = "items, 50",
                                .min = 1,
                                .max = 200}},
                .answer = "ProjectionPage",
                .handler = [names](Call& call) { return list(call, names); }});
    const auto add = [&](std::string action, std::string operation, std::string summary,
                         std::string body, auto handler) {
        routes.add({.method = "POST",
                    .path = "/projections/{name}/" + action,
                    .operation = std::move(operation),
                    .tag = "commerce",
                    .summary = std::move(summary),
                    .permission = Permission::commerce_manage,
                    .parameters = {name},
                    .body = std::move(body),
                    .answer = "Projection",
                    .handler = [names, handler](Call& call) { return handler(call, names); }});
    };
    add("rebuild", "rebuildProjection", "Builds it anew beside what readers see.",
        "ProjectionRebuild", rebuild);
    add("rollback", "rollBackProjection", "Has readers see the version before the last swap.",
        "ProjectionReason", rollback);
    add("cancel", "cancelProjectionRebuild", "Ends the rebuild; readers keep what they have.",
        "ProjectionReason", cancel);
}

}  // namespace barid::api
