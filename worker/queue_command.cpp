// `barid queues pause|resume|set|show`, `barid kinds …` and `barid dead …`: how queues behave, and
// what becomes of the jobs that failed for good.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/json.hpp"
#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/control_command.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

/// "retention=3 days", "redact=email,phone", "concurrency=default".
std::string settings_json(const std::vector<std::string>& words) {
    json::object object;
    for (const std::string& word : words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw UsageError(fmt::format("\"{}\" is no setting: write key=value", word));
        }
        const std::string key = word.substr(0, equals);
        const std::string value = word.substr(equals + 1);
        if (value.empty() || value == "default") {
            object[key] = nullptr;
        } else if (key == "redact") {
            json::array keys;
            for (std::size_t from = 0; from <= value.size();) {
                const auto comma = std::min(value.find(',', from), value.size());
                if (comma > from) keys.emplace_back(value.substr(from, comma - from));
                from = comma + 1;
            }
            object[key] = std::move(keys);
        } else {
            object[key] = value;
        }
    }
    return json::serialize(object);
}

void print_queue(CommandSession& session, const std::string& name, bool json) {
    const pg::Result result = session.run(session.pool.execute(
        json ? "SELECT (to_jsonb(q) - 'limited')::text FROM barid.queue q WHERE name = $1"
             : R"(SELECT e.key AS setting, coalesce(e.value, '') AS value
                  FROM barid.queue q, jsonb_each_text(to_jsonb(q) - 'limited') e
                  WHERE q.name = $1 ORDER BY e.key)",
        pg::Params(name)));
    if (json)
        fmt::print("{}\n", result.one().text(0));
    else
        print_result(result, false);
}

int run_queues_set(const config::Settings& settings, const std::string& name,
                   const std::vector<std::string>& words, bool json) {
    const std::string wanted = settings_json(words);
    CommandSession session(settings);
    session.run(
        session.pool.execute("SELECT barid.set_queue($1, $2::jsonb)", pg::Params(name, wanted)));
    print_queue(session, name, json);
    return static_cast<int>(Exit::ok);
}

int run_queues_show(const config::Settings& settings, const std::string& name, bool json) {
    CommandSession session(settings);
    const pg::Result found = session.run(
        session.pool.execute("SELECT 1 FROM barid.queue WHERE name = $1", pg::Params(name)));
    if (found.empty()) {
        fmt::print(stderr,
                   "barid: the queue {} has no settings of its own: `barid queues set {} "
                   "key=value` gives it some\n",
                   name, name);
        return static_cast<int>(Exit::failed);
    }
    print_queue(session, name, json);
    return static_cast<int>(Exit::ok);
}

int run_queues_change(const config::Settings& settings, const std::string& function,
                      const std::string& queue, bool json) {
    CommandSession session(settings);
    session.run(session.pool.execute(
        function == "pause" ? "SELECT barid.pause($1)" : "SELECT barid.resume($1)",
        pg::Params(queue)));
    if (json)
        fmt::print("{{\"queue\":{},\"paused\":{}}}\n", json_quote(queue), function == "pause");
    else
        fmt::print("{} {}\n", queue, function == "pause" ? "is paused" : "runs");
    return static_cast<int>(Exit::ok);
}

int run_kinds_list(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     "SELECT kind, paused, waiting, held, running FROM barid.kinds ORDER BY kind")),
                 json);
    return static_cast<int>(Exit::ok);
}

int run_kinds_change(const config::Settings& settings, const std::string& function,
                     const std::string& kind, bool json) {
    CommandSession session(settings);
    std::int64_t freed = 0;
    if (function == "pause") {
        session.run(session.pool.execute("SELECT barid.pause_kind($1)", pg::Params(kind)));
    } else {
        for (std::int64_t step = 1; step > 0; freed += step) {  // each a transaction of its own
            step =
                session.run(session.pool.execute("SELECT barid.resume_kind($1)", pg::Params(kind)))
                    .one()
                    .get<std::int64_t>(0);
        }
    }
    if (json) {
        fmt::print("{{\"kind\":{},\"paused\":{},\"freed\":{}}}\n", json_quote(kind),
                   function == "pause", freed);
    } else if (function == "pause") {
        fmt::print("{} is paused\n", kind);
    } else {
        fmt::print("{} runs; {} parked jobs are due again\n", kind, freed);
    }
    return static_cast<int>(Exit::ok);
}

int run_dead_list(const config::Settings& settings, const std::string& queue,
                  const std::string& kind, int limit, bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     R"(SELECT id, queue, origin_queue, origin_id, kind, state,
                      to_char(died_at, 'YYYY-MM-DD HH24:MI:SS') AS died_at,
                      left(coalesce(error, ''), 60) AS error
               FROM barid.dead_letters
               WHERE ($1 = '' OR queue = $1) AND ($2 = '' OR kind = $2)
               ORDER BY id DESC LIMIT $3::int)",
                     pg::Params(queue, kind, limit))),
                 json);
    return static_cast<int>(Exit::ok);
}

/// The filter, for dead letters only.
std::string dead_filter(const ControlArguments& arguments) {
    json::value filter = parse_json(filter_json(arguments.filter));
    filter.as_object()["dead"] = true;
    return json::serialize(filter);
}

