// /outbox: the shop's streams of events, what stands still in them, and what to do about it.
#include "admin/api/call.hpp"
#include "base/json.hpp"
#include "base/json_reader.hpp"

namespace barid::api {
namespace {

using access::Permission;
using Type = Parameter::Type;

awaitable<web::Response> list_streams(Call& call) {
    const pg::Result rows = co_await call.sql(R"(
SELECT coalesce(json_agg(json_build_object('stream', stream, 'target', target, 'pending', pending,
           'oldest', oldest, 'blocked', blocked, 'problem', problem) ORDER BY stream), '[]')
FROM barid.outbox_states())");
    co_return json_response("{\"items\":" + std::string(rows.one().text(0)) + "}");
}

awaitable<void> require_stream(Call& call) {
    const pg::Result rows =
        co_await call.sql("SELECT EXISTS (SELECT FROM barid.outbox_stream WHERE name = $1)",
                          pg::Params(call.text("stream")));
    if (!rows.one().get<bool>(0)) {
        throw Problem(404, "not_found", "no worker knows this stream: [outbox.NAME]");
    }
}

awaitable<web::Response> list_blocked(Call& call) {
    co_await require_stream(call);
    const pg::Result rows = co_await call.sql(
        R"(
SELECT coalesce(json_agg(json_build_object('event_id', event_id, 'aggregate_type', aggregate_type,
           'aggregate_id', aggregate_id, 'aggregate_version', aggregate_version,
           'event_type', event_type, 'error', barid.admin_text(error, $3), 'attempts', attempts,
           'blocked_at', blocked_at, 'occurred_at', occurred_at, 'job_id', job_id)
           ORDER BY blocked_at, event_id), '[]')
FROM barid.outbox_blocked($1, $2::int))",
        pg::Params(call.text("stream"), call.limit(), call.may(Permission::data_view)));
    co_return json_response("{\"items\":" + std::string(rows.one().text(0)) + "}");
}

/// Whether it is skipped or tried again, somebody says why.
awaitable<web::Response> decide(Call& call, bool skip) {
    const std::string reason = call.reason(true);
    JsonReader in(call.body());
    const std::string event = in.text("event_id", {.max_bytes = 128});
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    co_await require_stream(call);
    const pg::Result rows =
        co_await call.sql(skip ? "SELECT barid.outbox_skip($1, $2, $3, $4)"
                               : "SELECT barid.outbox_retry($1, $2, $3, $4)",
                          pg::Params(call.text("stream"), event, call.who().id, reason));
    const std::string answer(rows.one().text(0));
    if (answer == "NOT_BLOCKED") {
        throw Problem(409, "conflict", "this event isn't blocked in this stream, or not any more");
    }
    co_await call.audit({.action = skip ? "outbox.skip" : "outbox.retry",
                         .target_kind = "outbox_event",
                         .target = call.text("stream") + ":" + event});
    co_return json_response(
        json::serialize(json::object{{"event_id", event}, {"outcome", answer}}));
}

void add_schemas(Routes& routes) {
    routes.schema("OutboxStreams", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"type": "object", "properties": {
            "stream": {"type": "string"}, "target": {"enum": ["jobs", "deliver", "projection"]},
            "pending": {"type": ["integer", "null"], "description": "10,000 is that or more"},
            "oldest": {"type": ["string", "null"], "format": "date-time"},
            "blocked": {"type": ["integer", "null"]},
            "problem": {"type": ["string", "null"],
                "description": "why nothing could be told of it"}}}}}})");
    routes.schema("OutboxBlocked", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"type": "object", "properties": {
            "event_id": {"type": ["string", "null"]},
            "aggregate_type": {"type": ["string", "null"]},
            "aggregate_id": {"type": ["string", "null"]},
            "aggregate_version": {"type": ["integer", "null"]},
            "event_type": {"type": ["string", "null"]},
            "error": {"type": ["string", "null"]},
            "attempts": {"type": ["integer", "null"]},
            "blocked_at": {"type": ["string", "null"]},
            "occurred_at": {"type": ["string", "null"]},
            "job_id": {"type": ["integer", "null"],
                "description": "the job that failed, where the event had become one"}}}}}})");
    routes.schema("OutboxDecision", R"({"type": "object", "required": ["event_id", "reason"],
        "properties": {"event_id": {"type": "string"}, "reason": {"type": "string"}}})");
    routes.schema("OutboxDecided", R"({"type": "object", "properties": {
        "event_id": {"type": "string"}, "outcome": {"enum": ["SKIPPED", "RETRY"]}}})");
}

}  // namespace

void add_outbox(Routes& routes) {
    add_schemas(routes);
    const Parameter stream{.name = "stream", .means = "of [outbox.NAME]", .required = true};
    routes.add({.method = "GET",
                .path = "/outbox",
                .operation = "listOutboxStreams",
                .tag = "commerce",
                .summary = "The shop's streams of events: what waits, what stands still.",
                .permission = Permission::commerce_view,
                .answer = "OutboxStreams",
                .handler = list_streams});
    routes.add(
        {.method = "GET",
         .path = "/outbox/{stream}/blocked",
         .operation = "listOutboxBlocked",
         .tag = "commerce",
         .summary = "Events that stand still, the oldest first.",
         .permission = Permission::commerce_view,
         .parameters =
             {stream,
              {.name = "limit", .type = Type::integer, .means = "items, 50", .min = 1, .max = 200}},
         .answer = "OutboxBlocked",
         .handler = list_blocked});
    const auto decision = [&](const char* path, const char* operation, const char* summary,
                              bool skip) {
        routes.add({.method = "POST",
                    .path = path,
                    .operation = operation,
                    .tag = "commerce",
                    .summary = summary,
                    .permission = Permission::commerce_manage,
                    .parameters = {stream},
                    .body = "OutboxDecision",
                    .answer = "OutboxDecided",
                    .handler = [skip](Call& call) { return decide(call, skip); }});
    };
    decision("/outbox/{stream}/skip", "skipOutboxEvent",
             "Goes on without a blocked event; who and why is kept.", true);
    decision("/outbox/{stream}/retry", "retryOutboxEvent",
             "Tries a blocked event again, when its cause is mended.", false);
}

}  // namespace barid::api
