// `barid enqueue`, `barid batches …` and `barid keys …`: what producers call, from a terminal.
#include <fmt/format.h>

#include <cstdio>

#include "base/json.hpp"
#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

void check_jobs(const std::string& text) {
    try {
        if (parse_json(text).is_array()) return;
    } catch (const Error& e) {
        throw UsageError(fmt::format("the jobs are not usable JSON: {}", e.what()));
    }
    throw UsageError(
        R"(the jobs must be a JSON array, such as '[{"kind": "image.process", "payload": {}}]')");
}

}  // namespace

int run_enqueue(const config::Settings& settings, const EnqueueArguments& arguments) {
    check_payload(arguments.payload);
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT id, outcome FROM barid.try_enqueue($1, $2::jsonb, queue => $3,
               priority => $4::int, run_at => $5::timestamptz, delay => $6::interval,
               max_attempts => $7::int, unique_key => $8, ordering_key => $9,
               unique_while => coalesce($10, 'finished'), on_conflict => coalesce($11, 'keep'),
               throttle => $12::interval, debounce => $13::interval, limit_key => $14,
               after => nullif($15::bigint[], '{}'),
               on_parent_failure => coalesce($16, 'cancel'), batch_id => $17::bigint))",
        pg::Params(arguments.kind, arguments.payload, arguments.queue, arguments.priority,
                   given(arguments.run_at), given(arguments.delay), arguments.max_attempts,
                   given(arguments.unique_key), given(arguments.ordering_key),
                   given(arguments.unique_while), given(arguments.on_conflict),
                   given(arguments.throttle), given(arguments.debounce), given(arguments.limit_key),
                   arguments.after, given(arguments.on_parent_failure), arguments.batch)));
    const pg::Row row = result.one();
    if (arguments.json)
        fmt::print("{{\"id\":{},\"outcome\":\"{}\"}}\n", row.text(0), row.text(1));
    else
        fmt::print("{}\n", row.text(0));
    if (!arguments.json && row.text(1) != "inserted") {
        fmt::print(stderr, "barid: {}: job {} stands for this request\n", row.text(1), row.text(0));
    }
    return static_cast<int>(Exit::ok);
}

int run_batches_add(const config::Settings& settings, const BatchArguments& arguments) {
    check_jobs(arguments.jobs);
    for (const std::string& callback :
         {arguments.on_success, arguments.on_failure, arguments.on_finished}) {
        if (!callback.empty()) check_payload(callback);
    }
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        "SELECT barid.enqueue_batch($1::jsonb, $2, $3::jsonb, $4::jsonb, $5::jsonb)",
        pg::Params(arguments.jobs, arguments.name, given(arguments.on_success),
                   given(arguments.on_failure), given(arguments.on_finished))));
    if (arguments.json)
        fmt::print("{{\"batch\":{}}}\n", result.one().text(0));
    else
        fmt::print("{}\n", result.one().text(0));
    return static_cast<int>(Exit::ok);
}

int run_batches_list(const config::Settings& settings, int limit, bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     R"(SELECT id, name,
                               CASE WHEN finished_at IS NOT NULL THEN 'finished'
                                    WHEN closed_at IS NOT NULL THEN 'closed'
                                    ELSE 'open' END AS state,
                               total, live, completed, failed, cancelled,
                               to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') AS created_at
                        FROM barid.batches ORDER BY id DESC LIMIT $1::int)",
                     pg::Params(limit))),
                 json);
    return static_cast<int>(Exit::ok);
}

int run_keys_list(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     R"(SELECT s.ordering_key, s.job_id AS failed_job,
                               (SELECT count(*) FROM (SELECT 1 FROM barid.jobs j
                                WHERE j.ordering_key = s.ordering_key AND j.state = 'parked'
                                LIMIT 10001) w) AS waiting
                        FROM barid.ordering_slot s WHERE s.blocked
                        ORDER BY 1 LIMIT 1000)")),
                 json);
    return static_cast<int>(Exit::ok);
}