int run_dead_redrive(const config::Settings& settings, const ControlArguments& arguments,
                     const std::string& rate, const std::string& to_queue) {
    const std::string filter = dead_filter(arguments);
    const auto given = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional(text);
    };
    CommandSession session(settings);
    BulkChange change;
    std::optional<std::string> start;
    do {
        const auto batch = std::min<std::int64_t>(1000, arguments.limit - change.matched);
        const pg::Result result = session.run(session.pool.execute(
            R"(SELECT matched, changed, skipped, more, last_id, total, next_start
               FROM barid.redrive($1::jsonb, $2::int, $3::numeric, $4::bool, $5, $6::timestamptz))",
            pg::Params(change.matched == 0 ? filter : continued(filter, change.last_id), batch,
                       given(rate), arguments.preview, given(to_queue), start)));
        const pg::Row row = result.one();
        if (arguments.preview) {
            print_preview(row, arguments.json);
            return static_cast<int>(Exit::ok);
        }
        add_up(change, row);
        start = std::string(row.text(6));
    } while (change.more && change.matched < arguments.limit);
    return print_change(change, "sent back", arguments.json);
}

int run_dead_discard(const config::Settings& settings, const ControlArguments& arguments) {
    const std::string filter = dead_filter(arguments);
    CommandSession session(settings);
    const std::string reason = R"({"reason": "discarded"})";
    if (arguments.preview) {
        print_preview(session
                          .run(session.pool.execute(
                              "SELECT * FROM barid.bulk('cancel', $1::jsonb, preview => true)",
                              pg::Params(filter)))
                          .one(),
                      arguments.json);
        return static_cast<int>(Exit::ok);
    }
    return print_change(bulk(session, "cancel", filter, reason, arguments.limit), "discarded",
                        arguments.json);
}

}  // namespace

void CommandLine::State::add_queue_settings() {
    CLI::App* group = app.get_subcommand("queues");
    for (const char* function : {"pause", "resume"}) {
        CLI::App* change = add_json(
            add(*group, function,
                function == std::string("pause") ? "claim no more jobs of a queue, anywhere"
                                                 : "claim a queue's jobs again",
                [this, function](const config::Settings& settings) {
                    return run_queues_change(settings, function, queue, json);
                }));
        change->add_option("QUEUE", queue)->required()->check(name_problem);
    }
    auto words = std::make_shared<std::vector<std::string>>();
    CLI::App* set = add_json(add(*group, "set", "create a queue or change its settings",
                                 [this, words](const config::Settings& settings) {
                                     return run_queues_set(settings, queue, *words, json);
                                 }));
    set->add_option("QUEUE", queue)->required()->check(name_problem);
    set->add_option("KEY=VALUE", *words, "such as retention='3 days'; key=default puts it back")
        ->required()
        ->expected(1, 100);
    CLI::App* show = add_json(
        add(*group, "show", "a queue's settings", [this](const config::Settings& settings) {
            return run_queues_show(settings, queue, json);
        }));
    show->add_option("QUEUE", queue)->required()->check(name_problem);
}

void CommandLine::State::add_kinds() {
    CLI::App* group = app.add_subcommand("kinds", "list, pause or resume kinds of jobs");
    group->require_subcommand(1);
    add_json(
        add(*group, "list", "the kinds of live jobs, and those that are paused",
            [this](const config::Settings& settings) { return run_kinds_list(settings, json); }));
    auto kind = std::make_shared<std::string>();
    for (const char* function : {"pause", "resume"}) {
        CLI::App* change =
            add_json(add(*group, function,
                         function == std::string("pause") ? "start no more jobs of a kind, anywhere"
                                                          : "start a kind's jobs again",
                         [this, function, kind](const config::Settings& settings) {
                             return run_kinds_change(settings, function, *kind, json);
                         }));
        change->add_option("KIND", *kind)->required()->check(name_problem);
    }
}

void CommandLine::State::add_dead() {
    CLI::App* group = app.add_subcommand("dead", "list, send back or discard dead letters");
    group->require_subcommand(1);
    auto arguments = std::make_shared<ControlArguments>();
    auto kind = std::make_shared<std::string>();
    auto limit = std::make_shared<int>(50);
    CLI::App* list = add_json(add(*group, "list", "the newest dead letters",
                                  [this, kind, limit](const config::Settings& settings) {
                                      return run_dead_list(settings, queue, *kind, *limit, json);
                                  }));
    list->add_option("--queue", queue, "in this dead-letter queue only");
    list->add_option("--kind", *kind, "of this kind only");
    list->add_option("--limit", *limit, "50 unless given")->check(CLI::Range(1, 1000));

    auto rate = std::make_shared<std::string>();
    auto to_queue = std::make_shared<std::string>();
    CLI::App* redrive =
        add_json(add(*group, "redrive", "send dead letters back to where they came from",
                     [this, arguments, rate, to_queue](const config::Settings& settings) {
                         arguments->json = json;
                         return run_dead_redrive(settings, *arguments, *rate, *to_queue);
                     }));
    add_bulk_options(*redrive, *arguments);
    redrive->add_option("--rate", *rate, "so many a second")->check(CLI::PositiveNumber);
    redrive->add_option("--to", *to_queue, "to this queue instead")->check(name_problem);

    auto discarded = std::make_shared<ControlArguments>();
    CLI::App* discard = add_json(add(*group, "discard", "end dead letters for good",
                                     [this, discarded](const config::Settings& settings) {
                                         discarded->json = json;
                                         return run_dead_discard(settings, *discarded);
                                     }));
    add_bulk_options(*discard, *discarded);
    for (const auto& [sub, target] :
         {std::pair(redrive, arguments), std::pair(discard, discarded)}) {
        sub->add_option("--origin", target->filter.texts["origin_queue"],
                        "that came from this queue");
    }
}

}  // namespace barid::worker
