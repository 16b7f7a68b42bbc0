// `barid outbox …`: what waits in the shop's streams, what stands still, and what to do about it.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "commerce/outbox_check.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/outbox_parts.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

struct Decision {
    std::string stream = {};
    std::string event = {};
    std::string actor = {};
    std::string reason = {};
};

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

int run_outbox_state(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    const pg::Result states = session.run(session.pool.execute(
        "SELECT stream, target, pending, oldest, blocked, problem FROM barid.outbox_states()"));
    print_result(states, json);
    bool well = true;
    for (const pg::Row row : states) well = well && row.is_null(5);
    return static_cast<int>(well ? Exit::ok : Exit::failed);
}

int run_outbox_blocked(const config::Settings& settings, const std::string& stream, int limit,
                       bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     "SELECT event_id, aggregate_type, aggregate_id, aggregate_version, "
                     "event_type, attempts, blocked_at, job_id, error "
                     "FROM barid.outbox_blocked($1, $2::int)",
                     pg::Params(stream, limit))),
                 json);
    return static_cast<int>(Exit::ok);
}

int run_outbox_decision(const config::Settings& settings, const Decision& made, bool skip,
                        bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        skip ? "SELECT barid.outbox_skip($1, $2, coalesce($3, session_user::text), $4)"
             : "SELECT barid.outbox_retry($1, $2, coalesce($3, session_user::text), $4)",
        pg::Params(made.stream, made.event, given(made.actor), made.reason)));
    const std::string answer(result.one().text(0));
    if (json) {
        fmt::print("{{\"stream\":{},\"event_id\":{},\"answer\":{}}}\n", json_quote(made.stream),
                   json_quote(scrub_utf8(made.event)), json_quote(answer));
    } else if (answer == "NOT_BLOCKED") {
        fmt::print(stderr, "barid: the event {} of {} is not blocked\n", printable(made.event),
                   printable(made.stream));
    } else {
        fmt::print("{} {}\n", printable(made.event),
                   skip ? "is skipped: its aggregate goes on without it" : "is tried again");
    }
    return static_cast<int>(answer == "NOT_BLOCKED" ? Exit::failed : Exit::ok);
}

awaitable<commerce::OutboxStep> relay_all(pg::Pool& pool, commerce::OutboxStream stream,
                                          commerce::OutboxLimits limits) {
    const commerce::OutboxRelay relay(pool, std::move(stream), limits);
    co_await relay.configure();
    commerce::OutboxStep all;
    for (;;) {
        const commerce::OutboxStep step = co_await relay.step();
        all.events += step.events;
        all.blocked += step.blocked;
        all.busy = step.busy;
        if (step.events == 0 && step.blocked == 0) co_return all;
    }
}

int run_outbox_relay(const config::Settings& settings, const std::string& name, bool json) {
    const auto streams = outbox_streams(settings);
    const auto stream = std::ranges::find(streams, name, &commerce::OutboxStream::name);
    if (stream == streams.end()) {
        throw UsageError(fmt::format("the configuration has no [outbox.{}]", printable(name)));
    }
    CommandSession session(settings);
    const auto problems = session.run(commerce::check_outbox(session.pool, *stream));
    for (const std::string& problem : problems) {
        fmt::print(stderr, "barid: {}\n", printable(problem));
    }
    if (!problems.empty()) return static_cast<int>(Exit::failed);
    const commerce::OutboxStep all =
        session.run(relay_all(session.pool, *stream, outbox_limits(settings)));
    if (json) {
        fmt::print("{{\"stream\":{},\"events\":{},\"blocked\":{},\"busy\":{}}}\n", json_quote(name),
                   all.events, all.blocked, all.busy);
    } else {
        fmt::print("{} events of {} were handed on, {} are blocked{}\n", all.events, name,
                   all.blocked, all.busy ? "; another relay is at work" : "");
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace

void CommandLine::State::add_outbox() {
    CLI::App* group = app.add_subcommand("outbox", "the shop's streams of events");
    group->require_subcommand(1);
    add_json(add(*group, "state", "what waits in each stream, and what stands still",
                 [this](const config::Settings& s) { return run_outbox_state(s, json); }));

    const auto stream = std::make_shared<std::string>();
    const auto limit = std::make_shared<int>(100);
    CLI::App* sub = add_json(add(*group, "blocked", "events that stand still, the oldest first",
                                 [this, stream, limit](const config::Settings& s) {
                                     return run_outbox_blocked(s, *stream, *limit, json);
                                 }));
    sub->add_option("STREAM", *stream)->required();
    sub->add_option("--limit", *limit, "100 unless given")->check(CLI::Range(1, 10'000));

    for (const bool skip : {true, false}) {
        const auto made = std::make_shared<Decision>();
        sub = add_json(add(*group, skip ? "skip" : "retry",
                           skip ? "go on without a blocked event"
                                : "try a blocked event again, when its cause is mended",
                           [this, made, skip](const config::Settings& s) {
                               return run_outbox_decision(s, *made, skip, json);
                           }));
        sub->add_option("STREAM", made->stream)->required();
        sub->add_option("EVENT", made->event, "its event_id, as `barid outbox blocked` shows it")
            ->required();
        sub->add_option("--reason", made->reason, "kept, with who it was")->required(skip);
        sub->add_option("--actor", made->actor, "who; the database's user unless given");
    }

    const auto name = std::make_shared<std::string>();
    add_json(
        add(*group, "relay", "hand on what waits now, and end",
            [this, name](const config::Settings& s) { return run_outbox_relay(s, *name, json); }))
        ->add_option("STREAM", *name, "an [outbox.NAME] of the configuration")
        ->required();
}

}  // namespace barid::worker
