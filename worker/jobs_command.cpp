// `barid enqueue`, `barid jobs list|show` and `barid queues list`: the SQL functions, for
// people and scripts.
#include <fmt/format.h>

#include <cstdio>

#include "base/json.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/job_report.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

// What producers and handlers wrote may be nested deeper than what we read: it is laid out there.
constexpr std::string_view kReadableReport = R"(
SELECT (r - '{payload,output,errors,parents}'::text[] #- '{checkpoint,data}')
           || jsonb_build_object('parents', coalesce((SELECT jsonb_agg(p - 'output')
               FROM jsonb_array_elements(r->'parents') p), '[]')),
       jsonb_pretty(r->'payload'),
       CASE jsonb_typeof(r->'output') WHEN 'null' THEN '' ELSE jsonb_pretty(r->'output') END
FROM barid.job_report($1) r)";

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

/// The database would refuse it too, in its own language and without the place.
void check_payload(const std::string& text) {
    try {
        if (parse_json(text).is_object()) return;
    } catch (const Error& e) {
        throw UsageError(fmt::format("the payload is not usable JSON: {}", e.what()));
    }
    throw UsageError(
        R"(the payload must be a JSON object, such as '{"order": 42}', not another JSON value)");
}

int run_jobs_list(const config::Settings& settings, const JobsFilter& filter) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT id, state, queue, kind, priority, attempt || '/' || max_attempts AS attempts,
                  to_char(run_at, 'YYYY-MM-DD HH24:MI:SS') AS run_at,
                  CASE WHEN state = 'running' AND progress > 0
                       THEN round(progress * 100) || ' %' ELSE '' END AS progress,
                  left(coalesce(errors->-1->>'error', ''), 60) AS last_error
           FROM barid.jobs
           WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR queue = $2)
             AND ($3::text IS NULL OR kind = $3)
           ORDER BY id DESC LIMIT $4::int)",
        pg::Params(given(filter.state), given(filter.queue), given(filter.kind), filter.limit)));
    print_result(result, filter.json);
    return static_cast<int>(Exit::ok);
}

int run_jobs_show(const config::Settings& settings, std::int64_t id, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        json ? "SELECT barid.job_report($1)::text" : kReadableReport, pg::Params(id)));
    if (result.one().is_null(0)) {
        fmt::print(stderr, "barid: there is no job {}\n", id);
        return static_cast<int>(Exit::failed);
    }
    if (json) {
        fmt::print("{}\n", result.one().text(0));
    } else {
        const json::value report = parse_json(result.one().text(0));
        fmt::print("{}", render_job_report(report.as_object(), std::string(result.one().text(1)),
                                           std::string(result.one().text(2))));
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
