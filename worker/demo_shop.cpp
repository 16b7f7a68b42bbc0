#include "worker/demo_shop.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/timeout.hpp"
#include "worker/example_shop.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kRelayLimit = 20s;

constexpr std::string_view kCustomers = R"(
INSERT INTO shop.customers (id, name, locale) VALUES
    ('maha' || $1, 'مها السالم', 'ar'), ('jack' || $1, 'Jack Reed', 'en') ON CONFLICT DO NOTHING)";

constexpr std::string_view kPhones = R"(
SELECT barid.register_device(c.id || $1, 'token-of-' || c.id || $1, c.platform, locale => c.locale)
FROM (VALUES ('maha', 'ios', 'ar'), ('jack', 'android', 'en')) c (id, platform, locale))";

/// Both orders have an invoice at the gateway. Maha's is paid, and nobody tells the shop; Jack's
/// isn't, and its time is over.
constexpr std::string_view kOrders = R"(
WITH bought AS (
    SELECT b.*, shop.place_order(b.customer, jsonb_build_array(jsonb_build_object(
                    'variant', b.variant, 'quantity', 1)), order_id => b.id) AS made
    FROM (VALUES ('D-1001' || $1, 'maha' || $1, 'ROSE-L', 12500),
                 ('D-1002' || $1, 'jack' || $1, 'OUD-S', 9750)) b (id, customer, variant, minor))
SELECT made, barid.dev_invoice('demo', made || '.1', minor, 'KWD') FROM bought ORDER BY made)";

constexpr std::string_view kWishes = R"(
SELECT shop.wish_add('maha' || $1, 'OUD-S', 'KW'), shop.wish_add('jack' || $1, 'ROSE-L', 'KW'),
       shop.wish_add('jack' || $1, 'OUD-S', 'KW'))";

class Checks {
  public:
    Checks(pg::Pool& pool, const DemoRun& run) : pool_(pool), run_(run) {}

    awaitable<std::vector<Expectation>> run() {
        co_await wait_for_relays();
        co_await none("a paid order whose callback was lost was found at the gateway and placed",
                      R"(SELECT CASE WHEN o.status = 'PAID' AND count(p.order_id) = 1 THEN ''
                                ELSE 'it is ' || o.status END
                         FROM shop.orders o LEFT JOIN shop.placements p ON p.order_id = o.id
                         WHERE o.id = 'D-1001' || $1 GROUP BY o.status)");
        co_await none(
            "an order that nobody paid was cancelled after a look at the gateway, its "
            "stock given back",
            R"(SELECT CASE WHEN o.status = 'CANCELLED' AND o.cancelled_by = 'expiry'
                                     AND o.cancel_evidence IS NOT NULL AND r.state = 'released'
                                THEN '' ELSE 'it is ' || o.status || ', its stock ' || r.state END
                         FROM shop.orders o JOIN shop.reservations r ON r.order_id = o.id
                         WHERE o.id = 'D-1002' || $1)");
        co_await none("both customers were told, each in their language",
                      R"(SELECT CASE WHEN count(*) = 2 THEN '' ELSE 'found ' || count(*) END
                         FROM barid.dev_push p JOIN barid.device d ON d.id = p.device_id
                         WHERE d.user_id = 'maha' || $1 AND p.title LIKE '%تم دفع الطلب%'
                            OR d.user_id = 'jack' || $1 AND p.title LIKE 'Order % was cancelled')");
        co_await none(
            "the wish list that readers see is what was wished, before and after it was "
            "rebuilt beside them",
            R"(SELECT CASE WHEN count(*) = 2 THEN '' ELSE 'found ' || count(*) END
                         FROM shop.wishlist_view v
                         WHERE v.customer_id IN ('maha' || $1, 'jack' || $1)
                           AND $1::text IS NOT NULL)");
        co_await none("of the shop's ten invariants all hold",
                      R"(SELECT string_agg(v.invariant || ': ' || v.detail, '; ')
                         FROM shop.violations() v WHERE $1::text IS NOT NULL)");
        co_return std::move(list_);
    }

  private:
    awaitable<void> wait_for_relays() {
        const auto until = std::chrono::steady_clock::now() + kRelayLimit;
        std::string waiting = "?";
        while (!waiting.empty() && std::chrono::steady_clock::now() < until) {
            const pg::Result state = co_await pool_.execute(
                R"(SELECT coalesce(string_agg(s.stream || ': ' || w.pending, ', '), '')
                   FROM (VALUES ('orders'), ('wishlist'), ('product')) s (stream),
                        LATERAL barid_shop.outbox_state(s.stream) w
                   WHERE w.pending > 0)");
            waiting = state.one().text(0);
            if (!waiting.empty()) co_await sleep_for(50ms);
        }
        expect("every event of the shop's outbox was handed on", waiting.empty(), waiting);
    }

    void expect(std::string what, bool held, std::string found_instead) {
        list_.push_back({std::move(what), held, std::move(found_instead)});
    }

    /// A query that answers nothing, or an empty text, where all is well.
    awaitable<void> none(std::string what, std::string sql) {
        const pg::Result result = co_await pool_.execute(sql, pg::Params(run_.suffix));
        const bool held = !result.empty() && (result[0].is_null(0) || result[0].text(0).empty());
        expect(std::move(what), held,
               held ? "" : (result.empty() ? "nothing" : std::string(result[0].text(0))));
    }

