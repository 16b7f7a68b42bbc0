// Bulk actions: look at what would be hit, start, watch, stop. The work is a job's
// (jobs/admin_bulk.hpp); what was asked and by whom is frozen in barid.admin_bulk.
#include <fmt/format.h>

#include "admin/api/call.hpp"
#include "admin/api/job_reach.hpp"
#include "queue/pg/error.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::string_view kFilter = R"({"type": "object",
    "description": "every member must hold; at least one, but for redrive",
    "properties": {
        "ids": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 1000},
        "state": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "description":
            "retry: failed unless given; cancel: live; run_now and redrive: waiting, parked"},
        "queue": {"type": "string"}, "kind": {"type": "string"}, "tag": {"type": "string"},
        "unique_key": {"type": "string"},
        "error": {"type": "string", "description": "a part of the last error; needs data.view"},
        "from": {"type": "string", "format": "date-time"},
        "to": {"type": "string", "format": "date-time"},
        "dead": {"enum": [true], "description": "dead letters only"}}})";

constexpr std::string_view kBulk = R"({"type": "object", "properties": {
    "id": {"type": "integer"},
    "action": {"enum": ["retry", "cancel", "run_now", "redrive"]},
    "filter": {"type": "object"},
    "upper_id": {"type": "integer", "description": "no newer job is touched"},
    "per_second": {"type": ["number", "null"]},
    "state": {"enum": ["running", "completed", "cancelled", "failed"]},
    "total": {"type": ["integer", "null"],
        "description": "how many matched when it was asked; null: more than were counted"},
    "changed": {"type": "integer"},
    "skipped": {"type": "integer", "description": "not done to, with why in the outcomes"},
    "failed": {"type": "integer"},
    "progress": {"type": "number", "description": "0 to 1"},
    "error": {"type": ["string", "null"]},
    "actor": {"type": "string"},
    "actor_name": {"type": "string"},
    "reason": {"type": "string"},
    "created_at": {"type": "string"},
    "finished_at": {"type": ["string", "null"]},
    "job_id": {"type": ["integer", "null"]},
    "allowed_actions": {"type": "array", "items": {"enum": ["cancel"]}}}})";

constexpr std::string_view kPreview = R"({"type": "object", "properties": {
    "matched": {"type": "object", "properties": {
        "count": {"type": "integer"}, "capped": {"type": "boolean"}}},
    "upper_id": {"type": "integer", "description": "send it along: no newer job is touched"},
    "by_queue": {"type": "array", "items": {"type": "object", "properties": {
        "queue": {"type": "string"}, "count": {"type": "integer"}}}},
    "sample": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}}})";

constexpr std::string_view kRequest = R"({{"type": "object", "required": [{}], "properties": {{
    "action": {{"enum": ["retry", "cancel", "run_now", "redrive"]}},
    "filter": {{"$ref": "#/components/schemas/BulkFilter"}},
    "upper_id": {{"type": "integer", "minimum": 0, "description": "the preview's"}}{}}}}})";

constexpr std::string_view kStartMembers = R"(,
    "expected": {"type": "integer", "minimum": 0, "description": "the preview's count"},
    "per_second": {"type": "integer", "minimum": 1, "maximum": 1000000,
        "description": "of redrive: how many start in a second"},
    "reason": {"type": "string"})";

void add_schemas(Routes& routes) {
    routes.schema("BulkFilter", kFilter);
    routes.schema("BulkPreviewRequest", fmt::format(kRequest, R"("action", "filter")", ""));
    routes.schema(
        "BulkRequest",
        fmt::format(kRequest, R"("action", "filter", "expected", "reason")", kStartMembers));
    routes.schema("BulkPreview", kPreview);
    routes.schema("Bulk", kBulk);
    routes.schema("BulkPage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Bulk"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("BulkOutcome", R"({"type": "object", "properties": {
        "job_id": {"type": "integer"}, "outcome": {"enum": ["changed", "skipped", "failed"]},
        "detail": {"type": "string"}}})");
    routes.schema("BulkOutcomePage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/BulkOutcome"}},
        "next": {"type": ["string", "null"]}}})");
}

struct Asked {
    std::string action;
    std::string filter;
    std::optional<std::int64_t> upper_id;
    std::int64_t expected = 0;
    std::optional<std::int64_t> per_second;
};

