// Queues: how deep, pause, resume, limits; and the workers.
#include <fmt/format.h>

#include <array>

#include "admin/api/call.hpp"
#include "admin/api/job_reach.hpp"

namespace barid::api {
namespace {

using access::Permission;

/// What PATCH can set. `{}` stands where a queue's answer has more.
constexpr std::string_view kSettings = R"({{"type": "object", "properties": {{
    "name": {{"type": "string"}},
    "paused": {{"type": "boolean"}},
    "max_attempts": {{"type": "integer"}},
    "retention_seconds": {{"type": "integer"}},
    "keep_history": {{"type": "boolean"}},
    "dead_letter": {{"type": ["string", "null"]}},
    "concurrency": {{"type": ["integer", "null"]}},
    "process_concurrency": {{"type": ["integer", "null"]}},
    "key_concurrency": {{"type": ["integer", "null"]}},
    "rate_limit": {{"type": ["integer", "null"]}},
    "rate_period_seconds": {{"type": "number"}},
    "rate_burst": {{"type": ["integer", "null"]}},
    "key_rate_limit": {{"type": ["integer", "null"]}},
    "key_rate_period_seconds": {{"type": "number"}},
    "key_rate_burst": {{"type": ["integer", "null"]}},
    "on_ordering_failure": {{"enum": ["continue", "block"]}},
    "redact": {{"type": "array", "items": {{"type": "string"}}}}{}}}}})";

constexpr std::string_view kMore = R"(,
    "due": {"type": "integer"},
    "later": {"type": "integer"},
    "running": {"type": "integer"},
    "parked": {"type": "integer"},
    "parked_by": {"type": "object", "additionalProperties": {"type": "integer"}},
    "counted_to": {"type": "integer", "description": "a count that reaches it: that many or more"},
    "oldest_due_seconds": {"type": ["number", "null"]},
    "settings_etag": {"type": "string", "description": "for If-Match of a PATCH"},
    "allowed_actions": {"type": "array", "items": {"enum": ["pause", "resume", "change"]}})";

constexpr std::string_view kChange = R"({"type": "object",
    "description": "what is named changes; null puts a setting back to its default",
    "properties": {
    "max_attempts": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000},
    "retention_seconds": {"type": ["integer", "null"], "minimum": 0},
    "keep_history": {"type": ["boolean", "null"]},
    "dead_letter": {"type": ["string", "null"]},
    "concurrency": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "process_concurrency": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "key_concurrency": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "rate_limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "rate_period_seconds": {"type": ["number", "null"]},
    "rate_burst": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "key_rate_limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "key_rate_period_seconds": {"type": ["number", "null"]},
    "key_rate_burst": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000000},
    "on_ordering_failure": {"enum": ["continue", "block", null]},
    "redact": {"type": ["array", "null"], "items": {"type": "string"}},
    "reason": {"type": "string"}}})";

constexpr std::string_view kWorker = R"({"type": "object", "properties": {
    "id": {"type": "string"}, "name": {"type": "string"},
    "queues": {"type": "array", "items": {"type": "string"}},
    "started_at": {"type": "string"}, "renewed_at": {"type": "string"},
    "lease_ttl_seconds": {"type": "number"}, "claimed": {"type": "integer"}}})";

constexpr std::string_view kList = R"({{"type": "object", "properties": {{
    "items": {{"type": "array", "items": {{"$ref": "#/components/schemas/{}"}}}},
    "next": {{"type": "null"}}}}}})";

awaitable<web::Response> list_queues(Call& call) {
    co_return json_response(co_await call.document(
        "queue",
        R"(SELECT jsonb_build_object('next', NULL, 'items', coalesce(jsonb_agg(q), '[]'))::text
           FROM barid.admin_queues(NULL, $1::text[], $2::text[]) q)",
        pg::Params(call.reach(Permission::jobs_view), call.reach(Permission::queues_manage))));
}

