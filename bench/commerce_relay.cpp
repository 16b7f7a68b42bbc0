// relay_*: events a second in order over 10,000 aggregates, for each target, and beside a writer
// whose transaction stays open. The relay is the program's own, on a session like a worker's; what
// it is compared with is the queue's drain in the same run.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <stdexcept>
#include <vector>

#include "bench/client.hpp"
#include "bench/commerce_suite.hpp"
#include "bench/drain.hpp"
#include "bench/report.hpp"
#include "commerce/outbox_relay.hpp"

namespace barid::bench {
namespace {

constexpr int kAggregates = 10'000;

// As many events of each aggregate, mixed as they come in a shop. The projection gets wishes.
constexpr std::string_view kFill = R"(
INSERT INTO shop.outbox (stream, aggregate_type, aggregate_id, aggregate_version, event_type,
                         payload, tags)
SELECT shop.outbox_stream_of('{0}'), '{0}', 'a' || i % {1}, i / {1} + 1, '{2}',
       jsonb_build_object('customer_id', 'c' || i % 97, 'product_id', 'rose', 'variant_id', 'ROSE',
           'location_id', 'KW', 'price_seen_minor', 12500, 'currency', 'KWD', 'wants_back', false,
           'added_at', '2026-11-22T10:00:00Z'),
       ARRAY['order:a' || i % {1}]
FROM generate_series(0, {3} - 1) i;
INSERT INTO shop.outbox_aggregate
SELECT '{0}', 'a' || a, {3} / {1} FROM generate_series(0, {1} - 1) a)";

struct Case {
    const char* name;
    commerce::OutboxStream::Target target;
    bool open_writer = false;
};

/// The whole of it on one io_context, which ends with it.
double relay_all(const std::string& url, commerce::OutboxStream stream, int wanted) {
    asio::io_context io{1};
    ThreadPool blocking{1};
    pg::ConnectOptions options;
    options.conninfo = Secret(url);
    pg::Pool pool(io, blocking, options, 2, {});
    double seconds = 0;
    std::exception_ptr error;
    const auto work = [&]() -> awaitable<void> {
        const commerce::OutboxRelay relay(pool, std::move(stream));
        co_await relay.configure();
        const auto began = std::chrono::steady_clock::now();
        int events = 0;
        while (events < wanted) {
            const commerce::OutboxStep step = co_await relay.step();
            if (step.events == 0) throw std::runtime_error("the relay stands still");
            events += step.events;
        }
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    asio::co_spawn(io, work(), [&](std::exception_ptr e) {
        error = e;
        io.stop();
    });
    io.run();
    blocking.stop();
    blocking.join();
    if (error) std::rethrow_exception(error);
    return seconds;
}

double relay_once(CommerceBench& bench, const Case& what, int events) {
    const Arena::Database database = bench.arena.fresh(bench.barid);
    CommerceBench::install_shop(database.url());
    const bool wishes = what.target == commerce::OutboxStream::Target::projection;
    Client client(database.url());
    client.script(fmt::format(kFill, wishes ? "wishlist" : "order", kAggregates,
                              wishes ? "wishlist.changed" : "order.changed", events));
    client.script("VACUUM ANALYZE shop.outbox");
    if (wishes) client.script("SELECT barid_shop.projection_begin('wishlist', 1)");
    Client writer(database.url());
    if (what.open_writer) {
        writer.script("BEGIN");
        writer.script("SELECT shop.emit('order', 'slow', 'order.changed', '{}')");
    }
    const double seconds = relay_all(database.url(),
                                     {.name = wishes ? "wishlist" : "orders",
                                      .target = what.target,
                                      .endpoint = "erp",
                                      .projection = "wishlist"},
                                     events);
    if (what.open_writer) writer.script("COMMIT");
    const std::string broken = client.value(
        "SELECT string_agg(what, '; ') FROM (SELECT * FROM "
        "shop.violations_i9() LIMIT 3) v");
    if (!broken.empty()) throw std::runtime_error("out of order: " + broken);
    return events / seconds;
}

}  // namespace

void bench_relay(CommerceBench& bench) {
    using Target = commerce::OutboxStream::Target;
    const int rounds = std::max(1, static_cast<int>(20 * bench.options.scale));
    const int events = rounds * kAggregates;
    const std::vector<Case> cases{{"relay", Target::jobs},
                                  {"relay_open_writer", Target::jobs, true},
                                  {"relay_deliver", Target::deliver},
                                  {"relay_projection", Target::projection}};
    std::map<std::string, std::vector<double>> rates;
    std::vector<double> drains;
    for (int run = 0; run < bench.options.runs; ++run) {
        drains.push_back(bench.options.jobs /
                         drain_once(bench.arena, bench.barid, bench.options.jobs).seconds);
        for (const Case& what : cases) {
            rates[what.name].push_back(relay_once(bench, what, events));
        }
    }
    print(kCommerceSuite,
          {.name = "drain", .value = median(drains), .unit = "jobs/s", .runs = drains});
    const auto compare = [&](const std::string& name, const std::string& with,
                             const std::vector<double>& others, std::optional<double> goal) {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < others.size(); ++i) {
            ratios.push_back(rates[name][i] / others[i]);
        }
        print(kCommerceSuite, {.name = name,
                               .value = median(rates[name]),
                               .unit = "events/s",
                               .runs = rates[name],
                               .vs = with,
                               .ratio = median(ratios),
                               .goal = goal});
    };
    compare("relay", "drain", drains, 0.7);
    compare("relay_open_writer", "relay", rates["relay"], 0.95);
    compare("relay_deliver", "drain", drains, {});
    compare("relay_projection", "drain", drains, {});
}

}  // namespace barid::bench
