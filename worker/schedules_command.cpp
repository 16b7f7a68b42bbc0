// `barid schedules …`: the SQL functions of schedules, for people and scripts.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/json.hpp"
#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

int unknown_schedule(const std::string& name) {
    fmt::print(stderr, "barid: there is no schedule {}\n", printable(name));
    return static_cast<int>(Exit::failed);
}

void add_options(CLI::App& sub, ScheduleArguments& a) {
    sub.add_option("NAME", a.name, "an existing one is changed")->required()->check(name_problem);
    sub.add_option("CRON", a.cron, "5 or 6 fields, @daily, '@every 90 seconds', …")->required();
    sub.add_option("KIND", a.kind, "the job's kind")->required()->check(name_problem);
    sub.add_option("PAYLOAD", a.payload, "a JSON object");
    sub.add_option("--tz", a.tz, "an IANA time zone such as Asia/Riyadh; UTC unless given");
    sub.add_option("--queue", a.queue, "\"default\" unless given")->check(name_problem);
    sub.add_option("--priority", a.priority, "0 (first) to 9")->check(CLI::Range(0, 9));
    sub.add_option("--max-attempts", a.max_attempts, "the queue's own unless given")
        ->check(CLI::Range(1, 1000));
    sub.add_option("--missed", a.missed,
                   "what becomes of times that passed while no worker ran: \"once\" unless given")
        ->check(CLI::IsMember({"skip", "once", "all"}));
    sub.add_option("--jitter", a.jitter, "start up to this much later, at random: '5 minutes'");
    sub.add_option("--starts-at", a.starts_at, "a timestamp");
    sub.add_option("--ends-at", a.ends_at, "a timestamp");
    sub.add_option("--unique-key", a.unique_key, "no second job while one of that key lives");
    sub.add_option("--ordering-key", a.ordering_key, "one at a time, in order");
    sub.add_option("--tag", a.tags, "may be repeated")->expected(1)->take_all();
}

struct Change {
    const char* name;
    const char* what;
    const char* sql;
    const char* done;
};

constexpr Change kChanges[] = {
    {"remove", "no longer fire; jobs that were added stay", "SELECT barid.unschedule($1)",
     "is removed"},
    {"pause", "don't fire until resumed", "SELECT barid.pause_schedule($1)", "is paused"},
    {"resume", "fire again, without making up for the pause", "SELECT barid.resume_schedule($1)",
     "runs"},
};

}  // namespace

void CommandLine::State::add_schedules() {
    CLI::App* group = app.add_subcommand("schedules", "jobs that are added at given times");
    group->require_subcommand(1);
    add_json(add(*group, "list", "when each fires next, and fired last",
                 [this](const config::Settings& s) { return run_schedules_list(s, json); }));
    const auto made = std::make_shared<ScheduleArguments>();
    CLI::App* sub = add_json(add(*group, "add", "make a schedule, or change it",
                                 [this, made](const config::Settings& s) {
                                     made->json = json;
                                     return run_schedules_add(s, *made);
                                 }));
    add_options(*sub, *made);
    const auto name = std::make_shared<std::string>();
    for (const Change& change : kChanges) {
        add_json(add(*group, change.name, change.what,
                     [this, &change, name](const config::Settings& s) {
                         return run_schedules_change(s, change.sql, change.done, *name, json);
                     }))
            ->add_option("NAME", *name)
            ->required();
    }
    add_json(
        add(*group, "run", "add its job now, paused or not",
            [this, name](const config::Settings& s) { return run_schedules_run(s, *name, json); }))
        ->add_option("NAME", *name)
        ->required();
    const auto asked = std::make_shared<PreviewArguments>();
    sub = add_json(add(*group, "preview", "the next times of a cron expression",
                       [this, asked](const config::Settings& s) {
                           asked->json = json;
                           return run_schedules_preview(s, *asked);
                       }));
    sub->add_option("CRON", asked->cron)->required();
    sub->add_option("--tz", asked->tz, "UTC unless given");
    sub->add_option("--count", asked->count, "10 unless given")->check(CLI::Range(1, 1000));
    sub->add_option("--after", asked->after, "a timestamp; now unless given");
}

int run_schedules_list(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        json
            ? R"(SELECT name, cron, tz, kind, queue, paused, barid.utc_text(next_fire) AS next_fire,
                         barid.utc_text(last_fire) AS last_fire, last_job, last_error, missed,
                         jitter::text AS jitter, barid.utc_text(starts_at) AS starts_at,
                         barid.utc_text(ends_at) AS ends_at
                  FROM barid.schedules ORDER BY name)"
            : R"(SELECT name, cron, tz, kind, queue, paused,
                         to_char(next_fire AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS next_utc,
                         to_char(last_fire AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS last_utc,
                         last_job, left(last_error, 60) AS last_error
                  FROM barid.schedules ORDER BY name)"));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

int run_schedules_add(const config::Settings& settings, const ScheduleArguments& a) {
    check_payload(a.payload);
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT to_char(barid.schedule($1, $2, $3, $4::jsonb, queue => $5, priority => $6::int,
               max_attempts => $7::int, tz => $8, missed => $9, jitter => $10::interval,
               starts_at => $11::timestamptz, ends_at => $12::timestamptz, unique_key => $13,
               ordering_key => $14, tags => nullif($15::text[], '{}')) AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"'))",
        pg::Params(a.name, a.cron, a.kind, a.payload, a.queue, a.priority, a.max_attempts, a.tz,
                   a.missed, a.jitter, given(a.starts_at), given(a.ends_at), given(a.unique_key),
                   given(a.ordering_key), a.tags)));
    const auto next = result.one().get<std::optional<std::string>>(0);
    if (a.json) {
        fmt::print("{{\"name\":{},\"next_fire\":{}}}\n", json_quote(a.name),
                   next ? json_quote(*next) : "null");
    } else if (next) {
        fmt::print("{} fires next at {}\n", a.name, *next);
    } else {
        fmt::print("{} never fires again: its end is before its next time\n", a.name);
    }
    return static_cast<int>(Exit::ok);
}

int run_schedules_change(const config::Settings& settings, const char* sql, const char* done,
                         const std::string& name, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(sql, pg::Params(name)));
    const bool found = result.one().get<bool>(0);
    if (json) {
        fmt::print("{{\"name\":{},\"done\":{}}}\n", json_quote(scrub_utf8(name)), found);
        return static_cast<int>(found ? Exit::ok : Exit::failed);
    }
    if (!found) return unknown_schedule(name);
    fmt::print("{} {}\n", name, done);
    return static_cast<int>(Exit::ok);
}

int run_schedules_run(const config::Settings& settings, const std::string& name, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        "SELECT barid.run_schedule(s.name) FROM barid.schedules s WHERE s.name = $1",
        pg::Params(name)));
    if (result.empty()) return unknown_schedule(name);
    const auto id = result.one().get<std::int64_t>(0);
    if (json)
        fmt::print("{{\"id\":{}}}\n", id);
    else
        fmt::print("{}\n", id);
    return static_cast<int>(Exit::ok);
}

int run_schedules_preview(const config::Settings& settings, const PreviewArguments& a) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS fires_at,
                  to_char(t AT TIME ZONE $2, 'Dy YYYY-MM-DD HH24:MI:SS') AS clock_shows
           FROM barid.schedule_preview($1, $2, $3::int,
                                       coalesce($4::timestamptz, clock_timestamp())) t)",
        pg::Params(a.cron, a.tz, a.count, given(a.after))));
    print_result(result, a.json);
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
