// reconcile, expire: orders a second over 100,000 candidates, with a gateway that answers at once
// (gateway_server.hpp) and no limit to its rate; compared with a loop that does one order after the
// other, with the same requests and the same functions of the shop.
#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

#include "base/http_curl.hpp"
#include "base/timeout.hpp"
#include "bench/client.hpp"
#include "bench/commerce_suite.hpp"
#include "bench/process.hpp"
#include "bench/report.hpp"
#include "commerce/myfatoorah_gateway.hpp"
#include "commerce/payment_check.hpp"
#include "jobs/order_expire.hpp"
#include "jobs/payment_reconcile.hpp"
#include "worker/worker.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

// A thousand goods, so that not every order waits for the same row of stock.
constexpr std::string_view kFill = R"(
INSERT INTO shop.customers (id, name, locale) VALUES ('noura', 'نورة العلي', 'ar');
INSERT INTO shop.products (id, name_en, name_ar)
SELECT 'g' || g, 'Lamp ' || g, 'مصباح ' || g FROM generate_series(0, 999) g;
INSERT INTO shop.variants (id, product_id) SELECT p.id, p.id FROM shop.products p;
INSERT INTO shop.stock (variant_id, location_id, total, available, held)
SELECT 'g' || g, 'KW', 1000000, 1000000 - h.held, h.held FROM generate_series(0, 999) g,
LATERAL (SELECT count(*) AS held FROM generate_series(1, {0}) n WHERE n % 1000 = g) h;
INSERT INTO shop.orders (id, customer_id, location_id, payment_method, subtotal_minor, total_minor,
                         currency, created_at, expires_at)
SELECT 'o' || n, 'noura', 'KW', 'card', 1500, 1500, 'KWD', now() - interval '2 hours',
       now() - interval '1 hour' FROM generate_series(1, {0}) n;
INSERT INTO shop.order_lines (order_id, variant_id, quantity, amount_minor, name_en, name_ar)
SELECT 'o' || n, 'g' || n % 1000, 1, 1500, 'Lamp', 'مصباح' FROM generate_series(1, {0}) n;
INSERT INTO shop.reservations (order_id, variant_id, location_id, quantity)
SELECT 'o' || n, 'g' || n % 1000, 'KW', 1 FROM generate_series(1, {0}) n;
INSERT INTO shop.attempts (id, order_id, gateway, state, reference, invoice_id, amount_minor,
                           currency, created_at, changed_at)
SELECT 'a' || n, 'o' || n, 'myfatoorah', 'SUBMITTED', 'B-' || n, n::text, 1500, 'KWD',
       now() - interval '2 hours', now() - interval '2 hours' FROM generate_series(1, {0}) n)";

struct Case {
    const char* name;
    const char* kind;
    const char* gateway;  ///< what it says of every invoice
    const char* done;     ///< an order's status afterwards
};

constexpr std::size_t kAtOnce = 8;  ///< the default of [shop]

/// Barid's parts as a worker has them, on an io_context of their own.
class Machine {
  public:
    Machine(const std::string& url, const std::string& gateway)
        : pool_(io_, blocking_, connect(url), 10, {}),
          shop_pool_(io_, blocking_, connect(url), kAtOnce, {}),
          shop_(shop_pool_, "barid_shop"),
          http_(io_, {.max_host_connections = static_cast<int>(kAtOnce)}),
          lane_(pool_, clock_),
          gateway_(http_, lane_, clock_, {},
                   {.name = "myfatoorah",
                    .url = gateway,
                    .api_key = Secret("bench"),
                    .requests_per_minute = 60'000'000,
                    .allow_private = true}),
          checker_(shop_, pool_, {&gateway_}, {.concurrency = static_cast<int>(kAtOnce)}, {}) {}
    ~Machine() {
        blocking_.stop();
        blocking_.join();
    }
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    /// The job from its enqueueing to its end; seconds.
    double job(const std::string& kind) {
        jobs::Registry registry;
        jobs::register_payment_reconcile(registry, checker_);
        jobs::register_order_expire(registry, checker_);
        // A queue of its own: what customers are told is sent by others.
        worker::Worker worker(io_, blocking_, pool_, registry,
                              {.name = "bench", .queues = {"money"}}, {});
        double seconds = 0;
        const auto watch = [&]() -> awaitable<void> {
            while (!worker.ready()) co_await sleep_for(2ms);
            const auto began = std::chrono::steady_clock::now();
            co_await pool_.execute("SELECT barid.enqueue($1, queue => 'money')", pg::Params(kind));
            for (;;) {
                const auto left = co_await pool_.execute(
                    "SELECT count(*) FROM barid.job WHERE kind = $1", pg::Params(kind));
                if (left.one().get<std::int64_t>(0) == 0) break;
                co_await sleep_for(20ms);
            }
            seconds = since(began);
            worker.request_stop();
        };
        run([&]() -> awaitable<void> {
            asio::co_spawn(io_, watch(), [](const std::exception_ptr& e) {
                if (e) std::rethrow_exception(e);
            });
            co_await worker.run();
        });
        return seconds;
    }

