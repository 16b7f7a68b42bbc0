// Jobs: lists, one job, its log, kinds, dead letters.
#include <fmt/format.h>

#include "admin/api/call.hpp"
#include "admin/api/job_actions.hpp"
#include "admin/api/job_reach.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::string_view kJob = R"({"type": "object", "properties": {
    "id": {"type": "integer"},
    "queue": {"type": "string"},
    "kind": {"type": "string"},
    "state": {"enum": ["waiting", "parked", "running", "completed", "failed", "cancelled"]},
    "priority": {"type": "integer", "description": "0 (first) to 9"},
    "attempt": {"type": "integer"},
    "max_attempts": {"type": "integer"},
    "run_at": {"type": "string", "description": "when it starts, or was due"},
    "created_at": {"type": "string"},
    "claimed_at": {"type": ["string", "null"]},
    "finished_at": {"type": ["string", "null"]},
    "progress": {"type": "number", "description": "0 to 1"},
    "progress_note": {"type": ["string", "null"]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "error": {"type": ["string", "null"], "description": "the last one's first line"},
    "parked_by": {"type": ["string", "null"],
        "description": "what it waits for: ordering_key, limit, parents, kind"},
    "origin_id": {"type": ["integer", "null"],
        "description": "of a dead letter: the job that it was"},
    "origin_queue": {"type": ["string", "null"],
        "description": "of a dead letter: where it failed"},
    "cancel_requested": {"type": "boolean"},
    "allowed_actions": {"type": "array", "items": {"enum": [
        "retry", "run_now", "reschedule", "set_priority", "redrive", "cancel"]}}
}})";

/// What a job's page has beside that.
constexpr std::string_view kJobMore = R"(
    "payload": {"description": "masked without data.view"},
    "output": {"description": "masked without data.view"},
    "unique_key": {"type": ["string", "null"]},
    "ordering_key": {"type": ["string", "null"]},
    "limit_key": {"type": ["string", "null"]},
    "request_id": {"type": ["string", "null"]},
    "traceparent": {"type": ["string", "null"]},
    "attempts": {"type": "array", "items": {"type": "object", "properties": {
        "attempt": {"type": "integer"},
        "outcome": {"enum": ["failed", "running", "completed", "cancelled"]},
        "started_at": {"type": ["string", "null"]},
        "ended_at": {"type": ["string", "null"]},
        "duration_ms": {"type": ["number", "null"]},
        "worker": {"type": ["string", "null"]},
        "error": {"type": ["string", "null"]}}}},
    "lineage": {"type": "array", "description": "the job, its dead letters, letters sent back",
        "items": {"type": "object", "properties": {
        "id": {"type": "integer"}, "role": {"type": "string"}, "state": {"type": "string"},
        "queue": {"type": "string"}, "kind": {"type": "string"}, "created_at": {"type": "string"},
        "finished_at": {"type": ["string", "null"]}}}},
    "flow": {"type": "object", "properties": {
        "nodes": {"type": "array", "items": {"type": "object", "properties": {
            "id": {"type": "integer"}, "kind": {"type": ["string", "null"]},
            "state": {"type": "string", "description": "gone: nothing of it is kept"}}}},
        "edges": {"type": "array", "items": {"type": "object", "properties": {
            "from": {"type": "integer"}, "to": {"type": "integer"}}}}}},
    "checkpoint": {"oneOf": [{"type": "null"}, {"type": "object", "properties": {
        "attempt": {"type": "integer"}, "saved_at": {"type": "string"},
        "bytes": {"type": "integer"}}}]},
    "batch": {"oneOf": [{"type": "null"}, {"type": "object", "properties": {
        "id": {"type": "integer"}, "name": {"type": "string"}, "created_at": {"type": "string"},
        "finished_at": {"type": ["string", "null"]}, "completed": {"type": "integer"},
        "failed": {"type": "integer"}, "cancelled": {"type": "integer"},
        "live": {"type": "integer", "description": "at most 10,000 are counted"}}}]}
}})";

std::string job_detail_schema() {
    std::string text(kJob);
    text.erase(text.rfind('}'));
    text.erase(text.rfind('}'));
    return text + "," + std::string(kJobMore);
}

constexpr std::string_view kPage = R"({{"type": "object", "properties": {{
    "items": {{"type": "array", "items": {{"$ref": "#/components/schemas/{}"}}}},
    "next": {{"type": ["string", "null"], "description": "the cursor of the next page"}}{}}}}})";

constexpr std::string_view kScannedTo = R"(,
    "scanned_to": {"type": ["string", "null"],
        "description": "when not null, time was over: the next page looks further back"})";

