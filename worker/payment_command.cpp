// `barid payment …`: what gateways said about orders, asking again, and gateways that are paused.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

int run_payment_check(const config::Settings& settings, const std::string& order, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        "SELECT barid.request_payment_check($1, NULL, NULL)", pg::Params(order)));
    const auto job = result.one().get<std::int64_t>(0);
    if (json) {
        fmt::print("{{\"order\":{},\"job\":{}}}\n", json_quote(order), job);
    } else {
        fmt::print("job {} asks the gateway about the order {}\n", job, printable(order));
    }
    return static_cast<int>(Exit::ok);
}

int run_payment_list(const config::Settings& settings, const std::string& order, bool json) {
    CommandSession session(settings);
    if (order.empty()) {
        const pg::Result gateways = session.run(session.pool.execute(
            R"(SELECT name, to_char(paused_at, 'YYYY-MM-DD HH24:MI:SS') AS paused_at, paused_why,
                      to_char(rests_until, 'YYYY-MM-DD HH24:MI:SS') AS rests_until,
                      unknown_attempts, open_refunds,
                      to_char(swept_at, 'YYYY-MM-DD HH24:MI:SS') AS swept_at
               FROM barid.payment_gateways())"));
        print_result(gateways, json);
        return static_cast<int>(Exit::ok);
    }
    const pg::Result checks = session.run(session.pool.execute(
        R"(SELECT c.id, to_char(c.checked_at, 'YYYY-MM-DD HH24:MI:SS') AS checked_at, c.cause,
                  c.verdict, c.times, c.result,
                  (SELECT string_agg(concat_ws(' ', coalesce(a->>'attempt', a->>'refund'),
                                               a->>'finding', a->>'status', a->>'problem'), '; ')
                   FROM jsonb_array_elements(c.attempts) a) AS said
           FROM barid.payment_check c WHERE c.order_id = $1 ORDER BY c.id DESC LIMIT 50)",
        pg::Params(order)));
    print_result(checks, json);
    return static_cast<int>(Exit::ok);
}

int run_payment_resume(const config::Settings& settings, const std::string& gateway, bool json) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        "SELECT done FROM barid.payment_resume($1, session_user::text)", pg::Params(gateway)));
    const bool done = result.one().get<bool>(0);
    if (json) {
        fmt::print("{{\"gateway\":{},\"done\":{}}}\n", json_quote(gateway), done);
    } else if (done) {
        fmt::print("{} is asked again\n", printable(gateway));
    } else {
        fmt::print(stderr, "barid: {} wasn't paused: `barid payment list` shows what is\n",
                   printable(gateway));
    }
    return static_cast<int>(done ? Exit::ok : Exit::failed);
}

}  // namespace

void CommandLine::State::add_payment() {
    CLI::App* group = app.add_subcommand("payment", "what payment gateways say about orders");
    group->require_subcommand(1);
    const auto order = std::make_shared<std::string>();
    CLI::App* check = add_json(add(
        *group, "check", "ask the gateway about an order now",
        [this, order](const config::Settings& s) { return run_payment_check(s, *order, json); }));
    check->add_option("order", *order, "the order's id")->required();
    CLI::App* list = add_json(add(
        *group, "list", "the gateways, or what was said about an order",
        [this, order](const config::Settings& s) { return run_payment_list(s, *order, json); }));
    list->add_option("order", *order, "the order's id");
    const auto gateway = std::make_shared<std::string>();
    CLI::App* resume = add_json(add(*group, "resume", "ask a gateway again that was paused",
                                    [this, gateway](const config::Settings& s) {
                                        return run_payment_resume(s, *gateway, json);
                                    }));
    resume->add_option("gateway", *gateway, "a [payment.NAME]")->required();
}

}  // namespace barid::worker
