// Schedules: list, show, make and change, pause, run, preview.
#include <fmt/format.h>

#include "admin/api/call.hpp"
#include "admin/api/job_reach.hpp"

namespace barid::api {
namespace {

using access::Permission;

/// What PUT sets; `{}` stands where the answer has more.
constexpr std::string_view kSchedule = R"({{"type": "object", "properties": {{
    "name": {{"type": "string"}}, "cron": {{"type": "string"}}, "tz": {{"type": "string"}},
    "kind": {{"type": "string"}},
    "payload": {{"type": "object", "description": "masked without data.view"}},
    "queue": {{"type": "string"}}, "priority": {{"type": "integer"}},
    "max_attempts": {{"type": ["integer", "null"]}},
    "unique_key": {{"type": ["string", "null"]}},
    "ordering_key": {{"type": ["string", "null"]}},
    "tags": {{"type": "array", "items": {{"type": "string"}}}},
    "missed": {{"enum": ["once", "all", "skip"]}}, "jitter_seconds": {{"type": "number"}},
    "starts_at": {{"type": ["string", "null"]}}, "ends_at": {{"type": ["string", "null"]}},
    "paused": {{"type": "boolean"}},
    "next_at": {{"type": ["string", "null"], "description": "null: never again"}},
    "last_fire_at": {{"type": ["string", "null"]}},
    "last_job_id": {{"type": ["integer", "null"]}},
    "last_error": {{"type": ["string", "null"], "description": "why the last fire added no job"}},
    "created_at": {{"type": "string"}}, "updated_at": {{"type": "string"}},
    "definition_etag": {{"type": "string", "description": "for If-Match of a PUT"}},
    "allowed_actions": {{"type": "array", "items": {{
        "enum": ["pause", "resume", "run", "change", "delete"]}}}}{}}}}})";

constexpr std::string_view kDetail = R"(,
    "runs": {"type": "array", "items": {"type": "object", "properties": {
        "fire_at": {"type": "string"}, "run_at": {"type": "string"}, "fired_at": {"type": "string"},
        "job_id": {"type": ["integer", "null"]}, "manual": {"type": "boolean"},
        "state": {"type": ["string", "null"], "description": "the job's; null: no longer kept"}}}},
    "next": {"type": "array", "items": {"type": "string"}, "description": "up to 10 times"})";

constexpr std::string_view kInput = R"({"type": "object", "required": ["cron", "kind"],
    "properties": {
    "cron": {"type": "string"}, "tz": {"type": "string", "default": "UTC"},
    "kind": {"type": "string"},
    "payload": {"type": "object", "description": "left out: stays as it is, or is empty"},
    "queue": {"type": "string", "default": "default"},
    "priority": {"type": "integer", "minimum": 0, "maximum": 9, "default": 5},
    "max_attempts": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000},
    "unique_key": {"type": ["string", "null"]}, "ordering_key": {"type": ["string", "null"]},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 16},
    "missed": {"enum": ["once", "all", "skip"], "default": "once"},
    "jitter_seconds": {"type": "integer", "minimum": 0, "maximum": 86400, "default": 0},
    "starts_at": {"type": ["string", "null"]}, "ends_at": {"type": ["string", "null"]},
    "reason": {"type": "string"}}})";

/// Who may change a schedule may look at it as well.
Queues visible(const Call& call) {
    const Queues view = call.reach(Permission::jobs_view);
    const Queues manage = call.reach(Permission::schedules_manage);
    if (!view || !manage) return std::nullopt;
    std::vector<std::string> either = *view;
    either.insert(either.end(), manage->begin(), manage->end());
    return either;
}

awaitable<std::string> schedule_text(Call& call) {
    co_return co_await call.document(
        "schedule", "SELECT barid.admin_schedule($1, $2::text[], $3::text[], $4, true)::text",
        pg::Params(call.text("name"), visible(call), call.reach(Permission::schedules_manage),
                   call.may(Permission::data_view)));
}

awaitable<web::Response> show(Call& call) {
    co_return json_response(co_await schedule_text(call));
}

awaitable<web::Response> list(Call& call) {
    co_return co_await call.page(
        R"(SELECT barid.admin_schedule(s.name, $1::text[], $2::text[], $3, false)::text, s.name
           FROM barid.schedule s
           WHERE ($4::text IS NULL OR s.name > $4) AND barid.admin_in(s.queue, $1::text[])
           ORDER BY s.name LIMIT $5::int + 1)",
        pg::Params(call.reach(Permission::jobs_view), call.reach(Permission::schedules_manage),
                   call.may(Permission::data_view), call.position(), call.limit()));
}

struct Current {
    std::string definition;  ///< "" when there is none yet
    std::string payload = "{}";
};

