// The timeline of one business entity: everything that carries a tag such as `order:123`.
#include <fmt/format.h>

#include "admin/api/call.hpp"
#include "admin/api/job_reach.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::string_view kItem = R"({"type": "object", "properties": {
    "at": {"type": "string"},
    "type": {"enum": ["job", "notification", "delivery", "image", "translation", "audit",
                      "payment"]},
    "title": {"type": ["string", "null"],
        "description": "kind, title, channel, recipe, field, action, or why"},
    "state": {"type": ["string", "null"]},
    "id": {"type": "string",
        "description": "of its page: job, notification, picture set, FIELD:LANG, audit line"},
    "detail": {"type": "object"}}})";

/// A position is a time with its microseconds, a blank, and the entry's key.
awaitable<web::Response> show(Call& call) {
    std::optional<std::string> at;
    std::optional<std::string> key;
    if (const auto position = call.position()) {
        const auto blank = std::min(position->find(' '), position->size() - 1);
        at = position->substr(0, blank);
        key = position->substr(blank + 1);
    }
    const auto categories = call.reach(Permission::notifications_view);
    co_return co_await call.page(
        R"(SELECT t.item::text, barid.admin_time(t.at) || ' ' || t.key
           FROM barid.admin_timeline($1, $2::text[], $3::text[], $4, $5, $6, $7,
                                     $8::timestamptz, $9, $10::int + 1, $11) t)",
        pg::Params(call.text("tag"), call.reach(Permission::jobs_view), categories,
                   call.may(Permission::media_view), call.may(Permission::translations_view),
                   call.may(Permission::audit_view), call.may(Permission::data_view), at, key,
                   call.limit(), call.may(Permission::commerce_view)));
}

}  // namespace

void add_timeline(Routes& routes) {
    routes.schema("TimelineItem", kItem);
    routes.schema("Timeline", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/TimelineItem"}},
        "next": {"type": ["string", "null"]}}})");
    auto parameters = page_parameters();
    parameters.push_back({.name = "tag",
                          .means = "the entity, such as order:123",
                          .required = true,
                          .max_bytes = 500});
    routes.add({.method = "GET",
                .path = "/timeline",
                .operation = "showTimeline",
                .tag = "timeline",
                .summary = "Jobs, pushes, pictures, translations and what admins did, newest first:"
                           " as much of it as the caller may see.",
                .permission = Permission::jobs_view,
                .parameters = std::move(parameters),
                .answer = "Timeline",
                .handler = &show});
}

}  // namespace barid::api
