// The overview: one answer for everybody with the same reach, made at most every 1.5 s. The longer
// a part takes, the longer it is kept: beside busy workers the page's share of the server stays
// small.
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

/// How long what took so long is kept: `share` is the part of the time that it may take.
Steady::duration keep_for(Steady::duration took, int share, Steady::duration least,
                          Steady::duration most) {
    return std::clamp<Steady::duration>(took * share, least, most);
}

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
        if (age < kLeast || (known != answers_.end() && now < known->second.until) ||
            (age < 10s && asking_.contains(who))) {
            co_return json_response(known->second.body);
        }
        asking_.insert(who);
        const auto asked = std::unique_ptr<std::string, std::function<void(std::string*)>>(
            &who, [this](const std::string* name) { asking_.erase(*name); });
        std::string body = co_await make(call, reach);
        if (answers_.size() >= 200) answers_.clear();
        const auto made = Steady::now();
        answers_[who] = {
            .made = made, .until = made + keep_for(made - now, 25, kLeast, 10s), .body = body};
        co_return json_response(std::move(body));
    }

  private:
    static constexpr auto kLeast = 1500ms;
    struct Counted {
        std::int64_t completed = 0;
        std::int64_t failed = 0;
    };
    using Minute = std::map<std::string, Counted>;  // by queue
    struct Answer {
        Steady::time_point made;
        Steady::time_point until;
        std::string body;
    };

    /// Those that are over are kept; the others may still change, and are counted again when that
    /// takes no more than a two-hundredth of the time: each time all their jobs are read.
    awaitable<void> count_minutes(Call& call) {
        const auto began = Steady::now();
        if (newest_ != 0 && began < count_next_) co_return;
        count_next_ = began + 10s;  // others are content with what is known
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
        open_minutes_.clear();
        for (const pg::Row row : result) {
            newest_ = row.get<std::int64_t>(5);
            const auto minute = row.get<std::int64_t>(0);
            auto& counts = row.get<bool>(4) ? minutes_[minute] : open_minutes_[minute];
            counts[row.get<std::string>(1)] = {.completed = row.get<std::int64_t>(2),
                                               .failed = row.get<std::int64_t>(3)};
        }
        minutes_.erase(minutes_.begin(), minutes_.lower_bound(newest_ - 60));
        // While the hour isn't complete, the rest of it comes soon.
        const bool complete = minutes_.size() + open_minutes_.size() >= 60;
        const auto now = Steady::now();
        count_next_ = now + keep_for(now - began, complete ? 200 : 25, 0s, 30s);
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

    /// All but the throughput. On a busy server what the last answer said of the oldest due jobs
    /// saves this one the look from the very beginning; that is taken again after 200 times as long
    /// as it took.
    awaitable<std::string> ask(Call& call, const JobReach& reach) {
        const auto began = Steady::now();
        const bool from_beginning = began >= beginning_next_;
        if (from_beginning) beginning_next_ = began + 1min;
        const auto result = co_await call.sql(
            R"(SELECT (o.document || jsonb_build_object('workers', (
                          SELECT jsonb_build_object('count', count(*),
                              'claimed', coalesce(sum(w.claimed), 0))
                          FROM barid.admin_workers($1::text[]) w)))::text, o.oldest::text
               FROM barid.admin_overview($1::text[], $2, $3::jsonb) o)",
            pg::Params(reach.view, reach.data,
                       from_beginning ? std::nullopt : std::optional(oldest_)));
        const pg::Row row = result.one();
        oldest_ = row.text(1);
        if (from_beginning) {
            const auto now = Steady::now();
            beginning_next_ = now + keep_for(now - began, 200, 1min, 5min);
        }
        co_return std::string(row.text(0));
    }

    awaitable<std::string> make(Call& call, const JobReach& reach) {
        std::string rest = co_await ask(call, reach);
        co_await count_minutes(call);
        std::string throughput;
        for (std::int64_t minute = newest_ - 59; minute <= newest_; ++minute) {
            if (!throughput.empty()) throughput += ',';
            const auto over = minutes_.find(minute);
            const auto open = open_minutes_.find(minute);
            throughput += minute_text(minute,
                                      over != minutes_.end()        ? &over->second
                                      : open != open_minutes_.end() ? &open->second
                                                                    : nullptr,
                                      reach);
        }
        co_return fmt::format(R"({{"throughput":[{}],{})", throughput, rest.substr(1));
    }

    std::map<std::int64_t, Minute> minutes_;  // since 1970
    std::map<std::int64_t, Minute> open_minutes_;
    std::int64_t newest_ = 0;
    Steady::time_point count_next_{};
    std::string oldest_ = "{}";  // of each queue, as the database gave it
    Steady::time_point beginning_next_{};
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
                .summary = "How the queues are: at most 1.5 seconds old, on a busy server ten.",
                .permission = Permission::jobs_view,
                .answer = "Overview",
                .handler = [overview = std::make_shared<Overview>()](Call& call) {
                    return overview->answer(call);
                }});
}

}  // namespace barid::api