void require_queue(const Call& call, const std::string& queue) {
    if (includes(call.reach(Permission::schedules_manage), queue)) return;
    throw Problem(
        403, "forbidden",
        fmt::format("this needs the permission schedules.manage for the queue {}", queue));
}

/// The schedule, its row locked. One out of reach doesn't exist, and neither can it be made anew.
awaitable<Current> current(Call& call, bool must_exist) {
    // Two that change it at once take turns.
    co_await call.sql("SELECT barid.admin_lock_schedule($1)", pg::Params(call.text("name")));
    const auto found = co_await call.sql(
        R"(SELECT barid.admin_schedule_definition(s)::text, s.payload::text, s.queue
           FROM barid.schedule s WHERE s.name = $1)",
        pg::Params(call.text("name")));
    if (found.empty() && !must_exist) co_return Current{};
    if (found.empty() || !includes(visible(call), found[0].get<std::string>(2))) {
        throw Problem(404, "not_found", "there is no such schedule");
    }
    require_queue(call, found[0].get<std::string>(2));
    co_return Current{.definition = found[0].get<std::string>(0),
                      .payload = found[0].get<std::string>(1)};
}

/// Payloads are as personal as jobs' are: the audit log says how long, and whether it changed.
awaitable<std::string> definition_for_audit(Call& call, const std::string& definition) {
    if (definition.empty()) co_return "";
    const auto result = co_await call.sql(
        R"(SELECT ($1::jsonb || jsonb_build_object('payload',
               'sha256:' || encode(sha256(convert_to(($1::jsonb->'payload')::text, 'UTF8')),
                                   'hex')))::text)",
        pg::Params(definition));
    co_return result.one().get<std::string>(0);
}

awaitable<void> note(Call& call, std::string action, const std::string& before, bool gone = false) {
    const std::string was = co_await definition_for_audit(call, before);
    std::string is;
    if (!gone) is = co_await definition_for_audit(call, (co_await current(call, true)).definition);
    co_await call.audit({.action = std::move(action),
                         .target_kind = "schedule",
                         .target = call.text("name"),
                         .before = was,
                         .after = is});
}

struct Input {
    std::string cron, tz, kind, queue, missed;
    std::optional<std::string> payload, unique_key, ordering_key, starts_at, ends_at;
    std::int64_t priority = 5;
    std::int64_t jitter = 0;
    std::optional<std::int64_t> max_attempts;
    std::vector<std::string> tags;
};

Input read_input(const json::value& body) {
    JsonReader in(body);
    Input input;
    input.cron = in.text("cron", {.max_bytes = 256});
    input.tz = in.optional_text("tz", {.max_bytes = 60}).value_or("UTC");
    input.kind = in.text("kind", {.max_bytes = 63});
    if (const auto* payload = in.optional_object("payload")) {
        input.payload = json::serialize(*payload);
    }
    input.queue = in.optional_text("queue", {.max_bytes = 63}).value_or("default");
    input.priority = in.optional_integer("priority", {.min = 0, .max = 9}).value_or(5);
    input.max_attempts = in.optional_integer("max_attempts", {.min = 1, .max = 1000});
    input.unique_key = in.optional_text("unique_key", {.max_bytes = 512});
    input.ordering_key = in.optional_text("ordering_key", {.max_bytes = 512});
    input.tags = in.optional_texts("tags", 16, {.max_bytes = 1000});
    input.missed = in.optional_text("missed", {.one_of = {"once", "all", "skip"}}).value_or("once");
    input.jitter = in.optional_integer("jitter_seconds", {.min = 0, .max = 86'400}).value_or(0);
    input.starts_at = in.optional_text("starts_at", {.max_bytes = 40});
    input.ends_at = in.optional_text("ends_at", {.max_bytes = 40});
    if (input.starts_at) check_time(in, "starts_at", *input.starts_at);
    if (input.ends_at) check_time(in, "ends_at", *input.ends_at);
    in.optional_text("reason");
    in.finish();
    return input;
}

awaitable<web::Response> put(Call& call) {
    const Input input = read_input(call.body());
    require_queue(call, input.queue);
    const Current was = co_await current(call, false);
    call.require_match(was.definition);
    co_await call.sql(
        R"(SELECT barid.schedule($1, $2, $3, $4::jsonb, $5, $6::int, $7::int, $8, $9,
                                 make_interval(secs => $10::int), $11::timestamptz,
                                 $12::timestamptz, $13, $14, nullif($15::text[], '{}')))",
        pg::Params(call.text("name"), input.cron, input.kind, input.payload.value_or(was.payload),
                   input.queue, input.priority, input.max_attempts, input.tz, input.missed,
                   input.jitter, input.starts_at, input.ends_at, input.unique_key,
                   input.ordering_key, input.tags));
    co_await note(call, was.definition.empty() ? "schedule.create" : "schedule.change",
                  was.definition);
    co_return json_response(co_await schedule_text(call));
}

