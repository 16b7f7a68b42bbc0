// What the jobs about a shop's money, stock and events need, made from [shop], [payment.NAME],
// [outbox.NAME] and [projection.NAME]; and the look at whether the shop provides its functions.
//
// Made by the Platform when [shop] is enabled; what it holds outlives the registry's use. Io thread
// only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"
#include "commerce/contract.hpp"
#include "commerce/shop.hpp"
#include "config/settings.hpp"
#include "jobs/registry.hpp"
#include "queue/pg/pool.hpp"
#include "worker/payment_parts.hpp"

namespace barid::worker {

/// A login for the shop's functions: the shop's role, an empty search_path and its time limits.
pg::ConnectOptions shop_connect_options(const config::Settings& settings);

/// Which functions the settings ask for.
commerce::Used used_functions(const config::Settings& settings);

/// All that keeps the shop's side from being used: its functions, and the streams' tables and
/// queues. `shop_pool` has the shop's login, `pool` is Barid's own.
awaitable<std::vector<std::string>> shop_problems(pg::Pool& shop_pool, pg::Pool& pool,
                                                  const config::Settings& settings);

struct CommerceDeps {
    asio::io_context& io;
    ThreadPool& blocking;
    pg::Pool& pool;          ///< Barid's own
    http::HttpClient& http;  ///< to the gateways
    const Clock& clock;
    log::Logger log;
};

class CommerceParts {
  public:
    CommerceParts(CommerceDeps deps, const config::Settings& settings);
    ~CommerceParts();

    void register_kinds(jobs::Registry& registry);

    /// Throws a permanent Error that says all that is wrong with the shop's functions and the
    /// streams' tables.
    awaitable<void> check();

    [[nodiscard]] const commerce::Shop& shop() const { return shop_; }

  private:
    CommerceDeps deps_;
    const config::Settings& settings_;
    pg::Pool shop_pool_;
    commerce::Shop shop_;
    PaymentParts payments_;
};

}  // namespace barid::worker