    pg::Pool& pool_;
    const DemoRun& run_;
    std::vector<Expectation> list_;
};

}  // namespace

void set_demo_shop(config::Settings& settings) {
    settings.shop.enabled = true;
    settings.shop.reconcile_after = 0ms;
    settings.payment["demo"] = {.country = "dev"};
    settings.outbox["orders"] = {.kind = "demo.event", .poll_interval = 100ms};
    for (const char* stream : {"wishlist", "product"}) {
        settings.outbox[stream] = {.target = config::OutboxTarget::projection,
                                   .projection = "wishlist",
                                   .poll_interval = 100ms};
    }
    settings.projection["wishlist"] = {};
}

void register_demo_event(jobs::Registry& registry) {
    registry.add_raw({.kind = "demo.event", .timeout = 10s},
                     [](jobs::JobContext&, const json::value&) -> awaitable<queue::Outcome> {
                         co_return queue::Done{R"({"seen": true})"};
                     });
}

awaitable<void> open_demo_shop(pg::Pool& pool, const DemoRun& run) {
    const pg::Result there = co_await pool.execute("SELECT to_regclass('shop.orders') IS NOT NULL");
    if (!there.one().get<bool>(0)) {
        pg::PooledConnection connection = co_await pool.acquire();
        for (const ExampleFile& file : example_shop()) {
            co_await connection->execute_script(file.sql, 60s);
        }
    }
    pg::PooledConnection connection = co_await pool.acquire();
    // What each run sells comes in first.
    co_await connection->execute(
        "SELECT shop.receive_stock('ROSE-L', 'KW', 1), shop.receive_stock('OUD-S', 'KW', 1)");
    co_await connection->execute(kCustomers, pg::Params(run.suffix));
    co_await connection->execute(kPhones, pg::Params(run.suffix));
    co_await connection->execute(
        "SELECT barid.install_shop(streams => '{orders,wishlist,product}')");
}

awaitable<void> trade_in_demo_shop(pg::Pool& pool, const DemoRun& run) {
    pg::Transaction transaction = co_await pg::Transaction::begin(pool);
    const pg::Result invoices = co_await transaction.execute(kOrders, pg::Params(run.suffix));
    for (const auto& row : invoices) {
        co_await transaction.execute(
            "SELECT shop.begin_attempt($1, 'demo', invoice_id => $2)",
            pg::Params(std::string(row.text(0)), std::string(row.text(1))));
    }
    co_await transaction.execute("SELECT barid.dev_pay($1)",
                                 pg::Params(std::string(invoices[0].text(1))));
    co_await transaction.execute(
        "UPDATE shop.orders SET expires_at = now() - interval '1 minute' WHERE id = $1",
        pg::Params(std::string(invoices[1].text(0))));
    co_await transaction.execute(kWishes, pg::Params(run.suffix));
    co_await transaction.execute("SELECT shop.wish_remove('jack' || $1, 'OUD-S', 'KW')",
                                 pg::Params(run.suffix));
    // The schedules would come to it within two minutes; somebody is watching.
    co_await transaction.execute(
        R"(SELECT barid.enqueue('payment.reconcile', jsonb_build_object('order', 'D-1001' || $1),
                                request_id => $2, tags => ARRAY['order:D-1001' || $1]),
                  barid.enqueue('order.expire', request_id => $2),
                  barid.enqueue('projection.rebuild', '{"projection": "wishlist"}',
                                request_id => $2),
                  (SELECT count(*) FROM (VALUES ('orders'), ('wishlist'), ('product')) s (name),
                          LATERAL barid.try_enqueue('outbox.relay',
                              jsonb_build_object('stream', s.name),
                              unique_key => 'outbox.relay:' || s.name)))",
        pg::Params(run.suffix, run.request_id));
    co_await transaction.commit();
}

awaitable<void> show_demo_shop(pg::Pool& pool, const DemoRun& run, DemoOutput& out) {
    const pg::Result orders = co_await pool.execute(
        R"(SELECT o.id, c.name, barid.money(o.total_minor, o.currency) ->> 'amount', o.currency,
                  coalesce(i.state, 'no invoice'), o.status,
                  (SELECT string_agg(p.title || ' – ' || p.body, '; ')
                   FROM barid.dev_push p JOIN barid.device d ON d.id = p.device_id
                   WHERE d.user_id = o.customer_id AND p.data ->> 'order' = o.id)
           FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id
           LEFT JOIN barid.dev_invoice i ON i.reference = o.id || '.1'
           WHERE o.id IN ('D-1001' || $1, 'D-1002' || $1) ORDER BY o.id)",
        pg::Params(run.suffix));
    std::string text;
    for (const auto& row : orders) {
        text += fmt::format("{} of {}, {} {}: invoice {} → order {}\n", row.text(0), row.text(1),
                            row.text(2), row.text(3), row.text(4), row.text(5));
        if (!row.is_null(6)) text += fmt::format("    {}\n", row.text(6));
    }
    out.section("Orders (the gateway is the development one; nobody told the shop)", text);
}

awaitable<std::vector<Expectation>> check_demo_shop(pg::Pool& pool, const DemoRun& run) {
    Checks checks(pool, run);
    co_return co_await checks.run();
}

}  // namespace barid::worker