void add_schemas(Routes& routes) {
    routes.schema("Job", kJob);
    routes.schema("JobDetail", job_detail_schema());
    routes.schema("JobPage", fmt::format(kPage, "Job", kScannedTo));
    routes.schema("JobCount", R"({"type": "object", "properties": {
        "count": {"type": "integer", "maximum": 10000},
        "capped": {"type": "boolean", "description": "that many or more"}}})");
    routes.schema("JobLogLine", R"({"type": "object", "properties": {
        "n": {"type": "integer",
            "description": "counts within the attempt; a gap: lines were left out"},
        "at": {"type": "string"}, "attempt": {"type": "integer"}, "line": {"type": "string"}}})");
    routes.schema("JobLog", fmt::format(kPage, "JobLogLine", ""));
    routes.schema("JobKind", R"({"type": "object", "properties": {
        "kind": {"type": "string"}, "paused": {"type": "boolean"},
        "paused_at": {"type": ["string", "null"]}, "waiting": {"type": "integer"},
        "held": {"type": "integer"}, "running": {"type": "integer"},
        "completed": {"type": "integer"}, "failed": {"type": "integer"}}})");
    routes.schema("JobKinds", fmt::format(kPage, "JobKind", ""));
}

awaitable<web::Response> show_job(Call& call) {
    const JobReach reach(call);
    co_return json_response(co_await call.document(
        "job", "SELECT barid.admin_job_detail($1, $2::text[], $3, $4::text[], $5::text[])::text",
        pg::Params(call.integer("id"), reach.view, reach.data, reach.retry, reach.cancel)));
}

/// A job keeps at most 200 lines: one page has them all.
awaitable<web::Response> show_log(Call& call) {
    const JobReach reach(call);
    co_return json_response(co_await call.document(
        "job",
        R"(SELECT jsonb_build_object('next', NULL, 'items', coalesce((
                   SELECT jsonb_agg(jsonb_build_object('n', l.n, 'at', barid.admin_time(l.at),
                       'attempt', l.attempt, 'line', barid.admin_text(l.line, $3))
                       ORDER BY l.began, l.n)
                   FROM (SELECT o.*, min(o.at) OVER (PARTITION BY o.claim_id) AS began
                         FROM barid.job_log o WHERE o.job_id = v.id) l
                   WHERE $4::timestamptz IS NULL OR l.at > $4::timestamptz), '[]'))::text
           FROM barid.jobs v WHERE v.id = $1 AND barid.admin_in(v.queue, $2::text[]))",
        pg::Params(call.integer("id"), reach.view, reach.data, call.time("after"))));
}

awaitable<web::Response> list_kinds(Call& call) {
    co_return json_response(co_await call.document(
        "kind",
        R"(SELECT jsonb_build_object('next', NULL, 'items', coalesce(jsonb_agg(k), '[]'))::text
           FROM barid.admin_kinds($1::text[]) k)",
        pg::Params(call.reach(Permission::jobs_view))));
}

Route get(std::string path, std::string operation, std::string summary, std::string answer,
          std::function<awaitable<web::Response>(Call&)> handler,
          std::vector<Parameter> parameters = {}) {
    return {.method = "GET",
            .path = std::move(path),
            .operation = std::move(operation),
            .tag = "jobs",
            .summary = std::move(summary),
            .permission = Permission::jobs_view,
            .parameters = std::move(parameters),
            .answer = std::move(answer),
            .handler = std::move(handler)};
}

}  // namespace

void add_jobs(Routes& routes) {
    add_schemas(routes);
    for (const bool dead : {false, true}) {
        const std::string path = dead ? "/dead-letters" : "/jobs";
        routes.add(get(
            path, dead ? "listDeadLetters" : "listJobs",
            dead ? "Dead letters, newest first: copies of jobs that failed for good."
                 : "Jobs, live and finished, newest first.",
            "JobPage", [dead](Call& call) { return list_jobs(call, job_filter(call, dead)); },
            job_parameters(true)));
        routes.add(get(
            path + "/count", dead ? "countDeadLetters" : "countJobs",
            "How many there are, as far as they are quickly counted.", "JobCount",
            [dead](Call& call) { return count_jobs(call, job_filter(call, dead)); },
            job_parameters(false)));
    }
    routes.add(get("/jobs/{id}", "showJob", "Everything about a job.", "JobDetail", &show_job,
                   {id_parameter("the job's")}));
    routes.add(get("/jobs/{id}/log", "showJobLog", "The lines that its handler noted.", "JobLog",
                   &show_log,
                   {id_parameter("the job's"),
                    {.name = "after",
                     .type = Parameter::Type::time,
                     .means = "only lines that were noted later"}}));
    routes.add(get("/kinds", "listKinds",
                   "Kinds of jobs, counted among the newest 10,000 live and finished ones.",
                   "JobKinds", &list_kinds));
    add_job_actions(routes);
}

}  // namespace barid::api
