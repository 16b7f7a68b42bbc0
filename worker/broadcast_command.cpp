// `barid notify broadcast …`: one message to many users.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/json.hpp"
#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/command_values.hpp"
#include "worker/commands.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

struct Chosen {
    std::string id = {};
    std::string actor = {};
};

}  // namespace

void CommandLine::State::add_broadcast() {
    CLI::App& group = *notify_group().add_subcommand("broadcast", "one message to many users");
    group.require_subcommand(1);
    const auto wish = std::make_shared<BroadcastArguments>();
    CLI::App* sub = add_json(add(group, "create", "make a draft; prints its id",
                                 [this, wish](const config::Settings& s) {
                                     wish->json = json;
                                     return run_broadcast_create(s, *wish);
                                 }));
    sub->add_option("CATEGORY", wish->category)->required();
    sub->add_option("--segment", wish->segment, "a SELECT with a column user_id");
    sub->add_option("--user", wish->users, "instead: whom; may be repeated");
    sub->add_option("--template", wish->template_key, "a template's key");
    sub->add_option("--vars", wish->vars, "a JSON object: the template's variables");
    sub->add_flag("--personal", wish->personal, "the segment has a column vars, too");
    sub->add_option("--title", wish->title, "LANGUAGE=TEXT, such as en=Hello; once a language");
    sub->add_option("--body", wish->body, "the same for the body");
    sub->add_option("--data", wish->data, "a JSON object of texts for the app");
    sub->add_option("--image", wish->image, "a URL");
    sub->add_option("--channel", wish->channels, "push, inbox, email, webhook; may be repeated");
    sub->add_option("--dedupe-key", wish->dedupe_key, "the same key is the same broadcast");
    sub->add_option("--start-at", wish->start_at, "once started, not before this timestamp");
    sub->add_option("--actor", wish->actor, "who makes it; the database's user unless given");

    const auto chosen = std::make_shared<Chosen>();
    add(group, "preview", "users, devices, who opted out, languages; sends nothing",
        [chosen](const config::Settings& s) { return run_broadcast_preview(s, chosen->id); })
        ->add_option("ID", chosen->id)
        ->required();
    add_json(add(group, "progress", "counts, users a second, the estimated end",
                 [this, chosen](const config::Settings& s) {
                     return run_broadcast_progress(s, chosen->id, json);
                 }))
        ->add_option("ID", chosen->id)
        ->required();
    const auto act = [&](const char* action, const char* does) {
        CLI::App* one =
            add_json(add(group, action, does, [this, chosen, action](const config::Settings& s) {
                return run_broadcast_action(s, action, chosen->id, chosen->actor, json);
            }));
        one->add_option("ID", chosen->id)->required();
        one->add_option("--actor", chosen->actor, "who; the database's user unless given");
    };
    act("start", "bring a draft on its way; twice does nothing more");
    act("pause", "hold what has not left");
    act("resume", "go on");
    act("cancel", "send nothing more");
    const auto limit = std::make_shared<int>(50);
    add_json(add(group, "list", "the latest ones",
                 [this, limit](const config::Settings& s) {
                     return run_broadcast_list(s, *limit, json);
                 }))
        ->add_option("--limit", *limit)
        ->check(CLI::Range(1, 500));
}

int run_broadcast_create(const config::Settings& settings, const BroadcastArguments& a) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT barid.broadcast($1, template => $2, vars => $3::jsonb, title => $4::jsonb,
               body => $5::jsonb, data => $6::jsonb, image => $7, channels => $8::text[],
               segment => $9, users => $10::text[], personal => $11::boolean, dedupe_key => $12,
               start_at => $13::timestamptz, actor => coalesce($14, session_user::text)) AS id)",
        pg::Params(a.category, given(a.template_key), given_json(a.vars, "--vars"),
                   languages(a.title, "--title"), languages(a.body, "--body"),
                   given_json(a.data, "--data"), given(a.image), list(a.channels), given(a.segment),
                   list(a.users), a.personal, given(a.dedupe_key), given(a.start_at),
                   given(a.actor))));
    if (a.json)
        print_result(result, true);
    else
        fmt::print("{}\n", result.one().get<std::string>(0));
    return static_cast<int>(Exit::ok);
}

int run_broadcast_action(const config::Settings& settings, const std::string& action,
                         const std::string& id, const std::string& actor, bool json) {
    CommandSession session(settings);
    const pg::Result result =
        session.run(session.pool.execute("SELECT barid.broadcast_" + action +
                                             "($1::uuid, coalesce($2, session_user::text)) "
                                             "AS state",
                                         pg::Params(id, given(actor))));
    if (json)
        print_result(result, true);
    else
        fmt::print("{}\n", result.one().get<std::string>(0));
    return static_cast<int>(Exit::ok);
}

int run_broadcast_preview(const config::Settings& settings, const std::string& id) {
    CommandSession session(settings);
    const pg::Result result = session.run(
        session.pool.execute("SELECT jsonb_pretty(barid.broadcast_preview($1::uuid, $2))",
                             pg::Params(id, settings.notify.quota_per_minute)));
    fmt::print("{}\n", result.one().get<std::string>(0));
    return static_cast<int>(Exit::ok);
}

int run_broadcast_progress(const config::Settings& settings, const std::string& id, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(
        session.pool.execute("SELECT * FROM barid.broadcast_progress($1::uuid)", pg::Params(id)));
    if (result.empty()) throw UsageError(fmt::format("there is no broadcast {}", printable(id)));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

int run_broadcast_list(const config::Settings& settings, int limit, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT b.id, b.state, b.category, b.users, b.estimated_users, b.created_by,
                  b.created_at, b.finished_at, b.error
           FROM barid.broadcast b ORDER BY b.created_at DESC LIMIT $1::int)",
        pg::Params(limit)));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
