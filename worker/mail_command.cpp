// `barid notify contact|bounce|suppress|unsuppress|suppressed|forget`: addresses, what was heard of
// them, and how a user is forgotten.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "base/text.hpp"
#include "notify/bounce_report.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

constexpr std::size_t kMaxMessageBytes = std::size_t{10} << 20U;

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

/// At most kMaxMessageBytes of it: the report stands before the original's attachments.
std::string read_message(const std::string& file) {
    std::ifstream opened;
    if (!file.empty()) {
        opened.open(file, std::ios::binary);
        if (!opened) throw UsageError("can't read " + file);
    }
    std::istream& in = file.empty() ? std::cin : opened;
    std::string text(kMaxMessageBytes, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

void CommandLine::State::add_mail() {
    CLI::App& group = notify_group();
    const auto contact = std::make_shared<ContactArguments>();
    CLI::App* sub = add_json(add(group, "contact", "where e-mail reaches a user",
                                 [this, contact](const config::Settings& settings) {
                                     contact->json = json;
                                     return run_notify_contact(settings, *contact);
                                 }));
    sub->add_option("USER", contact->user)->required();
    CLI::Option* email = sub->add_option("EMAIL", contact->email, "the new address");
    sub->add_flag("--remove", contact->remove, "take the address away")->excludes(email);

    const auto file = std::make_shared<std::string>();
    sub = add_json(add(group, "bounce", "take in a bounce or a complaint that came by mail",
                       [this, file](const config::Settings& settings) {
                           return run_notify_bounce(settings, *file, json);
                       }));
    sub->add_option("FILE", *file, "the message; standard input unless given");

    const auto wish = std::make_shared<SuppressArguments>();
    for (const bool stop : {true, false}) {
        sub = add_json(add(group, stop ? "suppress" : "unsuppress",
                           stop ? "write to an address no more" : "write to an address again",
                           [this, wish, stop](const config::Settings& settings) {
                               wish->stop = stop;
                               wish->json = json;
                               return run_notify_suppress(settings, *wish);
                           }));
        sub->add_option("EMAIL", wish->email)->required();
        if (stop) sub->add_option("--detail", wish->detail, "why");
    }
    const auto limit = std::make_shared<int>(100);
    sub = add_json(add(group, "suppressed", "addresses that are not written to, newest first",
                       [this, limit](const config::Settings& settings) {
                           return run_notify_suppressed(settings, *limit, json);
                       }));
    sub->add_option("--limit", *limit)->check(CLI::Range(1, 10000));

    const auto user = std::make_shared<std::string>();
    sub = add_json(add(group, "forget", "erase what is kept of a user",
                       [this, user](const config::Settings& settings) {
                           return run_notify_forget(settings, *user, json);
                       }));
    sub->add_option("USER", *user)->required();
}

int run_notify_contact(const config::Settings& settings, const ContactArguments& a) {
    CommandSession session(settings);
    if (a.remove || !a.email.empty()) {
        session.run(session.pool.execute("SELECT barid.set_contact($1, $2)",
                                         pg::Params(a.user, given(a.email))));
    }
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT c.user_id AS "user", c.address AS email, s.reason AS suppressed, c.updated_at
           FROM barid.contact c
           LEFT JOIN barid.suppression s ON s.channel = 'email' AND s.address = lower(c.address)
           WHERE c.user_id = $1 AND c.channel = 'email')",
        pg::Params(a.user)));
    print_result(result, a.json);
    return static_cast<int>(Exit::ok);
}

int run_notify_bounce(const config::Settings& settings, const std::string& file, bool json) {
    const auto reports = notify::read_bounce(read_message(file));
    CommandSession session(settings);
    for (const notify::BounceReport& report : reports) {
        const pg::Result result = session.run(session.pool.execute(
            "SELECT barid.record_report($1, $2, $3, $4)",
            pg::Params(report.message_id, report.kind, given(report.address), report.detail)));
        const auto done = result.one().get<std::string>(0);
        if (json) {
            fmt::print("{{\"message_id\":{},\"kind\":{},\"result\":{}}}\n",
                       json_quote(report.message_id), json_quote(report.kind), json_quote(done));
        } else {
            fmt::print("{} {}: {}\n", report.kind, printable(report.message_id),
                       done == "ignored" ? "ignored, it is about no e-mail of ours" : done);
        }
    }
    if (reports.empty() && !json) fmt::print("nothing to note\n");
    return static_cast<int>(Exit::ok);
}

int run_notify_suppress(const config::Settings& settings, const SuppressArguments& a) {
    CommandSession session(settings);
    const pg::Result result = session.run(
        a.stop ? session.pool.execute("SELECT barid.suppress($1, 'manual', $2)",
                                      pg::Params(a.email, given(a.detail)))
               : session.pool.execute("SELECT barid.unsuppress($1)", pg::Params(a.email)));
    const bool changed = result.one().get<bool>(0);
    if (a.json) {
        fmt::print("{{\"changed\":{}}}\n", changed);
    } else if (a.stop) {
        fmt::print("{}\n", changed ? "suppressed" : "it was suppressed already");
    } else {
        fmt::print("{}\n", changed ? "written to again" : "it was not suppressed");
    }
    return static_cast<int>(Exit::ok);
}

int run_notify_suppressed(const config::Settings& settings, int limit, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT address AS email, reason, created_at AS since, detail FROM barid.suppression
           WHERE channel = 'email' ORDER BY created_at DESC, address LIMIT $1)",
        pg::Params(limit)));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

int run_notify_forget(const config::Settings& settings, const std::string& user, bool json) {
    CommandSession session(settings);
    std::int64_t devices = 0;
    std::int64_t notifications = 0;
    for (bool more = true; more;) {
        const pg::Result result = session.run(session.pool.execute(
            "SELECT devices, notifications, more FROM barid.forget_user($1)", pg::Params(user)));
        const pg::Row row = result.one();
        devices += row.get<std::int64_t>(0);
        notifications += row.get<std::int64_t>(1);
        more = row.get<bool>(2);
    }
    if (json) {
        fmt::print("{{\"devices\":{},\"notifications\":{}}}\n", devices, notifications);
    } else {
        fmt::print("{} devices deleted, {} notifications erased\n", devices, notifications);
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
