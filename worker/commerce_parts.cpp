#include "worker/commerce_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "commerce/outbox_check.hpp"
#include "jobs/outbox_relay.hpp"
#include "jobs/projection_apply.hpp"
#include "jobs/projection_rebuild.hpp"
#include "worker/outbox_parts.hpp"
#include "worker/platform.hpp"
#include "worker/projection_parts.hpp"

namespace barid::worker {

pg::ConnectOptions shop_connect_options(const config::Settings& settings) {
    const config::Shop& shop = settings.shop;
    pg::ConnectOptions options = connect_options(settings);
    if (!shop.url.empty()) options.conninfo = shop.url;
    options.application_name = "barid shop";
    options.statement_deadline = shop.statement_timeout + std::chrono::seconds(5);
    // Its functions are the shop's: no name in a call is one of Barid's schema.
    options.schema = std::string(pg::kDefaultSchema);
    const auto setting = [&](const char* name, std::string value) {
        options.settings.push_back({name, std::move(value)});
    };
    setting("search_path", "pg_catalog, pg_temp");
    setting("statement_timeout", std::to_string(shop.statement_timeout.count()));
    setting("lock_timeout", std::to_string(shop.lock_timeout.count()));
    setting("idle_in_transaction_session_timeout",
            std::to_string(shop.statement_timeout.count() * 2));
    // Last: the role may have less rights to set the others.
    if (!shop.role.empty()) setting("role", shop.role);
    return options;
}

commerce::Used used_functions(const config::Settings& settings) {
    commerce::Used used{.payments = !settings.payment.empty(),
                        .projections = !settings.projection.empty()};
    for (const auto& [name, stream] : settings.outbox) {
        if (stream.table.empty()) used.outbox = true;
    }
    return used;
}

awaitable<std::vector<std::string>> shop_problems(pg::Pool& shop_pool, pg::Pool& pool,
                                                  const config::Settings& settings) {
    const commerce::Shop shop(shop_pool, settings.shop.schema);
    std::vector<std::string> problems = co_await commerce::check_contract(
        shop, settings.shop.schema, settings.shop.role, used_functions(settings));
    for (const commerce::OutboxStream& stream : outbox_streams(settings)) {
        for (const std::string& problem : co_await commerce::check_outbox(pool, stream)) {
            problems.push_back(fmt::format("outbox.{}: {}", stream.name, problem));
        }
    }
    co_return problems;
}

CommerceParts::CommerceParts(CommerceDeps deps, const config::Settings& settings)
    : deps_(std::move(deps)),
      settings_(settings),
      shop_pool_(deps_.io, deps_.blocking, shop_connect_options(settings),
                 static_cast<std::size_t>(settings.shop.pool_size), deps_.log),
      shop_(shop_pool_, settings.shop.schema),
      payments_({.pool = deps_.pool,
                 .http = deps_.http,
                 .clock = deps_.clock,
                 .shop = shop_,
                 .log = deps_.log},
                settings) {}

CommerceParts::~CommerceParts() = default;

void CommerceParts::register_kinds(jobs::Registry& registry) {
    jobs::register_outbox_relay(registry, {.pool = deps_.pool,
                                           .clock = deps_.clock,
                                           .streams = outbox_streams(settings_),
                                           .limits = outbox_limits(settings_)});
    jobs::register_projection_apply(registry, deps_.pool, projection_targets(settings_));
    jobs::register_projection_rebuild(registry, deps_.pool, deps_.clock,
                                      projection_options(settings_));
    payments_.register_kinds(registry);
}

awaitable<void> CommerceParts::check() {
    std::vector<std::string> problems = co_await commerce::check_contract(
        shop_, settings_.shop.schema, settings_.shop.role, used_functions(settings_));
    // What a queue does after a failure can be changed at any time: the relay's job looks at that.
    for (const commerce::OutboxStream& stream : outbox_streams(settings_)) {
        std::ranges::move(co_await commerce::check_outbox_table(deps_.pool, stream),
                          std::back_inserter(problems));
    }
    if (problems.empty()) co_return;
    throw Error(Error::Retry::permanent,
                fmt::format("the shop can't be used as it is (docs/commerce.md): {}",
                            fmt::join(problems, "; ")));
}

}  // namespace barid::worker
