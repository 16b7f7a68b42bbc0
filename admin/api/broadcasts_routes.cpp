// Broadcasts: drafts, what starting one would do, its course, and who got what.
#include <fmt/format.h>

#include <algorithm>

#include "admin/api/notify_parts.hpp"
#include "admin/api/notify_preview.hpp"
#include "admin/api/query.hpp"
#include "base/text.hpp"
#include "queue/pg/error.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::size_t kMaxActorBytes = 200;
constexpr std::size_t kMaxUsers = 100'000;

constexpr std::string_view kItem = R"(
    "id": {"type": "string"},
    "state": {"enum": ["draft", "running", "paused", "cancelled", "done", "failed"]},
    "category": {"type": "string"}, "template": {"type": ["string", "null"]},
    "template_version": {"type": ["integer", "null"]},
    "titles": {"type": "object", "additionalProperties": {"type": "string"},
        "description": "by language; empty for a template"},
    "channels": {"type": "array", "items": {"type": "string"}}, "personal": {"type": "boolean"},
    "audience": {"enum": ["users", "segment"]}, "users": {"type": ["integer", "null"]},
    "materialised": {"type": "integer"}, "created_by": {"type": "string"},
    "created_at": {"type": "string"}, "start_at": {"type": ["string", "null"]},
    "started_at": {"type": ["string", "null"]}, "finished_at": {"type": ["string", "null"]},
    "error": {"type": ["string", "null"]},
    "allowed_actions": {"type": "array",
        "items": {"enum": ["start", "pause", "resume", "cancel"]}})";

constexpr std::string_view kDetail = R"(
    "texts": {"type": ["object", "null"], "additionalProperties": true},
    "vars": {"type": "object", "additionalProperties": true},
    "data": {"type": "object", "additionalProperties": true},
    "image": {"type": ["string", "null"]},
    "options": {"type": "object", "additionalProperties": true},
    "segment": {"type": ["string", "null"]}, "queue": {"type": "string"},
    "job_id": {"type": ["integer", "null"]}, "ttl_seconds": {"type": ["number", "null"]},
    "dedupe_key": {"type": "string"},
    "progress": {"type": "object", "properties": {
        "users": {"type": ["integer", "null"]}, "materialised": {"type": "integer"},
        "sent_users": {"type": "integer"}, "accepted": {"type": "integer"},
        "failed": {"type": "integer"}, "unknown": {"type": "integer"},
        "skipped": {"type": "integer"}, "deferred": {"type": "integer"},
        "users_per_second": {"type": ["number", "null"]},
        "estimated_end": {"type": ["string", "null"]}}},
    "events": {"type": "array", "items": {"type": "object", "properties": {
        "at": {"type": "string"}, "actor": {"type": "string"}, "action": {"type": "string"}}}})";

constexpr std::string_view kNew = R"({"type": "object", "properties": {
    "category": {"type": "string"}, "template": {"type": "string"},
    "vars": {"type": "object", "additionalProperties": true},
    "title": {"type": "object", "additionalProperties": {"type": "string"}},
    "body": {"type": "object", "additionalProperties": {"type": "string"}},
    "data": {"type": "object", "additionalProperties": true}, "image": {"type": "string"},
    "options": {"type": "object", "additionalProperties": true},
    "channels": {"type": "array",
        "items": {"enum": ["push", "inbox", "email", "webhook"]}},
    "segment": {"type": "string", "description": "a SELECT with a column user_id"},
    "users": {"type": "array", "items": {"type": "string"}}, "personal": {"type": "boolean"},
    "ttl_seconds": {"type": "integer"}, "start_at": {"type": "string"},
    "queue": {"type": "string"},
    "dedupe_key": {"type": "string", "description": "the same key is the same broadcast"},
    "reason": {"type": "string"}}, "required": ["category"]})";

constexpr std::string_view kPreview = R"({"type": "object", "properties": {
    "id": {"type": "string"}, "state": {"type": "string"}, "category": {"type": "string"},
    "channels": {"type": "array", "items": {"type": "string"}},
    "users": {"type": "integer"}, "reachable": {"type": "integer"},
    "devices": {"type": "integer"}, "without_device": {"type": "integer"},
    "opted_out": {"type": "integer"},
    "locales": {"type": "object", "additionalProperties": {"type": "integer"}},
    "minutes": {"type": ["number", "null"]},
    "texts": {"type": "array", "items": {"$ref": "#/components/schemas/BroadcastText"},
        "description": "as a phone shows them; values of a user's own are samples"}}})";