/// Who may change a queue may look at it as well.
Queues visible(const Call& call) {
    const Queues view = call.reach(Permission::jobs_view);
    const Queues manage = call.reach(Permission::queues_manage);
    if (!view || !manage) return std::nullopt;
    std::vector<std::string> either = *view;
    either.insert(either.end(), manage->begin(), manage->end());
    return either;
}

awaitable<std::string> queue_text(Call& call) {
    co_return co_await call.document(
        "queue", "SELECT q::text FROM barid.admin_queues($1, $2::text[], $3::text[]) q",
        pg::Params(call.text("name"), visible(call), call.reach(Permission::queues_manage)));
}

awaitable<std::string> settings_text(Call& call, const Queues& reach) {
    co_return co_await call.document(
        "queue",
        R"(SELECT barid.admin_queue_settings($1)::text WHERE barid.admin_in($1, $2::text[]))",
        pg::Params(call.text("name"), reach));
}

awaitable<web::Response> show_queue(Call& call) {
    co_return json_response(co_await queue_text(call));
}

awaitable<web::Response> show_settings(Call& call) {
    co_return json_response(co_await settings_text(call, visible(call)));
}

void require_queue(const Call& call, const std::string& queue) {
    if (includes(call.reach(Permission::queues_manage), queue)) return;
    throw Problem(403, "forbidden",
                  fmt::format("this needs the permission queues.manage for the queue {}", queue));
}

/// The settings before a change by the caller, who reaches the queue. Nobody else changes them
/// until the transaction ends.
awaitable<std::string> settings_to_change(Call& call) {
    co_await settings_text(call, visible(call));
    require_queue(call, call.text("name"));
    // Changes nothing, but holds the queue's row.
    co_await call.sql("SELECT barid.set_queue($1, '{}')", pg::Params(call.text("name")));
    co_return co_await settings_text(call, visible(call));
}

/// Dead letters are jobs of the queue that they go to: who may not put any there may not have them
/// sent there either.
void require_dead_letter_queue(const Call& call, const std::string& before) {
    const auto* given = call.body().as_object().if_contains("dead_letter");
    if (given == nullptr || !given->is_string()) return;
    if (*given == parse_json(before).at("dead_letter")) return;
    require_queue(call, std::string(given->get_string()));
}

awaitable<web::Response> note_change(Call& call, std::string action, std::string before) {
    co_await call.audit(
        {.action = std::move(action),
         .target_kind = "queue",
         .target = call.text("name"),
         .before = std::move(before),
         .after = co_await settings_text(call, call.reach(Permission::queues_manage))});
    co_return json_response(co_await queue_text(call));
}

awaitable<web::Response> pause_or_resume(Call& call, bool pause) {
    JsonReader in(call.body());
    in.optional_text("reason");
    in.finish();
    std::string before = co_await settings_to_change(call);
    co_await call.sql(pause ? "SELECT barid.pause($1)" : "SELECT barid.resume($1)",
                      pg::Params(call.text("name")));
    co_return co_await note_change(call, pause ? "queue.pause" : "queue.resume", std::move(before));
}

/// For barid.set_queue, which checks the values and says what each must be.
std::string settings_of(const json::value& body) {
    JsonReader in(body);
    json::object settings;
    for (const char* name : {"max_attempts", "keep_history", "dead_letter", "concurrency",
                             "process_concurrency", "key_concurrency", "rate_limit", "rate_burst",
                             "key_rate_limit", "key_rate_burst", "on_ordering_failure", "redact"}) {
        in.optional_value(name);
        if (const auto* given = body.as_object().if_contains(name)) settings[name] = *given;
    }
    for (const std::string name : {"retention", "rate_period", "key_rate_period"}) {
        const std::string member = name + "_seconds";
        in.optional_value(member);
        const auto* given = body.as_object().if_contains(member);
        if (given == nullptr) continue;
        if (given->is_null()) {
            settings[name] = nullptr;
        } else if (given->is_number()) {
            settings[name] = json::serialize(*given) + " seconds";
        } else {
            in.violate("/" + member, "must be a number of seconds");
        }
    }
    in.optional_text("reason");
    if (settings.empty()) in.violate("", "names no setting");
    in.finish();
    return json::serialize(settings);
}

