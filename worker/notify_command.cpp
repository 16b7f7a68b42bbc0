// `barid notify …`: send a notification, ask why one would or did not arrive, look into an inbox.
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

void print_done(const char* what, const std::string& user, bool json) {
    if (json)
        fmt::print("{{\"user\":{},\"done\":true}}\n", json_quote(user));
    else
        fmt::print("{} of {} set\n", what, printable(user));
}

}  // namespace

void CommandLine::State::add_notify_send(CLI::App& group) {
    const auto wish = std::make_shared<NotifyArguments>();
    CLI::App* sub = add_json(
        add(group, "send", "notify a user", [this, wish](const config::Settings& settings) {
            wish->json = json;
            return run_notify_send(settings, *wish);
        }));
    sub->add_option("USER", wish->user, "the shop's own id of the user")->required();
    sub->add_option("--category", wish->category, "\"general\" unless given");
    sub->add_option("--template", wish->template_key, "a template's key");
    sub->add_option("--vars", wish->vars, "a JSON object: the template's variables");
    sub->add_option("--title", wish->title, "LANGUAGE=TEXT, such as en=Hello; once a language");
    sub->add_option("--body", wish->body, "the same for the body");
    sub->add_option("--data", wish->data, "a JSON object of texts for the app");
    sub->add_option("--image", wish->image, "a URL");
    sub->add_option("--options", wish->options, "a JSON object: android, apns, webpush");
    sub->add_option("--channel", wish->channels, "push, inbox, email, webhook; may be repeated");
    sub->add_option("--dedupe-key", wish->dedupe_key, "the same key again sends nothing new");
    sub->add_option("--delay", wish->delay, "an interval, such as '5 minutes'");
    sub->add_option("--run-at", wish->run_at, "a timestamp");
    sub->add_option("--ttl", wish->ttl,
                    "too late after that interval; the category's own unless "
                    "given");
    sub->add_option("--expires-at", wish->expires_at, "too late from this timestamp on");
    sub->add_option("--queue", wish->queue, "of the job that sends it")->check(name_problem);
    sub->add_option("--priority", wish->priority, "0 (first) to 9")->check(CLI::Range(0, 9));
    sub->add_option("--tag", wish->tags, "of the job; may be repeated");
}

void CommandLine::State::add_notify_explain(CLI::App& group) {
    const auto wish = std::make_shared<ExplainArguments>();
    CLI::App* sub = add_json(add(group, "explain", "what would happen to one, and why",
                                 [this, wish](const config::Settings& settings) {
                                     wish->json = json;
                                     return run_notify_explain(settings, *wish);
                                 }));
    sub->add_option("USER", wish->user)->required();
    sub->add_option("CATEGORY", wish->category, "\"general\" unless given");
    sub->add_option("--channel", wish->channel, "the category's channels unless given");
    sub->add_option("--at", wish->at, "a timestamp; now unless given");
}

void CommandLine::State::add_notify_report(CLI::App& group) {
    const auto wish = std::make_shared<DeliveryReportArguments>();
    CLI::App* sub =
        add_json(add(group, "report", "who got it, when, on which phone, and if not, why",
                     [this, wish](const config::Settings& settings) {
                         wish->json = json;
                         return run_notify_report(settings, *wish);
                     }));
    CLI::Option* user = sub->add_option("--user", wish->user, "all that a user was sent");
    CLI::Option* one = sub->add_option("--notification", wish->notification, "its id");
    CLI::Option* all = sub->add_option("--broadcast", wish->broadcast, "its id");
    user->excludes(one)->excludes(all);
    one->excludes(all);
    sub->add_option("--limit", wish->limit, "notifications")->check(CLI::Range(1, 1000));
    sub->add_option("--before", wish->before, "the last notification of the page before");
    sub->add_option("--after-user", wish->after_user, "the last user of the page before");
}

void CommandLine::State::add_notify_inbox(CLI::App& group) {
    const auto wish = std::make_shared<InboxArguments>();
    CLI::App* sub = add_json(add(group, "inbox", "what a user sees in the inbox",
                                 [this, wish](const config::Settings& settings) {
                                     wish->json = json;
                                     return run_notify_inbox(settings, *wish);
                                 }));
    sub->add_option("USER", wish->user)->required();
    sub->add_option("--filter", wish->filter, "inbox, unread, snoozed, archived or all");
    sub->add_option("--category", wish->category, "only this one");
    sub->add_option("--limit", wish->limit)->check(CLI::Range(1, 500));
    sub->add_option("--before-at", wish->before_at, "created_at of the page's last item");
    sub->add_option("--before-id", wish->before_id, "id of the page's last item");
}

CLI::App& CommandLine::State::notify_group() {
    if (notify == nullptr) {
        notify = app.add_subcommand("notify", "notifications: send, explain, report");
        notify->require_subcommand(1);
    }
    return *notify;
}

void CommandLine::State::add_notify() {
    CLI::App& group = notify_group();
    add_notify_send(group);
    add_notify_explain(group);
    add_notify_report(group);
    add_notify_inbox(group);
    add_notify_choices(group);
}

