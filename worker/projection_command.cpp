// `barid projection …`: read models of the shop's, their rebuilds, and the way back.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/command_values.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

struct Wish {
    std::string name;
    std::string actor;
    std::string reason;
    bool differs = false;
};

/// A name that no section has is a slip of the fingers: a job would fail at it later.
void check_name(const config::Settings& settings, const std::string& name) {
    if (settings.projection.contains(name)) return;
    throw UsageError(fmt::format("there is no [projection.{}] in the settings", printable(name)));
}

/// No row when it can't be done now (55000), which is told.
pg::Result ask(CommandSession& session, const std::string& sql, pg::Params params) {
    try {
        return session.run(session.pool.execute(sql, std::move(params)));
    } catch (const pg::Error& error) {
        if (!error.is("55000")) throw;
        fmt::print(stderr, "barid: {}\n", printable(error.what()));
    }
    return {};
}

int run_list(const config::Settings& settings, bool json) {
    std::vector<std::string> names;
    for (const auto& [name, projection] : settings.projection) names.push_back(name);
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT coalesce(p.name, n.name) AS name, coalesce(p.state, 'idle') AS state,
                  coalesce(p.active_version, 1) AS active, p.building_version AS building,
                  p.kept_version AS kept, p.can_roll_back,
                  to_char(p.kept_until, 'YYYY-MM-DD HH24:MI:SS') AS kept_until, p.job_id,
                  p.rows_done, p.rows_expected, coalesce(p.error, p.problem) AS error
           FROM unnest($1::text[]) AS n(name) FULL JOIN barid.projections p ON p.name = n.name
           ORDER BY 1)",
        pg::Params(names)));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

int told_job(const std::string& what, const Wish& wish, const pg::Result& result, bool json) {
    if (result.empty()) return static_cast<int>(Exit::failed);
    const auto job = result.one().get<std::int64_t>(0);
    if (json) {
        fmt::print("{{\"projection\":{},\"job\":{}}}\n", json_quote(wish.name), job);
    } else {
        fmt::print("job {} {} {}: `barid jobs show {}`\n", job, what, printable(wish.name), job);
    }
    return static_cast<int>(Exit::ok);
}

int run_rebuild(const config::Settings& settings, const Wish& wish, bool json) {
    check_name(settings, wish.name);
    CommandSession session(settings);
    const pg::Result job =
        ask(session,
            "SELECT barid.projection_rebuild($1, coalesce($2, 'cli:' || session_user), $3, $4)",
            pg::Params(wish.name, given(wish.actor), wish.reason, wish.differs));
    return told_job("rebuilds", wish, job, json);
}

int run_rollback(const config::Settings& settings, const Wish& wish, bool json) {
    check_name(settings, wish.name);
    CommandSession session(settings);
    const pg::Result job = ask(
        session, "SELECT barid.projection_rollback($1, coalesce($2, 'cli:' || session_user), $3)",
        pg::Params(wish.name, given(wish.actor), wish.reason));
    return told_job("rolls back", wish, job, json);
}

int run_cancel(const config::Settings& settings, const Wish& wish, bool json) {
    CommandSession session(settings);
    const pg::Result result =
        ask(session, "SELECT barid.projection_cancel($1, coalesce($2, 'cli:' || session_user), $3)",
            pg::Params(wish.name, given(wish.actor), wish.reason));
    const bool done = result.one().get<bool>(0);
    if (json) {
        fmt::print("{{\"projection\":{},\"done\":{}}}\n", json_quote(wish.name), done);
    } else if (done) {
        fmt::print("the rebuild of {} ends at its next step\n", printable(wish.name));
    } else {
        fmt::print(stderr, "barid: {} isn't being rebuilt\n", printable(wish.name));
    }
    return static_cast<int>(done ? Exit::ok : Exit::failed);
}

}  // namespace

void CommandLine::State::add_projections() {
    CLI::App* group = app.add_subcommand("projection", "read models of the shop's");
    group->require_subcommand(1);
    add_json(add(*group, "list", "versions, rebuilds under way, and what can be undone",
                 [this](const config::Settings& s) { return run_list(s, json); }));
    const auto wish = std::make_shared<Wish>();
    const auto action = [&](const char* name, const char* what,
                            int (*run)(const config::Settings&, const Wish&, bool)) {
        CLI::App* sub = add_json(add(
            *group, name, what, [this, wish, run](const auto& s) { return run(s, *wish, json); }));
        sub->add_option("NAME", wish->name, "of [projection.NAME]")->required();
        sub->add_option("--reason", wish->reason, "for those who look at it later");
        sub->add_option("--actor", wish->actor, "who asks; the database's user unless given");
        return sub;
    };
    action("rebuild", "build it anew beside what readers see, and swap when both agree",
           run_rebuild)
        ->add_flag("--differs", wish->differs,
                   "the new one is meant to differ: the two aren't compared");
    action("rollback", "have readers see the version before the last swap", run_rollback);
    action("cancel", "end a rebuild; readers keep what they have", run_cancel);
}

}  // namespace barid::worker