Asked read_request(Call& call, bool start) {
    JsonReader in(call.body());
    Asked asked;
    asked.action = in.text("action", {.one_of = {"retry", "cancel", "run_now", "redrive"}});
    const auto* filter = in.object("filter");
    asked.upper_id = in.optional_integer("upper_id", {.min = 0});
    if (start) {
        asked.expected = in.integer("expected", {.min = 0});
        asked.per_second = in.optional_integer("per_second", {.min = 1, .max = 1'000'000});
        in.optional_text("reason");
    }
    in.finish();
    if (filter->contains("error")) call.require(Permission::data_view);
    asked.filter = json::serialize(*filter);
    return asked;
}

Permission permission_for(std::string_view action) {
    return action == "cancel" ? Permission::jobs_cancel : Permission::jobs_retry;
}

/// Where the caller both sees jobs and may do this to them.
Queues queues_for(const Call& call, const std::string& action) {
    call.require(permission_for(action));
    return meet(call.reach(Permission::jobs_view), call.reach(permission_for(action)));
}

awaitable<web::Response> preview(Call& call) {
    const Asked asked = read_request(call, false);
    const JobReach reach(call);
    co_return json_response(co_await call.document(
        "preview", "SELECT barid.admin_bulk_preview($1, $2::jsonb, $3::text[], $4, $5)::text",
        pg::Params(asked.action, asked.filter, queues_for(call, asked.action), reach.data,
                   asked.upper_id)));
}

/// Whether the caller may do the action in all the queues that it goes through. $1: where jobs may
/// be cancelled; $2: where the rest may be done.
constexpr std::string_view kMayStop = R"(
    CASE b.action WHEN 'cancel' THEN $1::text[] IS NULL OR b.queues <@ $1::text[]
                  ELSE $2::text[] IS NULL OR b.queues <@ $2::text[] END)";

awaitable<std::string> bulk_text(Call& call, std::int64_t id) {
    const JobReach reach(call);
    co_return co_await call.document(
        "bulk action",
        fmt::format("SELECT barid.admin_bulk_view(b.id, $3::text[], $4, {})::text "
                    "FROM barid.admin_bulk b WHERE b.id = $5",
                    kMayStop),
        pg::Params(reach.cancel, reach.retry, reach.view, reach.data, id));
}

awaitable<std::int64_t> freeze(Call& call, const Asked& asked, const std::string& reason) {
    std::string changed;
    try {
        const auto result = co_await call.sql(
            R"(SELECT barid.admin_bulk_start($1, $2::jsonb, $3::text[], $4, $5, $6::numeric, $7,
                                             $8, $9))",
            pg::Params(asked.action, asked.filter, queues_for(call, asked.action), asked.expected,
                       asked.upper_id, asked.per_second, call.who().id, call.who().name, reason));
        co_return result.one().get<std::int64_t>(0);
    } catch (const pg::Error& error) {
        if (error.sqlstate() != "JB409") throw;
        changed = error.what();
    }
    throw Problem(409, "count_changed", changed);
}

awaitable<web::Response> start(Call& call) {
    const Asked asked = read_request(call, true);
    const std::string reason = call.reason(true);
    const std::int64_t id = co_await freeze(call, asked, reason);
    std::string shown = co_await bulk_text(call, id);
    co_await call.audit({.action = "bulk." + asked.action,
                         .target_kind = "bulk",
                         .target = std::to_string(id),
                         .after = shown});
    co_return json_response(std::move(shown), 202);
}

awaitable<web::Response> show(Call& call) {
    co_return json_response(co_await bulk_text(call, *call.integer("id")));
}

awaitable<web::Response> list(Call& call) {
    const JobReach reach(call);
    co_return co_await call.page(
        fmt::format(R"(SELECT barid.admin_bulk_view(b.id, $3::text[], $4, {})::text, b.id
           FROM barid.admin_bulk b
           WHERE ($5::bigint IS NULL OR b.id < $5) AND ($3 IS NULL OR b.queues <@ $3)
           ORDER BY b.id DESC LIMIT $6::int + 1)",
                    kMayStop),
        pg::Params(reach.cancel, reach.retry, reach.view, reach.data, call.position(),
                   call.limit()));
}

