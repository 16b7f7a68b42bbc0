// `barid topics …`: subscriptions, and messages to them.
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

void check_message(const std::string& text) {
    try {
        parse_json(text);
    } catch (const Error& e) {
        throw UsageError(fmt::format("the message is not usable JSON: {}", e.what()));
    }
}

}  // namespace

void CommandLine::State::add_topics() {
    CLI::App* group = app.add_subcommand("topics", "one message, a job for each subscription");
    group->require_subcommand(1);
    add_json(add(*group, "list", "the subscriptions",
                 [this](const config::Settings& s) { return run_topics_list(s, json); }));

    const auto wish = std::make_shared<SubscribeArguments>();
    CLI::App* sub = add_json(add(*group, "subscribe", "make a subscription, or change it",
                                 [this, wish](const config::Settings& s) {
                                     wish->json = json;
                                     return run_topics_subscribe(s, *wish);
                                 }));
    sub->add_option("NAME", wish->name, "an existing one is changed")
        ->required()
        ->check(name_problem);
    sub->add_option("PATTERN", wish->pattern,
                    "such as 'order.*' (one word) or 'order.#' (any number of words)")
        ->required();
    sub->add_option("KIND", wish->kind, "the job's kind")->required()->check(name_problem);
    sub->add_option("PAYLOAD", wish->payload, "a JSON object: members of each job's payload");
    sub->add_flag("--merge", wish->merge, "the message's members become the payload's own");
    sub->add_option("--queue", wish->queue, "\"default\" unless given")->check(name_problem);
    sub->add_option("--priority", wish->priority, "0 (first) to 9")->check(CLI::Range(0, 9));
    sub->add_option("--max-attempts", wish->max_attempts, "the queue's own unless given")
        ->check(CLI::Range(1, 1000));

    const auto name = std::make_shared<std::string>();
    add_json(add(*group, "unsubscribe", "remove a subscription; jobs that it got stay",
                 [this, name](const config::Settings& s) {
                     return run_topics_unsubscribe(s, *name, json);
                 }))
        ->add_option("NAME", *name)
        ->required();

    const auto message = std::make_shared<PublishArguments>();
    sub = add_json(add(*group, "publish", "add a job for each subscription that matches",
                       [this, message](const config::Settings& s) {
                           message->json = json;
                           return run_topics_publish(s, *message);
                       }));
    sub->add_option("TOPIC", message->topic, "such as order.paid")->required();
    sub->add_option("MESSAGE", message->message, "any JSON; {} unless given");
    sub->add_option("--run-at", message->run_at, "a timestamp");
    sub->add_option("--delay", message->delay, "an interval, such as '5 minutes'");
    sub->add_option("--ordering-key", message->ordering_key,
                    "one at a time and in order, within each subscription");
}

int run_topics_list(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT name, pattern, kind, queue, priority, max_attempts, merge, payload
           FROM barid.subscription ORDER BY name)"));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

int run_topics_subscribe(const config::Settings& settings, const SubscribeArguments& a) {
    check_payload(a.payload);
    CommandSession session(settings);
    session.run(session.pool.execute(
        R"(SELECT barid.subscribe($1, $2, $3, queue => $4, payload => $5::jsonb,
               merge => $6::boolean, priority => $7::int, max_attempts => $8::int))",
        pg::Params(a.name, a.pattern, a.kind, a.queue, a.payload, a.merge, a.priority,
                   a.max_attempts)));
    if (a.json) {
        fmt::print("{{\"name\":{},\"pattern\":{}}}\n", json_quote(a.name), json_quote(a.pattern));
    } else {
        fmt::print("{} gets {} as {} in {}\n", a.name, a.pattern, a.kind, a.queue);
    }
    return static_cast<int>(Exit::ok);
}

int run_topics_unsubscribe(const config::Settings& settings, const std::string& name, bool json) {
    CommandSession session(settings);
    const pg::Result result =
        session.run(session.pool.execute("SELECT barid.unsubscribe($1)", pg::Params(name)));
    const bool found = result.one().get<bool>(0);
    if (json) {
        fmt::print("{{\"name\":{},\"done\":{}}}\n", json_quote(scrub_utf8(name)), found);
    } else if (found) {
        fmt::print("{} is removed\n", name);
    } else {
        fmt::print(stderr, "barid: there is no subscription {}\n", printable(name));
    }
    return static_cast<int>(found ? Exit::ok : Exit::failed);
}

int run_topics_publish(const config::Settings& settings, const PublishArguments& a) {
    check_message(a.message);
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT barid.publish($1, $2::jsonb, run_at => $3::timestamptz, delay => $4::interval,
               ordering_key => $5) AS id)",
        pg::Params(a.topic, a.message, given(a.run_at), given(a.delay), given(a.ordering_key))));
    if (result.empty() && !a.json) {
        fmt::print(stderr, "barid: no subscription matches {}: nothing was added\n",
                   printable(a.topic));
    }
    for (const pg::Row row : result) {
        const auto id = row.get<std::int64_t>(0);
        if (a.json)
            fmt::print("{{\"id\":{}}}\n", id);
        else
            fmt::print("{}\n", id);
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
