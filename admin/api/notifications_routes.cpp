// Notifications: find them, see what each phone got and why not. Changes nothing.
#include "admin/api/notify_parts.hpp"
#include "admin/api/notify_schemas.hpp"

namespace barid::api {
namespace {

using access::Permission;

const std::vector<std::string> kStatuses = {"accepted", "failed",  "unknown", "suppressed",
                                            "deferred", "pending", "expired", "collected",
                                            "waiting",  "skipped"};
const std::vector<std::string> kChannels = {"push", "inbox", "email", "webhook"};

std::vector<Parameter> filters() {
    using enum Parameter::Type;
    return {
        {.name = "user", .means = "whose, by the shop's own id", .max_bytes = 256},
        {.name = "device", .type = integer, .means = "that went, or was to go, to this device"},
        {.name = "status",
         .means = "with a way out in this state now; skipped: suppressed, expired or collected; "
                  "waiting: nothing is decided yet",
         .one_of = kStatuses},
        {.name = "category", .means = "of this category", .max_bytes = 64},
        {.name = "channel", .means = "by this channel, among others", .one_of = kChannels},
        {.name = "broadcast", .means = "of this broadcast; by user then", .max_bytes = 36},
        {.name = "from", .type = time, .means = "made at this time or later"},
        {.name = "to", .type = time, .means = "made before this time"},
    };
}

/// The query's filters as barid.admin_find_notifications takes them.
std::string filter_of(const Call& call) {
    json::object filter;
    for (const auto* name : {"user", "status", "category", "channel", "broadcast", "from", "to"}) {
        if (const auto value = call.optional_text(name)) filter[name] = *value;
    }
    if (const auto device = call.integer("device")) filter["device"] = *device;
    const auto broadcast = call.optional_text("broadcast");
    if (broadcast && !is_uuid(*broadcast)) {
        throw Problem(422, "invalid", "a parameter is wrong",
                      {{"query/broadcast", "must be a broadcast's id"}});
    }
    return json::serialize(filter);
}

awaitable<web::Response> list(Call& call) {
    const auto rows = co_await call.sql(
        "SELECT item, place FROM barid.admin_notifications($1::jsonb, $2::text[], $3::text[], "
        "$4::boolean, $5, $6::int + 1)",
        pg::Params(filter_of(call), call.reach(Permission::notifications_view),
                   call.reach(Permission::notifications_resend), unmasked(call), call.position(),
                   call.limit()));
    co_return searched_page(call, rows);
}

awaitable<web::Response> count(Call& call) {
    co_return json_response(co_await call.document(
        "count", "SELECT barid.admin_count_notifications($1::jsonb, $2::text[])",
        pg::Params(filter_of(call), call.reach(Permission::notifications_view))));
}

awaitable<web::Response> show(Call& call) {
    const auto id = uuid_of(call, "id", "notification");
    co_return json_response(co_await call.document(
        "notification",
        "SELECT barid.admin_notification($1::uuid, $2::text[], $3::text[], $4::boolean)",
        pg::Params(id, call.reach(Permission::notifications_view),
                   call.reach(Permission::notifications_resend), unmasked(call))));
}

awaitable<web::Response> explain(Call& call) {
    const auto id = uuid_of(call, "id", "notification");
    co_return json_response(co_await call.document(
        "notification", "SELECT barid.admin_explain_notification($1::uuid, $2::text[])",
        pg::Params(id, call.reach(Permission::notifications_view))));
}

}  // namespace

void add_notifications(Routes& routes) {
    add_notification_schemas(routes);
    const auto id = uuid_in_path("id", "the notification's id");
    routes.add({.method = "GET",
                .path = "/notifications",
                .operation = "listNotifications",
                .tag = "notifications",
                .summary = "Notifications, newest first; a broadcast's by user.",
                .permission = Permission::notifications_view,
                .parameters = paged(filters()),
                .answer = "NotificationPage",
                .handler = &list});
    routes.add({.method = "GET",
                .path = "/notifications/count",
                .operation = "countNotifications",
                .tag = "notifications",
                .summary = "How many, up to 10,000 among the newest 50,000 candidates.",
                .permission = Permission::notifications_view,
                .parameters = filters(),
                .answer = "NotificationCount",
                .handler = &count});
    routes.add({.method = "GET",
                .path = "/notifications/{id}",
                .operation = "getNotification",
                .tag = "notifications",
                .summary = "One, with every way out, every attempt, and why somebody got nothing.",
                .permission = Permission::notifications_view,
                .parameters = {id},
                .answer = "NotificationDetail",
                .handler = &show});
    routes.add({.method = "GET",
                .path = "/notifications/{id}/explain",
                .operation = "explainNotification",
                .tag = "notifications",
                .summary = "What would happen to it if it were sent now, channel by channel.",
                .permission = Permission::notifications_view,
                .parameters = {id},
                .answer = "Explanation",
                .handler = &explain});
    add_notification_previews(routes);
}

}  // namespace barid::api