constexpr std::string_view kText = R"({"type": "object", "properties": {
    "locale": {"type": "string"}, "dir": {"enum": ["rtl", "ltr"]}, "channel": {"type": "string"},
    "title": {"type": "string"}, "body": {"type": "string"},
    "html": {"type": ["string", "null"]}, "image": {"type": ["string", "null"]},
    "platforms": {"type": "array", "items": {"type": "object", "additionalProperties": true}},
    "problems": {"type": "array", "items": {"type": "object", "additionalProperties": true}}}})";

awaitable<std::string> one(Call& call, std::string id, Permission within) {
    co_return co_await call.document(
        "broadcast", "SELECT barid.admin_broadcast($1::uuid, $2::text[], $3::text[])",
        pg::Params(id, call.reach(within), call.reach(Permission::broadcasts_send)));
}

awaitable<web::Response> list(Call& call) {
    co_return co_await call.page(
        "SELECT item, place FROM barid.admin_broadcasts($1, $2, $3::text[], $4::text[], $5::uuid, "
        "$6::int + 1)",
        pg::Params(call.optional_text("state"), call.optional_text("category"),
                   call.reach(Permission::notifications_view),
                   call.reach(Permission::broadcasts_send), call.position(), call.limit()));
}

awaitable<web::Response> show(Call& call) {
    co_return json_response(
        co_await one(call, uuid_of(call, "id", "broadcast"), Permission::notifications_view));
}

std::optional<std::string> object_text(JsonReader& in, const char* key) {
    const json::object* value = in.optional_object(key);
    return value != nullptr ? std::optional(json::serialize(*value)) : std::nullopt;
}

/// Reads the body in the order of the statement's parameters; the actor comes last.
pg::Params read_draft(Call& call) {
    JsonReader in(call.body());
    pg::Params values;
    const auto category = in.text("category", {.max_bytes = 64});
    values.add(category);
    values.add(in.optional_text("template", {.max_bytes = 64}));
    for (const auto* key : {"vars", "title", "body", "data"}) values.add(object_text(in, key));
    values.add(in.optional_text("image", {.max_bytes = 2000}));
    values.add(object_text(in, "options"));
    const auto given = [](std::vector<std::string> texts) {
        return texts.empty() ? std::optional<std::vector<std::string>>() : std::move(texts);
    };
    values.add(
        given(in.optional_texts("channels", 4, {.one_of = {"push", "inbox", "email", "webhook"}})));
    const auto segment = in.optional_text("segment", {.max_bytes = 20'000});
    values.add(segment);
    values.add(given(in.optional_texts("users", kMaxUsers, {.max_bytes = 256})));
    values.add(in.optional_boolean("personal").value_or(false));
    values.add(in.optional_integer("ttl_seconds", {.min = 1, .max = 2'419'200}));
    const auto start_at = in.optional_text("start_at", {.max_bytes = 40});
    if (start_at && !is_rfc3339(*start_at)) {
        in.violate("/start_at", "must be a time with its zone");
    }
    values.add(start_at);
    values.add(in.optional_text("queue", {.max_bytes = 64}).value_or("default"));
    values.add(in.optional_text("dedupe_key", {.max_bytes = 256}));
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    require_reach(call, Permission::broadcasts_send, category);
    // Whoever writes a query learns what it reads: by counts, or by an error that quotes it.
    if (segment) call.require(Permission::data_view);
    values.add(truncate_utf8(call.who().id, kMaxActorBytes));
    return values;
}

awaitable<web::Response> create(Call& call) {
    const auto id = co_await call.sql(
        R"(SELECT barid.broadcast($1, template => $2, vars => $3::jsonb, title => $4::jsonb,
               body => $5::jsonb, data => $6::jsonb, image => $7, options => $8::jsonb,
               channels => $9::text[], segment => $10, users => $11::text[],
               personal => $12::boolean, ttl => make_interval(secs => $13::double precision),
               start_at => $14::timestamptz, queue => $15, dedupe_key => $16, actor => $17))",
        read_draft(call));
    const auto name = id.one().get<std::string>(0);
    const auto made = co_await call.sql(
        "SELECT created_at = now() FROM barid.broadcast WHERE id = $1::uuid", pg::Params(name));
    const bool created = made.one().get<bool>(0);
    auto answer = co_await one(call, name, Permission::broadcasts_send);
    co_await call.audit({.action = created ? "broadcast.create" : "broadcast.create_asked",
                         .target_kind = "broadcast",
                         .target = name,
                         .after = answer});
    co_return json_response(std::move(answer), created ? 201 : 200);
}