void CommandLine::State::add_notify_choices(CLI::App& group) {
    const auto choice = std::make_shared<PreferenceArguments>();
    CLI::App* sub = add_json(
        add(group, "preference", "what a user wants", [this, choice](const config::Settings& s) {
            choice->json = json;
            return run_notify_preference(s, *choice);
        }));
    sub->add_option("USER", choice->user)->required();
    sub->add_option("CHOICE", choice->choice, "on, off or unset")
        ->required()
        ->check(CLI::IsMember({"on", "off", "unset"}));
    sub->add_option("--category", choice->category, "all unless given");
    sub->add_option("--channel", choice->channel, "all unless given");

    const auto quiet = std::make_shared<QuietArguments>();
    sub = add_json(add(group, "quiet", "a user's quiet hours", [this, quiet](const auto& s) {
        quiet->json = json;
        return run_notify_quiet(s, *quiet);
    }));
    sub->add_option("USER", quiet->user)->required();
    sub->add_option(
           "WINDOWS", quiet->windows,
           R"(such as '[{"start": "22:00", "end": "07:00", "days": ["fri"]}]'; [] for none)")
        ->required();
    sub->add_option("--tz", quiet->tz, "the user's time zone, when it changes too");
}

int run_notify_send(const config::Settings& settings, const NotifyArguments& a) {
    const auto vars = given_json(a.vars, "--vars");
    const auto data = given_json(a.data, "--data");
    const auto options = given_json(a.options, "--options");
    const auto title = languages(a.title, "--title");
    const auto body = languages(a.body, "--body");
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT barid.notify($1, $2, template => $3, vars => $4::jsonb, title => $5::jsonb,
               body => $6::jsonb, data => $7::jsonb, image => $8, options => $9::jsonb,
               channels => $10::text[], dedupe_key => $11, delay => $12::interval,
               run_at => $13::timestamptz, ttl => $14::interval, expires_at => $15::timestamptz,
               queue => $16, priority => $17::int, tags => $18::text[]) AS id)",
        pg::Params(a.user, a.category, given(a.template_key), vars, title, body, data,
                   given(a.image), options, list(a.channels), given(a.dedupe_key), given(a.delay),
                   given(a.run_at), given(a.ttl), given(a.expires_at), a.queue, a.priority,
                   list(a.tags))));
    const auto id = result.one().get<std::string>(0);
    if (a.json)
        fmt::print("{{\"id\":{}}}\n", json_quote(id));
    else
        fmt::print("{}\n", id);
    return static_cast<int>(Exit::ok);
}

int run_notify_explain(const config::Settings& settings, const ExplainArguments& a) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT on_channel AS channel, step, result, detail
           FROM barid.explain_notification($1, $2, $3, coalesce($4::timestamptz, now())))",
        pg::Params(a.user, a.category, given(a.channel), given(a.at))));
    print_result(result, a.json);
    return static_cast<int>(Exit::ok);
}

int run_notify_report(const config::Settings& settings, const DeliveryReportArguments& a) {
    if (a.user.empty() && a.notification.empty() && a.broadcast.empty()) {
        throw UsageError("give --user, --notification or --broadcast");
    }
    CommandSession session(settings);
    const std::string columns =
        a.json ? "*"
               : "notification, recipient, channel, generation AS gen, state, reason, at, "
                 "concat_ws(' ', platform, app_version) AS phone, attempts, latency_ms AS ms";
    const pg::Result result = session.run(session.pool.execute(
        "SELECT " + columns +
            " FROM barid.delivery_report($1, $2::uuid, $3::uuid, $4::int, $5::uuid, $6)",
        pg::Params(given(a.user), given(a.notification), given(a.broadcast), a.limit,
                   given(a.before), given(a.after_user))));
    print_result(result, a.json);
    return static_cast<int>(Exit::ok);
}

int run_notify_inbox(const config::Settings& settings, const InboxArguments& a) {
    CommandSession session(settings);
    const std::string columns = a.json ? "*"
                                       : "id, created_at, category, title, body, CASE WHEN read_at "
                                         "IS NULL THEN 'unread' ELSE 'read' END AS state";
    const pg::Result result = session.run(session.pool.execute(
        "SELECT " + columns + " FROM barid.inbox($1, $2::int, $3::timestamptz, $4::uuid, $5, $6)",
        pg::Params(a.user, a.limit, given(a.before_at), given(a.before_id), a.filter,
                   given(a.category))));
    print_result(result, a.json);
    return static_cast<int>(Exit::ok);
}

int run_notify_preference(const config::Settings& settings, const PreferenceArguments& a) {
    CommandSession session(settings);
    std::optional<bool> enabled;
    if (a.choice != "unset") enabled = a.choice == "on";
    session.run(
        session.pool.execute("SELECT barid.set_preference($1, $2::boolean, $3, $4, session_user)",
                             pg::Params(a.user, enabled, a.category, a.channel)));
    print_done("preference", a.user, a.json);
    return static_cast<int>(Exit::ok);
}

int run_notify_quiet(const config::Settings& settings, const QuietArguments& a) {
    const auto windows = given_json(a.windows, "WINDOWS");
    CommandSession session(settings);
    session.run(session.pool.execute("SELECT barid.set_quiet_hours($1, $2::jsonb, $3)",
                                     pg::Params(a.user, windows, given(a.tz))));
    print_done("quiet hours", a.user, a.json);
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