awaitable<web::Response> outcomes(Call& call) {
    co_await bulk_text(call, *call.integer("id"));
    co_return co_await call.page(
        R"(SELECT jsonb_build_object('job_id', o.job_id, 'outcome', o.outcome,
                      'detail', o.detail), o.job_id
           FROM barid.admin_bulk_outcome o
           WHERE o.bulk_id = $1 AND ($2::bigint IS NULL OR o.job_id < $2)
             AND ($3::text IS NULL OR o.outcome = $3)
           ORDER BY o.job_id DESC LIMIT $4::int + 1)",
        pg::Params(call.integer("id"), call.position(), call.optional_text("outcome"),
                   call.limit()));
}

/// The reach of who stops it must hold all that it does, not just anything.
awaitable<void> require_reach(Call& call, std::int64_t id) {
    const JobReach reach(call);
    const auto found = co_await call.sql(
        fmt::format("SELECT b.action, coalesce({}, false) FROM barid.admin_bulk b WHERE b.id = $3",
                    kMayStop),
        pg::Params(reach.cancel, reach.retry, id));
    const auto permission = permission_for(found.one().text(0));
    call.require(permission);
    if (found.one().get<bool>(1)) co_return;
    throw Problem(403, "forbidden",
                  fmt::format("this needs the permission {} for all queues of the action",
                              access::name_of(permission)));
}

awaitable<web::Response> cancel(Call& call) {
    JsonReader in(call.body());
    in.optional_text("reason");
    in.finish();
    const std::int64_t id = *call.integer("id");
    const std::string before = co_await bulk_text(call, id);
    co_await require_reach(call, id);
    const auto done = co_await call.sql("SELECT barid.admin_bulk_cancel($1)", pg::Params(id));
    if (!done.one().get<bool>(0)) {
        throw Problem(409, "not_possible", "this bulk action has ended already");
    }
    std::string shown = co_await bulk_text(call, id);
    co_await call.audit({.action = "bulk.cancelled",
                         .target_kind = "bulk",
                         .target = std::to_string(id),
                         .before = before,
                         .after = shown});
    co_return json_response(std::move(shown));
}

}  // namespace

void add_bulk(Routes& routes) {
    add_schemas(routes);
    const auto id = id_parameter("the bulk action's");
    routes.add({.method = "POST",
                .path = "/bulk/preview",
                .operation = "previewBulk",
                .tag = "bulk",
                .summary = "What a bulk action would hit. Needs jobs.retry or jobs.cancel as well.",
                .permission = Permission::jobs_view,
                .body = "BulkPreviewRequest",
                .answer = "BulkPreview",
                .changes = false,
                .handler = &preview});
    routes.add(
        {.method = "POST",
         .path = "/bulk",
         .operation = "startBulk",
         .tag = "bulk",
         .summary = "Do it as a job, over a frozen filter. Needs jobs.retry or jobs.cancel too.",
         .permission = Permission::jobs_view,
         .body = "BulkRequest",
         .answer = "Bulk",
         .status = 202,
         .handler = &start});
    routes.add({.method = "GET",
                .path = "/bulk",
                .operation = "listBulk",
                .tag = "bulk",
                .summary = "Bulk actions, newest first.",
                .permission = Permission::jobs_view,
                .parameters = page_parameters(),
                .answer = "BulkPage",
                .handler = &list});
    routes.add({.method = "GET",
                .path = "/bulk/{id}",
                .operation = "showBulk",
                .tag = "bulk",
                .summary = "How far a bulk action is.",
                .permission = Permission::jobs_view,
                .parameters = {id},
                .answer = "Bulk",
                .handler = &show});
    auto filters = page_parameters();
    filters.push_back(id);
    filters.push_back(
        {.name = "outcome", .means = "only these", .one_of = {"changed", "skipped", "failed"}});
    routes.add({.method = "GET",
                .path = "/bulk/{id}/outcomes",
                .operation = "listBulkOutcomes",
                .tag = "bulk",
                .summary = "What became of each job: the first 100,000, for 30 days.",
                .permission = Permission::jobs_view,
                .parameters = std::move(filters),
                .answer = "BulkOutcomePage",
                .handler = &outcomes});
    routes.add({.method = "POST",
                .path = "/bulk/{id}/cancel",
                .operation = "cancelBulk",
                .tag = "bulk",
                .summary = "Stop it after the step that it is at; what was done stays done.",
                .permission = Permission::jobs_view,
                .parameters = {id},
                .body = "JobAction",
                .answer = "Bulk",
                .handler = &cancel});
}

}  // namespace barid::api
