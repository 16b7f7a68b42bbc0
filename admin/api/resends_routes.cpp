// Sending again: look at what would go out, send it with a reason, watch what becomes of it.
//
// The filter is kept to the categories that the caller reaches, in the database's own record of the
// re-send too, so that nobody touches more than they may whatever the filter names.
#include <fmt/format.h>

#include <algorithm>

#include "admin/api/notify_parts.hpp"
#include "admin/api/query.hpp"
#include "base/text.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::string_view kFilter = R"({"type": "object", "properties": {
    "notification_ids": {"type": "array", "items": {"type": "string"}},
    "user_ids": {"type": "array", "items": {"type": "string"}},
    "broadcast_id": {"type": "string"}, "category": {"type": "string"},
    "categories": {"type": "array", "items": {"type": "string"},
        "description": "set by the server: what who asked reaches"},
    "since": {"type": "string"}, "until": {"type": "string"},
    "channel": {"enum": ["push", "email", "webhook"]},
    "reasons": {"type": "array", "items": {"type": "string"}}},
    "required": [], "description": "notification_ids, user_ids, broadcast_id or since is needed"})";

constexpr std::string_view kPreview = R"({"type": "object", "properties": {
    "notifications": {"type": "integer"}, "deliveries": {"type": "integer"},
    "users": {"type": "integer"},
    "most": {"type": "integer", "description": "more deliveries can't be sent at once"},
    "was": {"type": "object", "additionalProperties": {"type": "integer"},
        "description": "deliveries by what they were; new_device: none before"},
    "channels": {"type": "object", "additionalProperties": {"type": "integer"}},
    "wishes": {"type": "object",
        "description": "of the first `checked`: what preferences, quiet hours and throttles say",
        "properties": {"checked": {"type": "integer"}, "send": {"type": "integer"},
            "wait": {"type": "integer"}, "skip": {"type": "integer"},
            "reasons": {"type": "object", "additionalProperties": {"type": "integer"}}}},
    "override_needed": {"type": "boolean", "description": "some would wait or be left out"},
    "sample": {"type": "array", "items": {"type": "object", "properties": {
        "notification_id": {"type": "string"}, "user_id": {"type": "string"},
        "category": {"type": "string"}, "channel": {"type": "string"},
        "device_id": {"type": ["integer", "null"]}, "title": {"type": ["string", "null"]},
        "was": {"type": "string"}, "created_at": {"type": "string"},
        "verdict": {"type": "string"}, "reason": {"type": ["string", "null"]}}}}}})";

constexpr std::string_view kResend = R"({"type": "object", "properties": {
    "id": {"type": "integer"}, "request_key": {"type": "string"}, "actor": {"type": "string"},
    "reason": {"type": "string"}, "mode": {"type": "string"},
    "filter": {"$ref": "#/components/schemas/ResendFilter"}, "content": {"type": "string"},
    "override": {"type": "boolean"}, "include_accepted": {"type": "boolean"},
    "notifications": {"type": "integer"}, "deliveries": {"type": "integer"},
    "expected": {"type": "integer"}, "created_at": {"type": "string"},
    "state": {"enum": ["running", "done"]},
    "progress": {"type": ["object", "null"], "description": "null in lists, for large ones",
        "properties": {"total": {"type": "integer"}, "accepted": {"type": "integer"},
            "failed": {"type": "integer"}, "unknown": {"type": "integer"},
            "skipped": {"type": "integer"}, "deferred": {"type": "integer"},
            "waiting": {"type": "integer"},
            "superseded": {"type": "integer", "description": "sent again by a later one"},
            "reasons": {"type": "object", "additionalProperties": {"type": "integer"}},
            "approximate": {"type": "boolean"}}},
    "job_ids": {"type": "array", "items": {"type": "integer"}}}})";

constexpr std::string_view kOutcome = R"({"type": "object", "properties": {
    "notification_id": {"type": "string"}, "user_id": {"type": ["string", "null"]},
    "channel": {"type": "string"}, "device_id": {"type": ["integer", "null"]},
    "state": {"type": "string"}, "reason": {"type": ["string", "null"]},
    "attempts": {"type": "integer"}, "updated_at": {"type": "string"}}})";

// The members that a preview and a re-send have in common.
constexpr std::string_view kWish = R"(
    "mode": {"enum": ["failed", "unknown", "new_devices", "all"]},
    "filter": {"$ref": "#/components/schemas/ResendFilter"},
    "include_accepted": {"type": "boolean"},
    "override": {"type": "boolean",
        "description": "past preferences and quiet hours; needs notifications.override"})";

struct Wish {
    std::string mode;
    std::string filter;  ///< as barid.resend takes it, kept to what the caller reaches
    bool include_accepted = false;
    bool override = false;
};