    /// One order after the other; seconds.
    double loop(bool paid, std::size_t orders) {
        double seconds = 0;
        run([&]() -> awaitable<void> {
            const auto began = std::chrono::steady_clock::now();
            for (std::size_t n = 1; n <= orders; ++n) co_await one(paid, std::to_string(n));
            seconds = since(began);
        });
        return seconds;
    }

  private:
    static pg::ConnectOptions connect(const std::string& url) {
        pg::ConnectOptions options;
        options.conninfo = Secret(url);
        return options;
    }
    static double since(std::chrono::steady_clock::time_point began) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    }

    awaitable<void> one(bool paid, std::string number) {
        const std::string order = "o" + number;
        const auto attempts = co_await shop_.rows("order_attempts", "$1", pg::Params(order));
        const SystemTime now = co_await checker_.database_now();
        const commerce::StatusAnswer answer =
            co_await gateway_.status(commerce::KeyType::invoice_id, number);
        if (attempts.empty() || !answer.invoice) throw std::runtime_error(answer.problem);
        if (paid) {
            co_await shop_.answer("mark_paid", "$1, $2, $3, 1500, 'KWD', 'loop', 1",
                                  pg::Params(order, "a" + number, "P" + number),
                                  commerce::kPaidAnswers);
        } else {
            co_await shop_.answer("expire_order", "$1, 1, $2::timestamptz, ARRAY[$3]",
                                  pg::Params(order, now, "a" + number), commerce::kExpireAnswers);
        }
    }

    void run(const std::function<awaitable<void>()>& work) {
        std::exception_ptr error;
        io_.restart();
        asio::co_spawn(io_, work(), [&](const std::exception_ptr& e) {
            error = e;
            io_.stop();
        });
        io_.run();
        if (error) std::rethrow_exception(error);
    }

    asio::io_context io_{1};
    ThreadPool blocking_{2};
    SystemClock clock_;
    pg::Pool pool_;
    pg::Pool shop_pool_;
    commerce::Shop shop_;
    http::CurlHttpClient http_;
    commerce::PaymentLane lane_;
    commerce::MyFatoorah gateway_;
    commerce::PaymentChecker checker_;
};

void require(const Arena::Database& database, const Case& what, std::size_t orders) {
    Client client(database.url());
    const std::string done = client.value(
        fmt::format("SELECT count(*) FROM shop.orders WHERE status = '{}'", what.done));
    if (done != std::to_string(orders)) {
        throw std::runtime_error(fmt::format("{} of {} orders are {}", done, orders, what.done));
    }
    const std::string broken = client.value(
        "SELECT string_agg(v::text, '; ') FROM (SELECT * FROM shop.violations() LIMIT 3) v");
    if (!broken.empty()) throw std::runtime_error("the books are wrong: " + broken);
}

/// Orders a second of the job, or of the loop.
double measure(CommerceBench& bench, const Case& what, const std::string& gateway,
               std::size_t orders, bool job) {
    const Arena::Database database = bench.arena.fresh(bench.barid);
    CommerceBench::install_shop(database.url());
    Client client(database.url());
    client.script("SELECT barid.install_order_notices()");
    client.script(fmt::format(kFill, orders));
    // Not the tables that are still empty: the server would believe that they stay so, and each
    // session would keep plans that read them from end to end.
    client.script(
        "VACUUM ANALYZE shop.attempts, shop.orders, shop.order_lines, shop.reservations, "
        "shop.stock, shop.variants, shop.products");
    Machine machine(database.url(), gateway);
    const bool paid = std::string_view(what.done) == "PAID";
    const double seconds = job ? machine.job(what.kind) : machine.loop(paid, orders);
    require(database, what, orders);
    return static_cast<double>(orders) / seconds;
}

void bench_case(CommerceBench& bench, const Case& what) {
    const auto orders = static_cast<std::size_t>(std::max(100.0, 100'000 * bench.options.scale));
    Process server({"/proc/self/exe", "--role", "gateway", what.gateway});
    const std::string ready = server.read_line(30s);
    const std::string gateway = "http://127.0.0.1:" + ready.substr(ready.find(' ') + 1);
    std::vector<double> rates;
    std::vector<double> loops;
    for (int run = 0; run < bench.options.runs; ++run) {
        loops.push_back(
            measure(bench, what, gateway, std::max<std::size_t>(100, orders / 20), false));
        rates.push_back(measure(bench, what, gateway, orders, true));
    }
    print(kCommerceSuite, {.name = what.name,
                           .value = median(rates),
                           .unit = "orders/s",
                           .runs = rates,
                           .vs = "a loop over the orders, one after the other",
                           .ratio = median(rates) / median(loops)});
    server.close_input();
    server.wait();
}

}  // namespace

void bench_reconcile(CommerceBench& bench) {
    bench_case(bench, {"reconcile", "payment.reconcile", "paid", "PAID"});
}

void bench_expire(CommerceBench& bench) {
    bench_case(bench, {"expire", "order.expire", "pending", "CANCELLED"});
}

}  // namespace barid::bench
