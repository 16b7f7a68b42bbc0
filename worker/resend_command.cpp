// `barid notify resend` and `resends`: send again what did not arrive, and what has become of it.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/command_values.hpp"
#include "worker/commands.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

void put(json::object& filter, const char* key, const std::string& text) {
    if (!text.empty()) filter[key] = text;
}

void put(json::object& filter, const char* key, const std::vector<std::string>& texts) {
    if (!texts.empty()) filter[key] = json::array(texts.begin(), texts.end());
}

std::string filter_of(const ResendArguments& a) {
    json::object filter;
    put(filter, "user_ids", a.users);
    put(filter, "notification_ids", a.notifications);
    put(filter, "reasons", a.causes);
    put(filter, "broadcast_id", a.broadcast);
    put(filter, "category", a.category);
    put(filter, "since", a.since);
    put(filter, "until", a.until);
    put(filter, "channel", a.channel);
    return json::serialize(filter);
}

int preview(CommandSession& session, const ResendArguments& a, const std::string& filter) {
    const pg::Result result = session.run(session.pool.execute(
        "SELECT notifications, deliveries, users, was FROM barid.resend_preview($1, $2::jsonb, "
        "$3::boolean)",
        pg::Params(a.mode, filter, a.include_accepted)));
    print_result(result, a.json);
    return static_cast<int>(Exit::ok);
}

}  // namespace

void CommandLine::State::add_resend() {
    CLI::App& group = notify_group();
    const auto wish = std::make_shared<ResendArguments>();
    CLI::App* sub = add_json(add(group, "resend", "send again what did not arrive",
                                 [this, wish](const config::Settings& s) {
                                     wish->json = json;
                                     return run_notify_resend(s, *wish);
                                 }));
    sub->add_option("MODE", wish->mode, "failed, unknown, new_devices or all")
        ->required()
        ->check(CLI::IsMember({"failed", "unknown", "new_devices", "all"}));
    sub->add_option("--user", wish->users, "whose; may be repeated");
    sub->add_option("--notification", wish->notifications, "which; may be repeated");
    sub->add_option("--broadcast", wish->broadcast, "all of this one");
    sub->add_option("--since", wish->since, "made from this timestamp on");
    sub->add_option("--until", wish->until, "made before this timestamp");
    sub->add_option("--category", wish->category, "only this one");
    sub->add_option("--channel", wish->channel, "only push, email or webhook");
    sub->add_option(
        "--cause", wish->causes,
        "only deliveries with this reason, such as attempts_exhausted; may be repeated");
    sub->add_flag("--include-accepted", wish->include_accepted, "devices that have it, too");
    sub->add_flag("--preview", wish->preview, "only count");
    sub->add_option("--reason", wish->reason, "why; kept on record");
    sub->add_option("--request-key", wish->request_key, "the same key again does nothing more");
    sub->add_option("--actor", wish->actor, "who asks; the database's user unless given");
    sub->add_option("--content", wish->content, "frozen, or rendered with the newest template")
        ->check(CLI::IsMember({"frozen", "rendered"}));
    sub->add_flag("--override", wish->override, "pass what users have chosen; operators only");
    sub->add_option("--queue", wish->queue, "of the jobs that send it")->check(name_problem);
    sub->add_option("--priority", wish->priority, "0 (first) to 9")->check(CLI::Range(0, 9));

    const auto limit = std::make_shared<int>(50);
    add_json(add(group, "resends", "re-sends, and what has become of them",
                 [this, limit](const config::Settings& s) {
                     return run_notify_resends(s, *limit, json);
                 }))
        ->add_option("--limit", *limit)
        ->check(CLI::Range(1, 500));
}

int run_notify_resend(const config::Settings& settings, const ResendArguments& a) {
    if (!a.preview && a.reason.empty()) {
        throw UsageError("--reason is needed: say why this is sent again, or use --preview");
    }
    const std::string filter = filter_of(a);
    CommandSession session(settings);
    if (a.preview) return preview(session, a, filter);
    const std::string key = a.request_key.empty() ? random_uuid() : a.request_key;
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT id, created, notifications, deliveries, jobs
           FROM barid.resend($1, $2, $3, $4::jsonb, override => $5::boolean, content => $6,
               include_accepted => $7::boolean, actor => $8, queue => $9, priority => $10::int))",
        pg::Params(key, a.reason, a.mode, filter, a.override, a.content, a.include_accepted,
                   given(a.actor), a.queue, a.priority)));
    if (a.json) {
        print_result(result, true);
        return static_cast<int>(Exit::ok);
    }
    const pg::Row row = result.one();
    fmt::print("re-send {}: {} deliveries of {} notifications{}\n", row.get<std::int64_t>("id"),
               row.get<std::int64_t>("deliveries"), row.get<std::int64_t>("notifications"),
               row.get<bool>("created") ? "" : ", asked for before");
    return static_cast<int>(Exit::ok);
}

int run_notify_resends(const config::Settings& settings, int limit, bool json) {
    CommandSession session(settings);
    const std::string columns =
        json ? "*"
             : "id, asked_at, state, mode, actor, reason, deliveries, accepted, failed, unknown, "
               "suppressed, waiting, superseded";
    const pg::Result result = session.run(session.pool.execute(
        "SELECT " + columns + " FROM barid.resends($1::int)", pg::Params(limit)));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