void put_texts(JsonReader& in, json::object& filter, const char* key, std::size_t max_bytes) {
    const auto texts = in.optional_texts(key, 10'000, {.max_bytes = max_bytes});
    if (!texts.empty()) filter[key] = json::array(texts.begin(), texts.end());
}

json::object read_filter(JsonReader& in) {
    json::object filter;
    put_texts(in, filter, "notification_ids", 36);
    put_texts(in, filter, "user_ids", 256);
    put_texts(in, filter, "reasons", 200);
    for (const auto& [key, rule] :
         {std::pair("broadcast_id", TextRule{.max_bytes = 36}),
          std::pair("category", TextRule{.max_bytes = 64}),
          std::pair("since", TextRule{.max_bytes = 40}),
          std::pair("until", TextRule{.max_bytes = 40}),
          std::pair("channel", TextRule{.one_of = {"push", "email", "webhook"}})}) {
        const auto value = in.optional_text(key, rule);
        if (!value) continue;
        const bool is_time = std::string_view(key) == "since" || std::string_view(key) == "until";
        if (is_time && !is_rfc3339(*value)) {
            in.violate(fmt::format("/{}", key), "must be a time with its zone");
        }
        if (std::string_view(key) == "broadcast_id" && !is_uuid(*value)) {
            in.violate("/broadcast_id", "must be a broadcast's id");
        }
        filter[key] = *value;
    }
    if (const auto* ids = filter.if_contains("notification_ids")) {
        for (std::size_t i = 0; i < ids->get_array().size(); ++i) {
            if (is_uuid(ids->get_array()[i].get_string())) continue;
            in.violate(fmt::format("/notification_ids/{}", i), "must be a notification's id");
        }
    }
    const auto has = [&](const char* key) { return filter.contains(key); };
    if (!has("notification_ids") && !has("user_ids") && !has("broadcast_id") && !has("since")) {
        in.violate("", "needs notification_ids, user_ids, broadcast_id or since");
    }
    return filter;
}

/// Reads what a preview and a re-send share; the caller finishes `in` before it uses it.
Wish read_wish(JsonReader& in) {
    Wish wish;
    wish.mode = in.text("mode", {.one_of = {"failed", "unknown", "new_devices", "all"}});
    if (in.optional_value("filter") == nullptr) in.violate("/filter", "is required");
    read_member(in, "filter",
                [&](JsonReader& filter) { wish.filter = json::serialize(read_filter(filter)); });
    wish.include_accepted = in.optional_boolean("include_accepted").value_or(false);
    wish.override = in.optional_boolean("override").value_or(false);
    return wish;
}

/// What the caller may send again: with `override`, only where that is allowed, too.
std::optional<std::vector<std::string>> resend_reach(const Call& call, bool override) {
    auto reach = call.reach(Permission::notifications_resend);
    if (!override) return reach;
    const auto further = call.reach(Permission::notifications_override);
    if (!further) return reach;
    if (!reach) return further;
    std::erase_if(*reach, [&](const std::string& name) {
        return std::ranges::find(*further, name) == further->end();
    });
    return reach;
}

awaitable<void> keep_to_reach(Call& call, Wish& wish) {
    if (wish.override) call.require(Permission::notifications_override);
    wish.filter = co_await call.document(
        "category", "SELECT barid.admin_resend_filter($1::jsonb, $2::text[])",
        pg::Params(wish.filter, resend_reach(call, wish.override)));
}

awaitable<web::Response> preview(Call& call) {
    JsonReader in(call.body());
    Wish wish = read_wish(in);
    in.finish();
    co_await keep_to_reach(call, wish);
    co_return json_response(co_await call.document(
        "re-send",
        "SELECT barid.admin_resend_preview($1, $2::jsonb, $3::boolean, $4::boolean, $5::boolean)",
        pg::Params(wish.mode, wish.filter, wish.include_accepted, wish.override, unmasked(call))));
}

using Categories = std::optional<std::vector<std::string>>;

awaitable<std::string> one(Call& call, std::int64_t id, Categories reach) {
    co_return co_await call.document("re-send", "SELECT barid.admin_resend($1::bigint, $2::text[])",
                                     pg::Params(id, reach));
}

awaitable<std::string> seen(Call& call) {
    return one(call, *call.integer("id"), call.reach(Permission::notifications_view));
}

awaitable<web::Response> send(Call& call) {
    JsonReader in(call.body());
    Wish wish = read_wish(in);
    const auto key = in.text("request_key", {.max_bytes = 256});
    const auto content = in.optional_text("content", {.one_of = {"frozen", "rendered"}});
    const auto expected = in.integer("expected", {.min = 0});
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    const auto reason = call.reason(true);
    co_await keep_to_reach(call, wish);
    // Up to a million deliveries are written: longer than what is only read may take.
    co_await call.sql("SELECT set_config('statement_timeout', '60s', true)");
    const auto done = parse_json(co_await call.document(
        "re-send",
        "SELECT barid.admin_send_again($1, $2, $3, $4::jsonb, $5::boolean, $6, $7::boolean, $8, "
        "$9::bigint, $10::boolean)",
        pg::Params(key, reason, wish.mode, wish.filter, wish.override, content.value_or("frozen"),
                   wish.include_accepted, call.who().id, expected, unmasked(call))));
    if (const auto* changed = done.as_object().if_contains("changed")) {
        const auto now = changed->at("deliveries").to_number<std::int64_t>();
        Problem problem(409, "count_changed",
                        fmt::format("{} would be sent now, not {}: look again", now, expected),
                        {{"/expected", fmt::format("it is {} now", now)}});
        problem.now = *changed;
        throw std::move(problem);
    }
    const auto id = done.at("id").to_number<std::int64_t>();
    const bool created = done.at("created").as_bool();
    auto answer = co_await one(call, id, resend_reach(call, wish.override));
    co_await call.audit({.action = created ? "notifications.resend" : "notifications.resend_asked",
                         .target_kind = "resend",
                         .target = std::to_string(id),
                         .after = answer,
                         .reason = reason});
    co_return json_response(std::move(answer), created ? 201 : 200);
}

awaitable<web::Response> list(Call& call) {
    co_return co_await call.page(
        "SELECT item, place FROM barid.admin_resends($1::text[], $2::bigint, $3::int + 1)",
        pg::Params(call.reach(Permission::notifications_view), call.position(), call.limit()));
}

awaitable<web::Response> show(Call& call) {
    co_return json_response(co_await seen(call));
}

awaitable<web::Response> outcomes(Call& call) {
    co_await seen(call);
    std::optional<std::int64_t> part;
    std::optional<std::int64_t> after;
    if (const auto place = call.position()) {
        const auto colon = place->find(':');
        part = std::stoll(place->substr(0, colon));
        after = std::stoll(place->substr(colon + 1));
    }
    co_return co_await call.page(
        "SELECT item, place FROM barid.admin_resend_outcomes($1::bigint, $2::text[], $3, $4::int, "
        "$5::bigint, $6::int + 1)",
        pg::Params(*call.integer("id"), call.reach(Permission::notifications_view),
                   call.optional_text("outcome"), part, after, call.limit()));
}

void add_resend_schemas(Routes& routes) {
    routes.schema("ResendFilter", kFilter);
    routes.schema("ResendPreview", kPreview);
    routes.schema("Resend", kResend);
    routes.schema("ResendPage", page_schema("Resend"));
    routes.schema("ResendOutcome", kOutcome);
    routes.schema("ResendOutcomePage", page_schema("ResendOutcome"));
    routes.schema("ResendPreviewRequest", fmt::format(R"({{"type": "object", "properties": {{{}}},
                      "required": ["mode", "filter"]}})",
                                                      kWish));
    routes.schema("ResendRequest", fmt::format(R"({{"type": "object", "properties": {{{},
        "request_key": {{"type": "string", "description": "the same key again sends nothing more"}},
        "content": {{"enum": ["frozen", "rendered"],
            "description": "the words as they were, or the template's newest"}},
        "expected": {{"type": "integer",
            "description": "the preview's deliveries; more is 409 count_changed"}},
        "reason": {{"type": "string"}}}},
        "required": ["request_key", "mode", "filter", "expected", "reason"]}})",
                                               kWish));
}

}  // namespace

