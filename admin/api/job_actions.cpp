#include "admin/api/job_actions.hpp"

#include <fmt/format.h>

#include "admin/api/call.hpp"
#include "admin/api/job_reach.hpp"
#include "queue/pg/error.hpp"

namespace barid::api {
namespace {

using access::Permission;

struct Action {
    std::string path;       ///< "retry"
    std::string operation;  ///< "retryJob"
    std::string summary;
    Permission permission;
    std::string audited;  ///< "job.retry"
    std::string body;
    std::string sql;  ///< $1 the id, $2 the argument; true when it was done
    /// What `$2` is; also looks for unknown members.
    std::string (*argument)(Call& call);
};

std::string reason_only(Call& call) {
    JsonReader in(call.body());
    in.optional_text("reason");
    in.finish();
    return call.reason();
}

std::string start_of(Call& call) {
    JsonReader in(call.body());
    in.optional_text("reason");
    const std::string start = in.text("run_at", {.max_bytes = 40});
    if (in.ok()) check_time(in, "run_at", start);
    in.finish();
    return start;
}

std::string priority_of(Call& call) {
    JsonReader in(call.body());
    in.optional_text("reason");
    const auto priority = in.integer("priority", {.min = 0, .max = 9});
    in.finish();
    return std::to_string(priority);
}

const Queues& reach_of(const JobReach& reach, Permission permission) {
    return permission == Permission::jobs_cancel ? reach.cancel : reach.retry;
}

struct Looks {
    std::string shown;
    /// Without texts of handlers: who reads the audit log need not see personal data.
    std::string audited;
};

/// `before`: what it was, for a job of which its queue keeps nothing once it is cancelled.
awaitable<Looks> look(Call& call, const JobReach& reach, const std::string& before) {
    const auto result = co_await call.sql(
        R"(SELECT j::text, j - '{id,progress,progress_note,tags,error,
                      created_at,claimed_at,finished_at,allowed_actions}'::text[]
           FROM (SELECT coalesce(barid.admin_job($1, $2, $3::text[], $4::text[]),
                     nullif($5, '')::jsonb || '{"state": "cancelled", "allowed_actions": []}') AS j
                ) s)",
        pg::Params(call.integer("id"), reach.data, reach.retry, reach.cancel, before));
    co_return Looks{std::string(result.one().text(0)), std::string(result.one().text(1))};
}

awaitable<bool> was_done(Call& call, const Action& action, const std::string& argument) {
    std::string taken;
    try {
        const auto result = co_await call.sql(action.sql, pg::Params(call.integer("id"), argument));
        co_return result.one().get<bool>(0);
    } catch (const pg::Error& error) {
        if (error.sqlstate() != "23505") throw;
        taken = error.what();
    }
    throw Problem(409, "unique_key_taken", taken);
}

awaitable<web::Response> act(Call& call, const Action& action) {
    const JobReach reach(call);
    const Queues& may = reach_of(reach, action.permission);
    const auto found = co_await call.sql("SELECT queue, state FROM barid.jobs WHERE id = $1",
                                         pg::Params(call.integer("id")));
    const std::string queue = found.empty() ? "" : found[0].get<std::string>(0);
    if (found.empty() || (!includes(reach.view, queue) && !includes(may, queue))) {
        throw Problem(404, "not_found", "there is no such job");
    }
    if (!includes(may, queue)) {
        throw Problem(403, "forbidden",
                      fmt::format("this needs the permission {} for the queue {}",
                                  access::name_of(action.permission), queue));
    }
    const std::string argument = action.argument(call);
    const Looks before = co_await look(call, reach, "");
    if (!co_await was_done(call, action, argument)) {
        throw Problem(409, "not_possible",
                      fmt::format("a job that is {} doesn't allow that", found[0].text(1)));
    }
    const Looks after = co_await look(call, reach, before.shown);
    co_await call.audit({.action = action.audited,
                         .target_kind = "job",
                         .target = call.text("id"),
                         .before = before.audited,
                         .after = after.audited});
    co_return json_response(after.shown);
}

std::vector<Action> actions() {
    using enum Permission;
    return {
        {"retry", "retryJob", "Run a failed or cancelled job again, under its own id.", jobs_retry,
         "job.retry", "JobAction", "SELECT barid.retry($1) WHERE $2::text IS NOT NULL",
         &reason_only},
        {"cancel", "cancelJob", "End a waiting job, or ask a running one to stop.", jobs_cancel,
         "job.cancel", "JobAction",
         "SELECT barid.cancel($1, coalesce(nullif($2::text, ''), 'cancelled'))", &reason_only},
        {"run-now", "runJobNow", "Start a waiting job now.", jobs_retry, "job.run_now", "JobAction",
         "SELECT barid.run_now($1) WHERE $2::text IS NOT NULL", &reason_only},
        {"reschedule", "rescheduleJob", "Give a waiting job another start.", jobs_retry,
         "job.reschedule", "JobReschedule", "SELECT barid.reschedule($1, $2::timestamptz)",
         &start_of},
        {"priority", "setJobPriority", "Change a live job's priority.", jobs_retry, "job.priority",
         "JobPriority", "SELECT barid.set_priority($1, $2::int)", &priority_of},
    };
}

}  // namespace

void add_job_actions(Routes& routes) {
    routes.schema("JobAction",
                  R"({"type": "object", "properties": {"reason": {"type": "string"}}})");
    routes.schema("JobReschedule", R"({"type": "object", "required": ["run_at"], "properties": {
        "run_at": {"type": "string", "format": "date-time", "description": "a past one means now"},
        "reason": {"type": "string"}}})");
    routes.schema("JobPriority", R"({"type": "object", "required": ["priority"], "properties": {
        "priority": {"type": "integer", "minimum": 0, "maximum": 9},
        "reason": {"type": "string"}}})");
    for (const Action& action : actions()) {
        routes.add({.method = "POST",
                    .path = "/jobs/{id}/" + action.path,
                    .operation = action.operation,
                    .tag = "jobs",
                    .summary = action.summary,
                    .permission = action.permission,
                    .parameters = {id_parameter("the job's")},
                    .body = action.body,
                    .answer = "Job",
                    .handler = [action](Call& call) { return act(call, action); }});
    }
}

}  // namespace barid::api
