// rebuild_1m: rows a second of a projection's rebuild, from its begin to the swap, while the shop
// writes 200 times a second and the relay delivers. What it costs the events is told beside it: how
// long the relay's slowest step took, waiting for a page included.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/crypto.hpp"
#include "base/timeout.hpp"
#include "bench/client.hpp"
#include "bench/commerce_suite.hpp"
#include "bench/report.hpp"
#include "commerce/outbox_relay.hpp"
#include "commerce/projection_rebuild.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;
using Next = commerce::RebuildStep::Next;

constexpr int kWritesASecond = 200;

// A customer and a wish each, as an import writes them, with the version that an event had had;
// then the live version is filled from them.
constexpr std::string_view kFill = R"(
INSERT INTO shop.products (id, name_en, name_ar) SELECT 'p' || i, 'Gift ' || i, 'هدية ' || i
FROM generate_series(1, 1000) i;
INSERT INTO shop.variants (id, product_id) SELECT 'v' || i, 'p' || i
FROM generate_series(1, 1000) i;
INSERT INTO shop.prices SELECT 'v' || i, 'KW', 1000 + i FROM generate_series(1, 1000) i;
INSERT INTO shop.stock SELECT 'v' || i, 'KW', 10, i % 2 * 10, i % 2 * -10 + 10
FROM generate_series(1, 1000) i;
INSERT INTO shop.customers (id, name) SELECT 'c' || i, 'c' || i FROM generate_series(1, {0}) i;
INSERT INTO shop.wishes (id, customer_id, product_id, variant_id, location_id, currency)
SELECT shop.wish_id('c' || i, 'v' || i % 1000 + 1, 'KW'), 'c' || i, 'p' || i % 1000 + 1,
       'v' || i % 1000 + 1, 'KW', 'KWD'
FROM generate_series(1, {0}) i;
INSERT INTO shop.outbox_aggregate SELECT 'wishlist', w.id, 1 FROM shop.wishes w;
TRUNCATE shop.outbox;
DO $$
DECLARE place text := '';
BEGIN
    WHILE place IS NOT NULL LOOP
        SELECT b.next INTO place FROM barid_shop.projection_backfill('wishlist', 1, place, 20000) b;
    END LOOP;
END $$;
ANALYZE)";

struct Figures {
    double rows_per_second = 0;
    double writes_per_second = 0;
    double slowest_ms = 0;  ///< of one relay's step
};