awaitable<web::Response> remove(Call& call) {
    const Current was = co_await current(call, true);
    call.require_match(was.definition);
    co_await call.sql("SELECT barid.unschedule($1)", pg::Params(call.text("name")));
    co_await note(call, "schedule.delete", was.definition, true);
    co_return web::Response{.status = 204};
}

awaitable<web::Response> act(Call& call, const std::string& verb) {
    JsonReader in(call.body());
    in.optional_text("reason");
    in.finish();
    const Current was = co_await current(call, true);
    const std::string function = verb == "pause"    ? "barid.pause_schedule"
                                 : verb == "resume" ? "barid.resume_schedule"
                                                    : "barid.run_schedule";
    co_await call.sql(fmt::format("SELECT {}($1)", function), pg::Params(call.text("name")));
    co_await note(call, "schedule." + verb, was.definition);
    co_return json_response(co_await schedule_text(call));
}

awaitable<web::Response> preview(Call& call) {
    JsonReader in(call.body());
    const std::string cron = in.text("cron", {.max_bytes = 256});
    const std::string tz = in.optional_text("tz", {.max_bytes = 60}).value_or("UTC");
    const auto count = in.optional_integer("count", {.min = 1, .max = 100}).value_or(10);
    in.finish();
    co_return json_response(co_await call.document(
        "schedule",
        R"(SELECT jsonb_build_object('times', coalesce(jsonb_agg(barid.admin_time(t) ORDER BY t),
                                                       '[]'))::text
           FROM barid.schedule_preview($1, $2, $3::int) t)",
        pg::Params(cron, tz, count)));
}

void add_schemas(Routes& routes) {
    routes.schema("Schedule", fmt::format(kSchedule, ""));
    routes.schema("ScheduleDetail", fmt::format(kSchedule, kDetail));
    routes.schema("ScheduleInput", kInput);
    routes.schema("ScheduleAction",
                  R"({"type": "object", "properties": {"reason": {"type": "string"}}})");
    routes.schema("SchedulePage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Schedule"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("SchedulePreviewRequest", R"({"type": "object", "required": ["cron"],
        "properties": {"cron": {"type": "string"}, "tz": {"type": "string"},
        "count": {"type": "integer", "minimum": 1, "maximum": 100}}})");
    routes.schema("ScheduleTimes", R"({"type": "object", "properties": {
        "times": {"type": "array", "items": {"type": "string"}}}})");
}

}  // namespace

void add_schedules(Routes& routes) {
    add_schemas(routes);
    const std::vector<Parameter> name = {
        {.name = "name", .means = "the schedule's name", .required = true, .max_bytes = 63}};
    const auto add = [&](std::string method, std::string path, std::string operation,
                         std::string summary, std::string body, std::string answer,
                         std::function<awaitable<web::Response>(Call&)> handler,
                         std::vector<Parameter> parameters) {
        const bool reads = method == "GET" || path == "/schedules/preview";
        const int status = answer.empty() ? 204 : 200;
        routes.add({.method = std::move(method),
                    .path = std::move(path),
                    .operation = std::move(operation),
                    .tag = "schedules",
                    .summary = std::move(summary),
                    .permission = reads ? Permission::jobs_view : Permission::schedules_manage,
                    .parameters = std::move(parameters),
                    .body = std::move(body),
                    .answer = std::move(answer),
                    .status = status,
                    .max_body_bytes = std::size_t{1} << 20U,
                    .changes = !reads,
                    .handler = std::move(handler)});
    };
    add("GET", "/schedules", "listSchedules", "All schedules, by name.", "", "SchedulePage", &list,
        page_parameters());
    add("POST", "/schedules/preview", "previewSchedule", "The next times of an expression.",
        "SchedulePreviewRequest", "ScheduleTimes", &preview, {});
    add("GET", "/schedules/{name}", "showSchedule", "A schedule, its last 50 runs and next times.",
        "", "ScheduleDetail", &show, name);
    add("PUT", "/schedules/{name}", "putSchedule", "Make a schedule, or change it.",
        "ScheduleInput", "ScheduleDetail", &put, name);
    add("DELETE", "/schedules/{name}", "deleteSchedule", "Remove it; its jobs stay.", "", "",
        &remove, name);
    for (const std::string verb : {"pause", "resume", "run"}) {
        add(
            "POST", "/schedules/{name}/" + verb, verb + "Schedule",
            verb == "run" ? "Add its job now, paused or not."
                          : "What is missed during a pause is not made up for.",
            "ScheduleAction", "ScheduleDetail", [verb](Call& call) { return act(call, verb); },
            name);
    }
}

}  // namespace barid::api