int run_keys_unblock(const config::Settings& settings, const std::string& key, bool json) {
    CommandSession session(settings);
    const bool done =
        session.run(session.pool.execute("SELECT barid.unblock_key($1)", pg::Params(key)))
            .one()
            .get<bool>(0);
    if (json)
        fmt::print("{{\"key\":{},\"unblocked\":{}}}\n", json_quote(key), done);
    else if (done)
        fmt::print("{} goes on\n", key);
    else
        fmt::print(stderr, "barid: the ordering key {} is not blocked by a failure\n", key);
    return static_cast<int>(done ? Exit::ok : Exit::failed);
}

void CommandLine::State::add_enqueue() {
    CLI::App* sub =
        add_json(add(app, "enqueue", "add a job", [this](const config::Settings& settings) {
            enqueue.json = json;
            return run_enqueue(settings, enqueue);
        }));
    sub->add_option("KIND", enqueue.kind, "the job's kind, such as notify.send")
        ->required()
        ->check(name_problem);
    sub->add_option("PAYLOAD", enqueue.payload, "a JSON object");
    sub->add_option("--queue", enqueue.queue, "\"default\" unless given")->check(name_problem);
    sub->add_option("--priority", enqueue.priority, "0 (first) to 9")->check(CLI::Range(0, 9));
    sub->add_option("--run-at", enqueue.run_at, "a timestamp");
    sub->add_option("--delay", enqueue.delay, "an interval, such as '5 minutes'");
    sub->add_option("--max-attempts", enqueue.max_attempts, "the queue's own unless given")
        ->check(CLI::Range(1, 1000));
    sub->add_option("--unique-key", enqueue.unique_key, "at most one live job of that key");
    sub->add_option("--unique-while", enqueue.unique_while, "how long the key is taken")
        ->check(CLI::IsMember({"finished", "waiting", "running", "state"}));
    sub->add_option("--on-conflict", enqueue.on_conflict, "keep or replace the one that waits")
        ->check(CLI::IsMember({"keep", "replace"}));
    sub->add_option("--throttle", enqueue.throttle, "one in each such interval");
    sub->add_option("--debounce", enqueue.debounce, "start so long after the last request");
    sub->add_option("--ordering-key", enqueue.ordering_key, "one at a time, in order");
    sub->add_option("--limit-key", enqueue.limit_key, "the queue's limits for each key");
    sub->add_option("--after", enqueue.after, "ids of the jobs that come before")
        ->delimiter(',')
        ->expected(1, 1000);
    sub->add_option("--on-parent-failure", enqueue.on_parent_failure, "when one of those fails")
        ->check(CLI::IsMember({"cancel", "run", "wait"}));
    sub->add_option("--batch", enqueue.batch, "the open batch that it belongs to");
}

void CommandLine::State::add_batches() {
    CLI::App* group = app.add_subcommand("batches", "list or add batches of jobs");
    group->require_subcommand(1);
    CLI::App* list = add_json(
        add(*group, "list", "the newest batches", [this](const config::Settings& settings) {
            return run_batches_list(settings, batch_limit, json);
        }));
    list->add_option("--limit", batch_limit, "50 unless given")->check(CLI::Range(1, 1000));
    CLI::App* made = add_json(add(*group, "add", "add jobs that belong together",
                                  [this](const config::Settings& settings) {
                                      batch.json = json;
                                      return run_batches_add(settings, batch);
                                  }));
    made->add_option("JOBS", batch.jobs, "a JSON array of jobs")->required();
    made->add_option("--name", batch.name, "for people");
    made->add_option("--on-success", batch.on_success, "a job: all have completed");
    made->add_option("--on-failure", batch.on_failure, "a job: one has failed or was cancelled");
    made->add_option("--on-finished", batch.on_finished, "a job: in any case");
}

void CommandLine::State::add_keys() {
    CLI::App* group = app.add_subcommand("keys", "ordering keys that a final failure blocks");
    group->require_subcommand(1);
    add_json(
        add(*group, "list", "blocked keys and how many jobs wait behind each",
            [this](const config::Settings& settings) { return run_keys_list(settings, json); }));
    CLI::App* unblock = add_json(add(*group, "unblock", "go on with the key's next job",
                                     [this](const config::Settings& settings) {
                                         return run_keys_unblock(settings, ordering_key, json);
                                     }));
    unblock->add_option("KEY", ordering_key)->required();
}

}  // namespace barid::worker
