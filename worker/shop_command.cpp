// `barid shop …`: the functions that a shop provides, and the schedules of its jobs.
#include <fmt/format.h>

#include <memory>

#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commerce_parts.hpp"
#include "worker/example_shop.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

int run_shop_contract(bool json) {
    std::vector<std::vector<std::string>> rows;
    for (const commerce::ContractFunction& function : commerce::contract()) {
        std::string result(function.result);
        if (function.many) result = "rows (" + result + ")";
        if (json) {
            fmt::print("{{\"function\":{},\"arguments\":{},\"returns\":{}}}\n",
                       json_quote(function.name), json_quote(function.arguments),
                       json_quote(result));
        } else {
            rows.push_back({fmt::format("{}({})", function.name, function.arguments), result});
        }
    }
    if (!json) fmt::print("{}", render_table({"function", "returns"}, std::move(rows)));
    return static_cast<int>(Exit::ok);
}

int run_shop_example() {
    for (const ExampleFile& file : example_shop()) fmt::print("-- {}\n{}\n", file.name, file.sql);
    return static_cast<int>(Exit::ok);
}

int run_shop_check(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    pg::Pool pool(session.io, session.blocking, shop_connect_options(settings), 1, {});
    const auto problems = session.run(shop_problems(pool, session.pool, settings));
    for (const std::string& problem : problems) {
        if (json) {
            fmt::print("{{\"problem\":{}}}\n", json_quote(problem));
        } else {
            fmt::print("{}\n", printable(problem));
        }
    }
    if (problems.empty() && !json) {
        fmt::print("the functions of {} are as they must be\n", printable(settings.shop.schema));
    }
    return static_cast<int>(problems.empty() ? Exit::ok : Exit::failed);
}

int run_shop_install(const config::Settings& settings, const std::string& queue, bool json) {
    std::vector<std::string> streams;
    for (const auto& [name, stream] : settings.outbox) streams.push_back(name);
    CommandSession session(settings);
    const pg::Result made =
        session.run(session.pool.execute("SELECT barid.install_shop($1, $2::text[], $3)",
                                         pg::Params(!settings.payment.empty(), streams, queue)));
    int schedules = made.one().get<int>(0);
    if (!settings.projection.empty()) {
        const pg::Result more = session.run(
            session.pool.execute("SELECT barid.install_projections($1)", pg::Params(queue)));
        schedules += more.one().get<int>(0);
    }
    if (json) {
        fmt::print("{{\"schedules\":{}}}\n", schedules);
    } else {
        fmt::print("{} schedules are there, and the notices' templates: `barid schedules list`\n",
                   schedules);
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace

void CommandLine::State::add_shop() {
    CLI::App* group = app.add_subcommand("shop", "the shop's own functions, and its schedules");
    group->require_subcommand(1);
    add_json(add(*group, "contract", "which functions a shop provides",
                 [this](const config::Settings&) { return run_shop_contract(json); }));
    add(*group, "example", "a whole shop as SQL, to start from",
        [](const config::Settings&) { return run_shop_example(); });
    add_json(add(*group, "check", "whether this shop provides those that the settings need",
                 [this](const config::Settings& s) { return run_shop_check(s, json); }));
    const auto where = std::make_shared<std::string>("default");
    CLI::App* install = add_json(add(
        *group, "install", "schedules of what the settings name, and texts for customers",
        [this, where](const config::Settings& s) { return run_shop_install(s, *where, json); }));
    install->add_option("--queue", *where, "where their jobs go; default unless given");
}

}  // namespace barid::worker