awaitable<web::Response> change_queue(Call& call) {
    const std::string settings = settings_of(call.body());
    std::string before = co_await settings_to_change(call);
    call.require_match(before);
    require_dead_letter_queue(call, before);
    co_await call.sql("SELECT barid.set_queue($1, $2::jsonb)",
                      pg::Params(call.text("name"), settings));
    co_return co_await note_change(call, "queue.change", std::move(before));
}

awaitable<web::Response> list_workers(Call& call) {
    co_return json_response(co_await call.document(
        "worker",
        R"(SELECT jsonb_build_object('next', NULL, 'items', coalesce(jsonb_agg(
               jsonb_build_object('id', w.id::text, 'name', w.name, 'queues', w.queues,
                   'started_at', barid.admin_time(w.started_at),
                   'renewed_at', barid.admin_time(w.renewed_at),
                   'lease_ttl_seconds', extract(epoch FROM w.lease_ttl), 'claimed', w.claimed)
               ORDER BY w.name, w.id), '[]'))::text
           FROM (SELECT * FROM barid.admin_workers($1::text[]) LIMIT 1000) w)",
        pg::Params(call.reach(Permission::jobs_view))));
}

}  // namespace

void add_queues(Routes& routes) {
    routes.schema("QueueSettings", fmt::format(kSettings, ""));
    routes.schema("Queue", fmt::format(kSettings, kMore));
    routes.schema("QueueChange", kChange);
    routes.schema("QueueAction",
                  R"({"type": "object", "properties": {"reason": {"type": "string"}}})");
    routes.schema("QueueList", fmt::format(kList, "Queue"));
    routes.schema("Worker", kWorker);
    routes.schema("WorkerList", fmt::format(kList, "Worker"));
    const Parameter name{
        .name = "name", .means = "the queue's name", .required = true, .max_bytes = 63};
    const auto add = [&](std::string method, std::string path, std::string operation,
                         std::string summary, std::string body, std::string answer,
                         std::function<awaitable<web::Response>(Call&)> handler) {
        const bool reads = method == "GET";
        const bool named = path.find("{name}") != std::string::npos;
        routes.add({.method = std::move(method),
                    .path = std::move(path),
                    .operation = std::move(operation),
                    .tag = "queues",
                    .summary = std::move(summary),
                    .permission = reads ? Permission::jobs_view : Permission::queues_manage,
                    .parameters = named ? std::vector{name} : std::vector<Parameter>(),
                    .body = std::move(body),
                    .answer = std::move(answer),
                    .handler = std::move(handler)});
    };
    add("GET", "/queues", "listQueues", "All queues and how deep they are.", "", "QueueList",
        &list_queues);
    add("GET", "/queues/{name}", "showQueue", "One queue.", "", "Queue", &show_queue);
    add("GET", "/queues/{name}/settings", "showQueueSettings",
        "What PATCH of the queue changes, with the ETag for its If-Match.", "", "QueueSettings",
        &show_settings);
    add("PATCH", "/queues/{name}", "changeQueue", "Change limits and other settings.",
        "QueueChange", "Queue", &change_queue);
    add("POST", "/queues/{name}/pause", "pauseQueue", "Start no more of its jobs, anywhere.",
        "QueueAction", "Queue", [](Call& call) { return pause_or_resume(call, true); });
    add("POST", "/queues/{name}/resume", "resumeQueue", "Start its jobs again.", "QueueAction",
        "Queue", [](Call& call) { return pause_or_resume(call, false); });
    add("GET", "/workers", "listWorkers", "Worker processes that are alive.", "", "WorkerList",
        &list_workers);
}

}  // namespace barid::api
