// `barid jobs retry|cancel|run-now|reschedule|priority|snooze|forget|lineage`: operators' actions,
// on jobs by id or by filter.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/json.hpp"
#include "base/text.hpp"
#include "queue/pg/error.hpp"
#include "worker/command_line_state.hpp"
#include "worker/control_command.hpp"
#include "worker/table.hpp"

namespace barid::worker {

struct JobsAction {
    const char* command;
    const char* what;
    const char* bulk;      ///< the action of barid.bulk
    const char* single;    ///< for one id
    const char* argument;  ///< the action's argument in bulk, or null
    const char* option;    ///< and on the command line
    const char* meaning;   ///< the option's help
    bool required;
    const char* done;      ///< of one job: "7 …"
    const char* past;      ///< of several: "12 jobs …"
    const char* hindered;  ///< "job 7 cannot be …"
};

namespace {

constexpr int kBatch = 1000;

constexpr JobsAction kActions[] = {
    {"retry", "run failed or cancelled jobs again, waiting ones now", "retry",
     "SELECT barid.retry($1)", nullptr, nullptr, nullptr, false, "runs again", "retried",
     "retried: it completed, runs, or does not exist"},
    {"cancel", "cancel waiting or running jobs", "cancel", "SELECT barid.cancel($1, $2)", "reason",
     "--reason", "kept as the last error", false, "is cancelled", "cancelled",
     "cancelled: it is finished or does not exist"},
    {"run-now", "start waiting jobs now", "run_now", "SELECT barid.run_now($1)", nullptr, nullptr,
     nullptr, false, "starts now", "started", "started: it runs, is finished, or does not exist"},
    {"reschedule", "give waiting jobs another start", "reschedule",
     "SELECT barid.reschedule($1, $2::timestamptz)", "run_at", "--to", "a timestamp", true,
     "is rescheduled", "rescheduled", "rescheduled: it runs, is finished, or does not exist"},
    {"priority", "change the priority of live jobs", "set_priority",
     "SELECT barid.set_priority($1, $2::int)", "priority", "--to", "0 (first) to 9", true,
     "has the new priority", "changed", "changed: it is finished or does not exist"},
    {"snooze", "let waiting jobs wait longer", "snooze", "SELECT barid.snooze($1, $2::interval)",
     "pause", "--by", "an interval", true, "is snoozed", "snoozed",
     "snoozed: it runs, is finished, or does not exist"},
};

pg::Result change_one(CommandSession& session, const ControlArguments& arguments, std::int64_t id) {
    pg::Params params(id);
    if (arguments.action->argument != nullptr) {
        params.add(arguments.value.empty() ? std::string("cancelled") : arguments.value);
    }
    return session.run(session.pool.execute(arguments.action->single, std::move(params)));
}

int change_by_id(CommandSession& session, const ControlArguments& arguments) {
    bool all = true;
    for (const std::int64_t id : arguments.filter.ids) {
        std::string hindered = arguments.action->hindered;
        bool done = false;
        try {
            done = change_one(session, arguments, id).one().get<bool>(0);
        } catch (const pg::Error& e) {
            if (!e.is("23505")) throw;
            hindered = "retried: its unique key is taken by a live job";
        }
        all = all && done;
        if (arguments.json) {
            fmt::print("{{\"id\":{},\"done\":{}}}\n", id, done);
        } else if (done) {
            fmt::print("{} {}\n", id, arguments.action->done);
        } else {
            fmt::print(stderr, "barid: job {} cannot be {}\n", id, hindered);
        }
    }
    return static_cast<int>(all ? Exit::ok : Exit::failed);
}

std::string action_arguments(const ControlArguments& arguments) {
    json::object object;
    if (!arguments.value.empty()) object[arguments.action->argument] = arguments.value;
    return json::serialize(object);
}

}  // namespace

void print_preview(const pg::Row& row, bool json) {
    const auto total = row.get<std::int64_t>(5);
    const bool capped = total > 100'000;
    if (json) {
        fmt::print("{{\"preview\":true,\"total\":{},\"capped\":{}}}\n",
                   std::min<std::int64_t>(total, 100'000), capped);
    } else if (capped) {
        fmt::print("more than 100,000 jobs match\n");
    } else {
        fmt::print("{} {} match\n", total, total == 1 ? "job" : "jobs");
    }
}

int print_change(const BulkChange& change, std::string_view past, bool json) {
    if (json) {
        fmt::print("{{\"matched\":{},\"changed\":{},\"skipped\":{},\"more\":{}}}\n", change.matched,
                   change.changed, change.skipped, change.more);
    } else {
        fmt::print("{} {} {}\n", change.changed, change.changed == 1 ? "job" : "jobs", past);
        if (change.skipped > 0) {
            fmt::print(stderr,
                       "barid: {} were left out: in use at that moment, or their unique key is "
                       "taken{}\n",
                       change.skipped, change.example.empty() ? "" : " (" + change.example + ")");
        }
        if (change.more) fmt::print(stderr, "barid: more match: run it again, or raise --limit\n");
    }
    return static_cast<int>(change.skipped > 0 ? Exit::failed : Exit::ok);
}

void add_up(BulkChange& change, const pg::Row& row) {
    change.matched += row.get<std::int64_t>(0);
    change.changed += row.get<std::int64_t>(1);
    change.skipped += row.get<std::int64_t>(2);
    change.more = row.get<bool>(3);
    if (const auto last = row.get<std::optional<std::int64_t>>(4)) change.last_id = *last;
}

std::string continued(const std::string& filter, std::int64_t last_id) {
    json::value value = parse_json(filter);
    value.as_object()["after_id"] = last_id;
    return json::serialize(value);
}

BulkChange bulk(CommandSession& session, const std::string& action, const std::string& filter,
                const std::string& arguments, std::int64_t limit) {
    BulkChange change;
    do {
        const auto batch = std::min<std::int64_t>(kBatch, limit - change.matched);
        const pg::Result result = session.run(session.pool.execute(
            R"(SELECT matched, changed, skipped, more, last_id, array_to_string(skipped_ids, ', ')
               FROM barid.bulk($1, $2::jsonb, $3::jsonb, $4::int))",
            pg::Params(action, change.matched == 0 ? filter : continued(filter, change.last_id),
                       arguments, batch)));
        const pg::Row row = result.one();
        add_up(change, row);
        if (change.example.empty()) change.example = row.text(5);
    } while (change.more && change.matched < limit);
    return change;
}

int run_jobs_change(const config::Settings& settings, const ControlArguments& arguments) {
    const std::string filter = filter_json(arguments.filter);
    FilterOptions others = arguments.filter;
    others.ids.clear();
    const bool by_id = !arguments.filter.ids.empty();
    if (by_id && !others.empty()) throw UsageError("give ids or a filter, not both");
    CommandSession session(settings);
    if (by_id && !arguments.preview) return change_by_id(session, arguments);
    const std::string action = arguments.action->bulk;
    if (arguments.preview) {
        const pg::Result result = session.run(session.pool.execute(
            "SELECT * FROM barid.bulk($1, $2::jsonb, $3::jsonb, preview => true)",
            pg::Params(action, filter, action_arguments(arguments))));
        print_preview(result.one(), arguments.json);
        return static_cast<int>(Exit::ok);
    }
    return print_change(bulk(session, action, filter, action_arguments(arguments), arguments.limit),
                        arguments.action->past, arguments.json);
}

int run_jobs_forget(const config::Settings& settings, const std::string& tag, bool json) {
    CommandSession session(settings);
    std::int64_t cancelled = 0;
    std::int64_t running = 0;
    std::int64_t erased = 0;
    bool more = true;
    while (more) {
        const pg::Result result = session.run(session.pool.execute(
            "SELECT cancelled, running, erased, more FROM barid.forget($1)", pg::Params(tag)));
        const pg::Row row = result.one();
        cancelled += row.get<std::int64_t>(0);
        running = row.get<std::int64_t>(1);
        erased += row.get<std::int64_t>(2);
        // Running ones are met again and again until they have ended: that is the workers' part.
        more = row.get<bool>(3) && row.get<std::int64_t>(0) + row.get<std::int64_t>(2) > 0;
    }
    if (json) {
        fmt::print("{{\"cancelled\":{},\"erased\":{},\"running\":{}}}\n", cancelled, erased,
                   running);
    } else {
        fmt::print("{} waiting jobs cancelled and erased, {} finished ones erased\n", cancelled,
                   erased);
        if (running > 0) {
            fmt::print("{} running: asked to stop, erased when they have ended\n", running);
        }
    }
    return static_cast<int>(Exit::ok);
}

int run_jobs_lineage(const config::Settings& settings, std::int64_t id, bool json) {
    CommandSession session(settings);
    const pg::Result result =
        session.run(session.pool.execute(json ? "SELECT * FROM barid.lineage($1)"
                                              : R"(SELECT job_id, role, state, queue, kind, attempt,
                         to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') AS created_at,
                         left(coalesce(error, ''), 60) AS error FROM barid.lineage($1))",
                                         pg::Params(id)));
    if (result.empty()) {
        fmt::print(stderr, "barid: there is no job {}\n", id);
        return static_cast<int>(Exit::failed);
    }
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

void add_bulk_options(CLI::App& command, ControlArguments& arguments) {
    add_filter_options(command, arguments.filter);
    command.add_option("--limit", arguments.limit, "at most so many; 1000 unless given")
        ->check(CLI::Range(1, 100'000'000));
    command.add_flag("--preview", arguments.preview, "only count them");
}

void CommandLine::State::add_control() {
    CLI::App* group = app.get_subcommand("jobs");
    for (const JobsAction& action : kActions) {
        auto arguments = std::make_shared<ControlArguments>();
        arguments->action = &action;
        CLI::App* sub = add_json(add(*group, action.command, action.what,
                                     [this, arguments](const config::Settings& settings) {
                                         arguments->json = json;
                                         return run_jobs_change(settings, *arguments);
                                     }));
        add_bulk_options(*sub, *arguments);
        if (action.option == nullptr) continue;
        CLI::Option* option = sub->add_option(action.option, arguments->value, action.meaning);
        if (action.required) option->required();
        if (action.bulk == std::string_view("set_priority")) option->check(CLI::Range(0, 9));
    }
    auto tag = std::make_shared<std::string>();
    CLI::App* forget = add_json(add(*group, "forget", "erase what the jobs with a tag carry",
                                    [this, tag](const config::Settings& settings) {
                                        return run_jobs_forget(settings, *tag, json);
                                    }));
    forget->add_option("--tag", *tag, "such as user:42")->required();
    CLI::App* lineage = add_json(add(*group, "lineage",
                                     "what became of a job: its dead letters and where they went",
                                     [this](const config::Settings& settings) {
                                         return run_jobs_lineage(settings, ids.front(), json);
                                     }));
    lineage->add_option("ID", ids)->required()->expected(1)->check(id_problem);
}

}  // namespace barid::worker
