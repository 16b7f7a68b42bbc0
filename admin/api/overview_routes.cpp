// The overview: one answer for everybody with the same reach, made at most every 1.5 s.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <set>

#include "admin/api/call.hpp"
#include "admin/api/job_reach.hpp"
#include "base/text.hpp"

namespace barid::api {
namespace {

using access::Permission;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::string_view kOverview = R"({"type": "object", "properties": {
    "at": {"type": "string"},
    "counts": {"type": "object", "properties": {
        "due": {"$ref": "#/components/schemas/CappedCount"},
        "running": {"$ref": "#/components/schemas/CappedCount"},
        "later": {"$ref": "#/components/schemas/CappedCount"},
        "parked": {"$ref": "#/components/schemas/CappedCount"},
        "dead": {"$ref": "#/components/schemas/CappedCount"}}},
    "oldest_due_seconds": {"type": ["number", "null"]},
    "throughput": {"type": "array", "description": "the last 60 minutes, the oldest first",
        "items": {"type": "object", "properties": {
            "at": {"type": "string"},
            "completed": {"type": ["integer", "null"], "description": "null: not counted yet"},
            "failed": {"type": ["integer", "null"]}}}},
    "latency": {"$ref": "#/components/schemas/Percentiles"},
    "duration": {"$ref": "#/components/schemas/Percentiles"},
    "failures": {"type": "array", "description": "of a day, by what the error says",
        "items": {"type": "object", "properties": {
            "kind": {"type": "string"},
            "error_class": {"type": "string", "description": "numbers, ids and quotes left out"},
            "count": {"type": "integer"}, "last_at": {"type": "string"},
            "job_id": {"type": "integer", "description": "the newest of them"}}}},
    "kinds": {"type": "array", "items": {"type": "object", "properties": {
        "kind": {"type": "string"}, "completed": {"type": "integer"},
        "failed": {"type": "integer"}, "p50_ms": {"type": ["number", "null"]},
        "p95_ms": {"type": ["number", "null"]}}}},
    "workers": {"type": "object", "properties": {
        "count": {"type": "integer"}, "claimed": {"type": "integer"}}},
    "queues": {"type": "array", "items": {"type": "object", "properties": {
        "name": {"type": "string"}, "paused": {"type": "boolean"}, "due": {"type": "integer"},
        "oldest_due_seconds": {"type": ["number", "null"]}}}}}})";

/// What this process knows of minutes that are over (they don't change any more), and its newest
/// answers. Bounded: an hour, and as many answers as there are kinds of callers, 200 at most.
class Overview {
  public:
    awaitable<web::Response> answer(Call& call) {
        const JobReach reach(call);
        std::string who = reach.data ? "d" : "m";
        // By length, so that no queue's name can be taken for two, or for all of them.
        if (!reach.view) who += '*';
        for (const auto& queue : reach.view.value_or(std::vector<std::string>())) {
            who += fmt::format("{}:{}", queue.size(), queue);
        }
        const auto now = Steady::now();
        const auto known = answers_.find(who);
        const auto age = known == answers_.end() ? 1h : now - known->second.made;
        // While one caller asks the database, the others get what was true a moment ago.
        if (age < 1500ms || (age < 10s && asking_.contains(who))) {
            co_return json_response(known->second.body);
        }
        asking_.insert(who);
        const auto asked = std::unique_ptr<std::string, std::function<void(std::string*)>>(
            &who, [this](const std::string* name) { asking_.erase(*name); });
        std::string body = co_await make(call, reach);
        if (answers_.size() >= 200) answers_.clear();
        answers_[who] = {.made = Steady::now(), .body = body};
        co_return json_response(std::move(body));
    }

  private:
    struct Counted {
        std::int64_t completed = 0;
        std::int64_t failed = 0;
    };
    using Minute = std::map<std::string, Counted>;  // by queue
    struct Answer {
        Steady::time_point made;
        std::string body;
    };