/// Each language's words: plain ones as they are, a template's rendered with the broadcast's
/// values.
json::array texts_of(const json::object& source) {
    json::array texts;
    PreviewWish wish{.default_locale = std::string(source.at("default_locale").as_string()),
                     .fill = true};
    if (const auto* image = source.at("image").if_string()) wish.image = std::string(*image);
    if (const auto* plain = source.at("texts").if_object()) {
        for (const auto& item : *plain) {
            notify::PushMessage message;
            message.locale = item.key();
            message.title = std::string_view(item.value().at("title").as_string());
            message.body = std::string_view(item.value().at("body").as_string());
            texts.push_back(preview_of(std::move(message), wish));
        }
        return texts;
    }
    if (source.at("template").is_null()) return texts;
    const auto version = notify::parse_template(source.at("template"));
    if (const auto* vars = source.at("vars").if_object()) wish.vars = *vars;
    std::vector<std::string> seen;
    for (const auto& text : version.texts) {
        if (std::ranges::find(seen, text.locale) != seen.end()) continue;
        seen.push_back(text.locale);
        wish.locale = text.locale;
        texts.push_back(preview_of(version, wish));
    }
    return texts;
}

/// What a preview is made of. A segment that can't be run says why, and may quote what it read.
awaitable<std::string> preview_source(Call& call) {
    std::string why;
    try {
        co_return co_await call.document(
            "broadcast", "SELECT barid.admin_broadcast_preview($1::uuid, $2::text[])",
            pg::Params(uuid_of(call, "id", "broadcast"), call.reach(Permission::broadcasts_send)));
    } catch (const pg::Error& error) {
        const std::string& state = error.sqlstate();
        if (!state.starts_with("22") && !state.starts_with("42")) throw;
        why = call.may(Permission::data_view)
                  ? error.what()
                  : fmt::format("the segment can't be run ({}): data.view shows why", state);
    }
    throw Problem(422, "invalid", why);
}

awaitable<web::Response> preview(Call& call) {
    const auto source = parse_json(co_await preview_source(call)).as_object();
    json::object answer = source.at("counts").as_object();
    answer["texts"] = texts_of(source);
    co_return json_response(json::serialize(answer));
}

awaitable<web::Response> act(Call& call, std::string action, bool needs_reason) {
    const auto id = uuid_of(call, "id", "broadcast");
    const auto reason = call.reason(needs_reason);
    const auto done = parse_json(co_await call.document(
        "broadcast", "SELECT barid.admin_broadcast_act($1::uuid, $2, $3, $4::text[])",
        pg::Params(id, action, truncate_utf8(call.who().id, kMaxActorBytes),
                   call.reach(Permission::broadcasts_send))));
    const std::string was(done.at("was").as_string());
    if (!done.at("done").as_bool()) {
        throw Problem(409, "wrong_state",
                      fmt::format("a broadcast that is {} can't be asked to {}", was, action));
    }
    auto answer = co_await one(call, id, Permission::broadcasts_send);
    co_await call.audit({.action = "broadcast." + action,
                         .target_kind = "broadcast",
                         .target = id,
                         .before = json::serialize(json::object{{"state", was}}),
                         .after = json::serialize(json::object{{"state", done.at("now")}}),
                         .reason = reason});
    co_return json_response(std::move(answer));
}

awaitable<web::Response> outcomes(Call& call) {
    const auto id = uuid_of(call, "id", "broadcast");
    co_await one(call, id, Permission::notifications_view);
    json::object filter = {{"broadcast", id}};
    if (const auto status = call.optional_text("status")) filter["status"] = *status;
    const auto rows = co_await call.sql(
        "SELECT item, place FROM barid.admin_notifications($1::jsonb, $2::text[], $3::text[], "
        "$4::boolean, $5, $6::int + 1)",
        pg::Params(json::serialize(filter), call.reach(Permission::notifications_view),
                   call.reach(Permission::notifications_resend), unmasked(call), call.position(),
                   call.limit()));
    co_return searched_page(call, rows);
}