void add_resends(Routes& routes) {
    add_resend_schemas(routes);
    const Parameter id{
        .name = "id", .type = Parameter::Type::integer, .means = "the re-send's number", .min = 1};
    routes.add({.method = "POST",
                .path = "/resends/preview",
                .operation = "previewResend",
                .tag = "notifications",
                .summary = "What a re-send would send now; sends nothing.",
                .permission = Permission::notifications_resend,
                .body = "ResendPreviewRequest",
                .answer = "ResendPreview",
                .max_body_bytes = std::size_t{1} << 20U,
                .changes = false,
                .handler = &preview});
    routes.add({.method = "POST",
                .path = "/resends",
                .operation = "resend",
                .tag = "notifications",
                .summary = "Send again, once for each request_key.",
                .permission = Permission::notifications_resend,
                .body = "ResendRequest",
                .answer = "Resend",
                .status = 201,
                .max_body_bytes = std::size_t{1} << 20U,
                .handler = &send});
    routes.add({.method = "GET",
                .path = "/resends",
                .operation = "listResends",
                .tag = "notifications",
                .summary = "Re-sends, newest first.",
                .permission = Permission::notifications_view,
                .parameters = paged(),
                .answer = "ResendPage",
                .handler = &list});
    routes.add({.method = "GET",
                .path = "/resends/{id}",
                .operation = "getResend",
                .tag = "notifications",
                .summary = "One, with what has become of it so far.",
                .permission = Permission::notifications_view,
                .parameters = {id},
                .answer = "Resend",
                .handler = &show});
    routes.add({.method = "GET",
                .path = "/resends/{id}/outcomes",
                .operation = "listResendOutcomes",
                .tag = "notifications",
                .summary = "What became of each of its deliveries.",
                .permission = Permission::notifications_view,
                .parameters = paged({id,
                                     {.name = "outcome",
                                      .means = "only these",
                                      .one_of = {"accepted", "failed", "unknown", "skipped",
                                                 "deferred", "waiting"}}}),
                .answer = "ResendOutcomePage",
                .handler = &outcomes});
}

}  // namespace barid::api