    /// `current` minutes may still change; those that are over are kept.
    awaitable<std::int64_t> count_minutes(Call& call, std::map<std::int64_t, Minute>& current) {
        std::vector<std::int64_t> known;
        for (const auto& [minute, counts] : minutes_) known.push_back(minute);
        const auto result = co_await call.sql(
            R"(WITH w AS (
                   SELECT date_trunc('minute', now()) - i * interval '1 minute' AS minute, i
                   FROM generate_series(0, 59) i)
               SELECT (extract(epoch FROM m.minute) / 60)::bigint, m.queue, m.completed, m.failed,
                      m.minute + interval '70 seconds' < now(),
                      (extract(epoch FROM date_trunc('minute', now())) / 60)::bigint
               FROM barid.admin_minutes(ARRAY(
                   SELECT w.minute FROM w
                   WHERE (extract(epoch FROM w.minute) / 60)::bigint <> ALL ($1::bigint[])
                   ORDER BY w.i)) m)",
            pg::Params(known));
        std::int64_t newest = 0;
        for (const pg::Row row : result) {
            newest = row.get<std::int64_t>(5);
            const auto minute = row.get<std::int64_t>(0);
            auto& counts = row.get<bool>(4) ? minutes_[minute] : current[minute];
            counts[row.get<std::string>(1)] = {.completed = row.get<std::int64_t>(2),
                                               .failed = row.get<std::int64_t>(3)};
        }
        minutes_.erase(minutes_.begin(), minutes_.lower_bound(newest - 60));
        co_return newest;
    }

    static std::string minute_text(std::int64_t minute, const Minute* counts,
                                   const JobReach& reach) {
        const auto at = fmt::format("{:%Y-%m-%dT%H:%M:%S}.000000Z",
                                    fmt::gmtime(static_cast<std::time_t>(minute * 60)));
        if (counts == nullptr) {
            return fmt::format(R"({{"at":"{}","completed":null,"failed":null}})", at);
        }
        Counted sum;
        for (const auto& [queue, counted] : *counts) {
            if (!includes(reach.view, queue)) continue;
            sum.completed += counted.completed;
            sum.failed += counted.failed;
        }
        return fmt::format(R"({{"at":"{}","completed":{},"failed":{}}})", at, sum.completed,
                           sum.failed);
    }

    awaitable<std::string> make(Call& call, const JobReach& reach) {
        std::string rest = co_await call.document("overview",
                                                  R"(SELECT (barid.admin_overview($1::text[], $2)
                                       || jsonb_build_object('workers', (
                                           SELECT jsonb_build_object('count', count(*),
                                               'claimed', coalesce(sum(w.claimed), 0))
                                           FROM barid.admin_workers($1::text[]) w)))::text)",
                                                  pg::Params(reach.view, reach.data));
        std::map<std::int64_t, Minute> current;
        const std::int64_t newest = co_await count_minutes(call, current);
        std::string throughput;
        for (std::int64_t minute = newest - 59; minute <= newest; ++minute) {
            if (!throughput.empty()) throughput += ',';
            const auto over = minutes_.find(minute);
            const auto open = current.find(minute);
            throughput += minute_text(minute,
                                      over != minutes_.end()  ? &over->second
                                      : open != current.end() ? &open->second
                                                              : nullptr,
                                      reach);
        }
        co_return fmt::format(R"({{"throughput":[{}],{})", throughput, rest.substr(1));
    }

    std::map<std::int64_t, Minute> minutes_;  // since 1970
    std::map<std::string, Answer> answers_;
    std::set<std::string> asking_;
};

}  // namespace

void add_overview(Routes& routes) {
    routes.schema("CappedCount", R"({"type": "object", "properties": {
        "count": {"type": "integer"}, "capped": {"type": "boolean"}}})");
    routes.schema("Percentiles", R"({"type": "object",
        "description": "of jobs that finished within the hour; latency is from due to start",
        "properties": {"p50_ms": {"type": ["number", "null"]},
            "p95_ms": {"type": ["number", "null"]}, "p99_ms": {"type": ["number", "null"]}}})");
    routes.schema("Overview", kOverview);
    routes.add({.method = "GET",
                .path = "/overview",
                .operation = "showOverview",
                .tag = "overview",
                .summary = "How the queues are: at most 1.5 seconds old.",
                .permission = Permission::jobs_view,
                .answer = "Overview",
                .handler = [overview = std::make_shared<Overview>()](Call& call) {
                    return overview->answer(call);
                }});
}

}  // namespace barid::api