void add_schemas(Routes& routes) {
    routes.schema("BroadcastItem",
                  fmt::format(R"({{"type": "object", "properties": {{{}}}}})", kItem));
    routes.schema("BroadcastPage", page_schema("BroadcastItem"));
    routes.schema("Broadcast",
                  fmt::format(R"({{"type": "object", "properties": {{{}, {}}}}})", kItem, kDetail));
    routes.schema("BroadcastText", kText);
    routes.schema("BroadcastPreview", kPreview);
    routes.schema("NewBroadcast", kNew);
    routes.schema("BroadcastAction", R"({"type": "object", "properties": {
        "reason": {"type": "string"}}, "required": []})");
}

void add_actions(Routes& routes, const Parameter& id) {
    struct Action {
        const char* name;
        const char* summary;
        bool needs_reason;
    };
    for (const Action action :
         {Action{"start", "Bring a draft on its way; needs a reason.", true},
          Action{"pause", "Hold what has not left.", false}, Action{"resume", "Go on.", false},
          Action{"cancel", "Send nothing more; needs a reason.", true}}) {
        routes.add(
            {.method = "POST",
             .path = fmt::format("/broadcasts/{{id}}/{}", action.name),
             .operation = fmt::format("{}Broadcast", action.name),
             .tag = "broadcasts",
             .summary = action.summary,
             .permission = Permission::broadcasts_send,
             .parameters = {id},
             .body = "BroadcastAction",
             .answer = "Broadcast",
             .handler = [name = std::string(action.name), needs_reason = action.needs_reason](
                            Call& call) { return act(call, name, needs_reason); }});
    }
}

}  // namespace

void add_broadcasts(Routes& routes) {
    add_schemas(routes);
    const auto id = uuid_in_path("id", "the broadcast's id");
    const auto route = [](std::string method, std::string path, std::string operation,
                          std::string summary, Permission permission, auto handler) {
        return Route{.method = std::move(method),
                     .path = std::move(path),
                     .operation = std::move(operation),
                     .tag = "broadcasts",
                     .summary = std::move(summary),
                     .permission = permission,
                     .answer = "Broadcast",
                     .handler = handler};
    };
    auto all = route("GET", "/broadcasts", "listBroadcasts", "Broadcasts, newest first.",
                     Permission::notifications_view, &list);
    all.parameters =
        paged({{.name = "state",
                .means = "in this state",
                .one_of = {"draft", "running", "paused", "cancelled", "done", "failed"}},
               {.name = "category", .means = "of this category", .max_bytes = 64}});
    all.answer = "BroadcastPage";
    routes.add(std::move(all));
    auto draft = route("POST", "/broadcasts", "createBroadcast",
                       "Make a draft; sends nothing. The same dedupe_key is the same broadcast.",
                       Permission::broadcasts_send, &create);
    draft.body = "NewBroadcast";
    draft.status = 201;
    draft.max_body_bytes = std::size_t{8} << 20U;
    routes.add(std::move(draft));
    auto get = route("GET", "/broadcasts/{id}", "getBroadcast", "One, and how far it is.",
                     Permission::notifications_view, &show);
    get.parameters = {id};
    routes.add(std::move(get));
    auto look = route("POST", "/broadcasts/{id}/preview", "previewBroadcast",
                      "Whom it would reach, and its words in each language; sends nothing.",
                      Permission::broadcasts_send, &preview);
    look.parameters = {id};
    look.answer = "BroadcastPreview";
    look.changes = false;
    routes.add(std::move(look));
    add_actions(routes, id);
    auto each =
        route("GET", "/broadcasts/{id}/outcomes", "listBroadcastOutcomes",
              "What became of each user's message.", Permission::notifications_view, &outcomes);
    each.parameters =
        paged({id,
               {.name = "status",
                .means = "as in /notifications",
                .one_of = {"accepted", "failed", "unknown", "suppressed", "deferred", "pending",
                           "expired", "collected", "waiting", "skipped"}}});
    each.answer = "NotificationPage";
    routes.add(std::move(each));
}

}  // namespace barid::api
