// `barid functions …`: the SQL functions that jobs of kind sql.call may run.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

struct AllowArguments {
    std::string function;
    std::string timeout = "30s";
    std::string lock_timeout = "5s";
};

int run_functions_list(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT name, timeout, lock_timeout, worker_may, allowed_by,
                  to_char(allowed_at, 'YYYY-MM-DD HH24:MI:SS') AS allowed_at, problem
           FROM barid.functions ORDER BY name)"));
    print_result(result, json);
    return static_cast<int>(Exit::ok);
}

int run_functions_allow(const config::Settings& settings, const AllowArguments& arguments,
                        bool json) {
    CommandSession session(settings);
    const pg::Result allowed = session.run(session.pool.execute(
        "SELECT barid.allow_function($1, $2::interval, $3::interval)",
        pg::Params(arguments.function, arguments.timeout, arguments.lock_timeout)));
    const pg::Result row = session.run(
        session.pool.execute("SELECT name, worker_may FROM barid.functions WHERE name = $1",
                             pg::Params(allowed.one().text(0))));
    const std::string name = row.one().get<std::string>(0);
    const bool may = row.one().get<bool>(1);
    if (json) {
        fmt::print("{{\"function\":{},\"allowed\":true,\"worker_may\":{}}}\n", json_quote(name),
                   may);
        return static_cast<int>(Exit::ok);
    }
    fmt::print("{} may be called by jobs\n", printable(name));
    if (!may) {
        fmt::print(stderr,
                   "barid: workers need rights of their own to run it: GRANT USAGE on its schema "
                   "and EXECUTE on it to barid_worker\n");
    }
    return static_cast<int>(Exit::ok);
}

int run_functions_disallow(const config::Settings& settings, const std::string& function,
                           bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(
        session.pool.execute("SELECT barid.disallow_function($1)", pg::Params(function)));
    const bool done = result.one().get<bool>(0);
    if (json) {
        fmt::print("{{\"function\":{},\"done\":{}}}\n", json_quote(function), done);
    } else if (done) {
        fmt::print("{} may no longer be called by jobs\n", printable(function));
    } else {
        fmt::print(stderr, "barid: {} was not allowed: `barid functions list` shows what is\n",
                   printable(function));
    }
    return static_cast<int>(done ? Exit::ok : Exit::failed);
}

}  // namespace

void CommandLine::State::add_functions() {
    CLI::App* group = app.add_subcommand("functions", "SQL functions that jobs may call");
    group->require_subcommand(1);
    add_json(add(*group, "list", "those that are allowed, and what keeps them from running",
                 [this](const config::Settings& s) { return run_functions_list(s, json); }));
    const auto wish = std::make_shared<AllowArguments>();
    CLI::App* allow = add_json(add(
        *group, "allow", "let jobs of kind sql.call run a function, or change its limits",
        [this, wish](const config::Settings& s) { return run_functions_allow(s, *wish, json); }));
    allow->add_option("FUNCTION", wish->function, "with its schema, such as shop.close_day")
        ->required();
    allow->add_option("--timeout", wish->timeout, "an interval up to 15 minutes; 30s unless given");
    allow->add_option("--lock-timeout", wish->lock_timeout,
                      "how long it may wait for a lock; 5s unless given");
    const auto name = std::make_shared<std::string>();
    CLI::App* disallow =
        add_json(add(*group, "disallow", "jobs that name the function fail from now on",
                     [this, name](const config::Settings& s) {
                         return run_functions_disallow(s, *name, json);
                     }));
    disallow->add_option("FUNCTION", *name, "as in the list")->required();
}

}  // namespace barid::worker