/// A shop's session in a thread of its own: one wish more or less, at an even pace.
class Writer {
  public:
    explicit Writer(const std::string& url)
        : thread_([this, url] {
              Client client(url);
              client.prepare("more", "SELECT shop.wish_add('c' || $1, 'v' || $2, 'KW')");
              client.prepare("less", "SELECT shop.wish_remove('c' || $1, 'v' || $2, 'KW')");
              auto next = std::chrono::steady_clock::now();
              for (int i = 1; !over_; ++i) {
                  client.run(i % 3 == 0 ? "less" : "more",
                             {std::to_string(i % 977 + 1), std::to_string(i % 7 + 1)});
                  ++written_;
                  next += std::chrono::nanoseconds(1s) / kWritesASecond;
                  std::this_thread::sleep_until(next);  // style(sleep): the load's pace
              }
          }) {}
    ~Writer() { stop(); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    int stop() {
        over_ = true;
        if (thread_.joinable()) thread_.join();
        return written_;
    }

  private:
    std::atomic<bool> over_ = false;
    std::atomic<int> written_ = 0;
    std::thread thread_;
};

class Run {
  public:
    explicit Run(const std::string& url) : client_(url), pool_(io_, blocking_, login(url), 4, {}) {
        options_.target.name = "wishlist";
        options_.streams = {"wishlist"};
        job_ = {
            .id = std::stoll(client_.value("SELECT barid.projection_rebuild('wishlist', 'bench')")),
            .claim_id = random_uuid()};
        client_.script(
            fmt::format("UPDATE barid.job SET state = 'running', attempt = 1, claim_id "
                        "= '{}' WHERE id = {}",
                        job_.claim_id, job_.id));
    }
    ~Run() {
        blocking_.stop();
        blocking_.join();
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// Seconds from the first step to the swap.
    double rebuild() {
        std::exception_ptr error;
        double seconds = 0;
        int running = 2;
        // Idle connections keep the context at work: it is stopped by the one that ends last.
        const auto ended = [&](std::exception_ptr e) {
            over_ = true;
            error = error ? error : e;
            if (--running == 0) io_.stop();
        };
        asio::co_spawn(io_, relay(), ended);
        asio::co_spawn(io_, steps(seconds), ended);
        io_.run();
        if (error) std::rethrow_exception(error);
        return seconds;
    }
    [[nodiscard]] double slowest_ms() const { return slowest_ms_; }

  private:
    static pg::ConnectOptions login(const std::string& url) {
        pg::ConnectOptions options;
        options.conninfo = Secret(url);
        return options;
    }
    awaitable<void> relay() {
        const commerce::OutboxRelay relay(pool_,
                                          {.name = "wishlist",
                                           .target = commerce::OutboxStream::Target::projection,
                                           .projection = "wishlist"});
        co_await relay.configure();
        for (;;) {
            const auto began = std::chrono::steady_clock::now();
            const commerce::OutboxStep step = co_await relay.step();
            const std::chrono::duration<double, std::milli> took =
                std::chrono::steady_clock::now() - began;
            slowest_ms_ = std::max(slowest_ms_, took.count());
            if (over_) co_return;  // the writer goes on: there is always more
            if (step.events == 0) co_await sleep_for(20ms);
        }
    }
    awaitable<void> steps(double& seconds) {
        const auto began = std::chrono::steady_clock::now();
        commerce::Rebuild rebuild(pool_, options_, job_, {});
        for (;;) {
            const commerce::RebuildStep now = co_await rebuild.step();
            if (now.next == Next::done) break;
            if (now.next != Next::again && now.next != Next::wait) {
                throw std::runtime_error("the rebuild failed: " + now.text);
            }
            co_await sleep_for(now.pause);
        }
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    }

    Client client_;
    asio::io_context io_{1};
    ThreadPool blocking_{2};
    pg::Pool pool_;
    commerce::ProjectionOptions options_;
    commerce::JobClaim job_;
    bool over_ = false;
    double slowest_ms_ = 0;
};

Figures rebuild_once(CommerceBench& bench, int rows) {
    const Arena::Database database = bench.arena.fresh(bench.barid);
    CommerceBench::install_shop(database.url());
    Client client(database.url());
    client.script(fmt::format(kFill, rows));
    Figures figures;
    Run run(database.url());
    Writer writer(database.url());
    const double seconds = run.rebuild();
    figures.writes_per_second = writer.stop() / seconds;
    figures.rows_per_second = rows / seconds;
    figures.slowest_ms = run.slowest_ms();
    const std::string broken =
        client.value("SELECT string_agg(what, '; ') FROM shop.violations_i10()");
    if (!broken.empty()) throw std::runtime_error("the rebuilt view is wrong: " + broken);
    if (client.value("SELECT version FROM shop.wishlist_version") != "2") {
        throw std::runtime_error("readers don't see the new version");
    }
    return figures;
}

}  // namespace

void bench_rebuild(CommerceBench& bench) {
    const int rows = std::max(1000, static_cast<int>(1'000'000 * bench.options.scale));
    std::vector<double> rates;
    std::vector<double> writes;
    std::vector<double> slowest;
    for (int run = 0; run < bench.options.runs; ++run) {
        const Figures figures = rebuild_once(bench, rows);
        rates.push_back(figures.rows_per_second);
        writes.push_back(figures.writes_per_second);
        slowest.push_back(figures.slowest_ms);
    }
    print(kCommerceSuite,
          {.name = "rebuild_1m", .value = median(rates), .unit = "rows/s", .runs = rates});
    print(kCommerceSuite,
          {.name = "rebuild_writes", .value = median(writes), .unit = "writes/s", .runs = writes});
    print(
        kCommerceSuite,
        {.name = "rebuild_slowest_relay", .value = median(slowest), .unit = "ms", .runs = slowest});
}

}  // namespace barid::bench
