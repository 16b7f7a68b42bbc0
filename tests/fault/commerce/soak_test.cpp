// Everybody at once: customers who order, pay, pay twice, cancel and walk away, their browsers'
// callbacks and the gateway's webhooks, a seller, and two workers who reconcile, expire, refund and
// relay; few goods, lines in any order. Afterwards the oracles find nothing, the server has seen no
// deadlock, and each payment at the gateway is a charge in the shop's books.
//
// BARID_COMMERCE_ORDERS (500) and --gtest_random_seed change it; scripts/soak --commerce repeats
// it.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include "tests/fault/commerce/scene.hpp"
#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

int orders_wanted() {
    const char* given = std::getenv("BARID_COMMERCE_ORDERS");
    return given != nullptr ? std::atoi(given) : sized(500);
}

/// What a customer's session can't do because of the shop's rules is no error: SH001 … SH004.
class Backend {
  public:
    explicit Backend(const std::string& url) : conn_(PQconnectdb(url.c_str())) {}
    ~Backend() { PQfinish(conn_); }
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    /// The value, or "" when the shop refused; other errors are kept.
    std::string run(const std::string& sql) {
        PGresult* result = PQexec(conn_, sql.c_str());
        std::string out;
        const auto status = PQresultStatus(result);
        if (status == PGRES_TUPLES_OK && PQntuples(result) > 0) out = PQgetvalue(result, 0, 0);
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            const std::string code = state != nullptr ? state : "?";
            if (!code.starts_with("SH0")) errors += code + " " + PQerrorMessage(conn_);
        }
        PQclear(result);
        return out;
    }

    std::string errors = {};

  private:
    PGconn* conn_;
};

class Soak : public testing::Test {
  protected:
    Soak() {
        scene.sql(
            "UPDATE shop.stock SET total = 300, available = 300; "
            "UPDATE shop.promos SET max_uses = 60");
        for (const char* stream : {"orders", "product", "wishlist"}) {
            scene.sql("SELECT barid.enqueue('outbox.relay', '{\"stream\": \"" +
                      std::string(stream) + "\"}', unique_key => 'outbox.relay:" + stream + "')");
        }
    }

    std::string lines(std::mt19937& random) {
        std::vector<std::string> goods{"ROSE", "OUD", "DATES"};
        std::ranges::shuffle(goods, random);
        goods.resize(1 + random() % 3);
        std::string out;
        for (const auto& one : goods) {
            out += (out.empty() ? "[" : ", ") + std::string(R"({"variant": ")") + one +
                   R"(", "quantity": )" + std::to_string(1 + random() % 2) + "}";
        }
        return out + "]";
    }

    /// An attempt that the gateway knows; its invoice, or "".
    std::string attempt(Backend& shop, const std::string& order, const std::string& invoice) {
        const std::string id =
            shop.run("SELECT shop.begin_attempt('" + order +
                     "', 'myfatoorah', submitted => true, attempt_id => 'a" + invoice + "')");
        if (id.empty()) return "";
        const std::string row = shop.run(
            "SELECT reference || ' ' || round(amount_minor / 1000.0, 3) FROM shop.attempts "
            "WHERE id = '" +
            id + "'");
        const auto blank = row.find(' ');
        scene.gateway().invoice(invoice, row.substr(0, blank), row.substr(blank + 1));
        shop.run("SELECT shop.attempt_invoice('" + id + "', '" + invoice + "')");
        return invoice;
    }

    void pay(Backend& shop, std::mt19937& random, const std::string& order,
             const std::string& invoice) {
        scene.gateway().pay(invoice);
        const std::string told =
            "SELECT barid_shop.mark_paid('" + order + "', 'a" + invoice + "', '0707" + invoice +
            "0001', total_minor, currency, 'callback', 1) FROM shop.orders WHERE id = '" + order +
            "'";
        const std::string hint =
            "SELECT barid.payment_hint('myfatoorah', 'payment', '" + invoice + "', 'default')";
        switch (random() % 4) {
            case 0:
                shop.run(told);
                break;
            case 1:
                for (int times = 0; times < 3; ++times) shop.run(hint);
                break;
            case 2:
                shop.run(hint);
                shop.run(told);
                break;
            default:
                break;  // the browser was closed; reconciliation finds it
        }
    }

    void customer(int number, int orders, unsigned seed) {
        std::mt19937 random(seed + static_cast<unsigned>(number));
        Backend shop(scene.url());
        for (int i = 0; i < orders; ++i) {
            const int serial = number * 1'000 + i;
            const std::string order = "o" + std::to_string(serial);
            const std::string promo = random() % 5 == 0 ? "'EID10'" : "NULL";
            const bool cash = random() % 12 == 0;
            const std::string hold = random() % 3 == 0 ? "-1 second" : "3 seconds";
            if (shop.run("SELECT shop.place_order('noura', '" + lines(random) + "', '" +
                         (cash ? "cod" : "card") + "', " + promo + ", 'KW', '" + hold + "', '" +
                         order + "')")
                    .empty()) {
                continue;
            }
            ++placed;
            if (cash) continue;
            const std::string invoice =
                attempt(shop, order, std::to_string(7'000'000 + serial * 2));
            const auto fate = random() % 10;
            if (fate < 5 && !invoice.empty()) pay(shop, random, order, invoice);
            if (fate == 4) {
                const std::string second =
                    attempt(shop, order, std::to_string(7'000'001 + serial * 2));
                if (!second.empty()) pay(shop, random, order, second);
            }
            if (fate == 5) {
                shop.run("SELECT shop.cancel_order('" + order + "', 'customer')");
                if (!invoice.empty()) pay(shop, random, order, invoice);
            }
        }
        keep(shop.errors);
    }

    /// New goods, new prices in any order, wishes.
    void seller(unsigned seed) {
        std::mt19937 random(seed);
        Backend shop(scene.url());
        while (!over) {
            std::vector<std::string> goods{"ROSE", "OUD", "DATES"};
            std::ranges::shuffle(goods, random);
            shop.run("SELECT shop.receive_stock('" + goods[0] + "', 'KW', 5)");
            shop.run("SELECT shop.wish_add('sam', '" + goods[1] + "', 'KW', true)");
            shop.run("SELECT shop.wish_remove('sam', '" + goods[2] + "', 'KW')");
            // Prices of another place: an order's own must not change under it.
            shop.run("BEGIN");
            for (const auto& one : {goods[1], goods[0]}) {
                shop.run(
                    "UPDATE shop.prices SET amount_minor = amount_minor + 1 "
                    "WHERE variant_id = '" +
                    one + "' AND location_id = 'SA'");
            }
            shop.run("COMMIT");
        }
        keep(shop.errors);
    }

    /// What the schedules do, much more often.
    void clock() {
        Backend shop(scene.url());
        for (int i = 0; !over; ++i) {
            const char* kinds[] = {"payment.reconcile", "order.expire", "payment.refund"};
            shop.run("SELECT barid.enqueue('" + std::string(kinds[i % 3]) + "', unique_key => '" +
                     kinds[i % 3] + "', unique_while => 'waiting')");
            std::unique_lock lock(mutex);
            ended.wait_for(lock, 100ms, [this] { return over.load(); });
        }
        keep(shop.errors);
    }

    void keep(const std::string& text) {
        const std::lock_guard lock(mutex);
        errors += text;
    }

    Scene scene;
    std::atomic<bool> over = false;
    std::atomic<int> placed = 0;
    std::mutex mutex;
    std::condition_variable ended;
    std::string errors;
};

TEST_F(Soak, KeepsMoneyAndStockRight) {
    constexpr int kCustomers = 40;  // with the workers' 24 sessions: 64
    const auto seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
    const int each = std::max(1, orders_wanted() / kCustomers);
    std::printf("again: --gtest_random_seed=%u\n", seed);
    scene.start();
    scene.start();
    std::vector<std::thread> customers;
    for (int i = 0; i < kCustomers; ++i) {
        customers.emplace_back([this, i, each, seed] { customer(i, each, seed); });
    }
    std::thread seller([this, seed] { this->seller(seed); });
    std::thread clock([this] { this->clock(); });
    for (auto& one : customers) one.join();
    over = true;
    ended.notify_all();
    seller.join();
    clock.join();

    // What isn't paid expires; what was paid is found.
    const auto settled = [&] {
        return scene.run_everything() &&
               scene.count("SELECT count(*) FROM shop.orders WHERE status = 'PENDING'") == 0 &&
               scene.count("SELECT count(*) FROM shop.refunds WHERE state = 'DUE'") == 0;
    };
    EXPECT_TRUE(wait_until(settled, 90s)) << scene.errors();
    EXPECT_TRUE(
        wait_until([&] { return scene.count("SELECT count(*) FROM shop.outbox") == 0; }, 60s));
    EXPECT_EQ(errors, "");
    EXPECT_EQ(scene.wrong(), "");
    EXPECT_EQ(scene.count("SELECT deadlocks FROM pg_stat_database "
                          "WHERE datname = current_database()"),
              0);
    long paid = 0;
    for (const auto& invoice : scene.gateway().state().at("invoices").as_array()) {
        if (invoice.at("status") != "Paid") continue;
        ++paid;
        const std::string id(invoice.at("id").as_string());
        EXPECT_EQ(scene.count("SELECT count(*) FROM shop.charges WHERE attempt_id = 'a" + id + "'"),
                  1)
            << "of the paid invoice " << id;
    }
    EXPECT_EQ(scene.count("SELECT count(*) FROM shop.charges"), paid);
    std::printf("%d orders placed, %ld payments, %s\n", placed.load(), paid,
                scene
                    .sql("SELECT string_agg(status || ' ' || n, ', ' ORDER BY status) FROM (SELECT "
                         "status, count(*) AS n FROM shop.orders GROUP BY 1) s")
                    .c_str());
    std::printf(
        "charges: %s; late: %s\n",
        scene
            .sql("SELECT string_agg(disposition || ' ' || n, ', ') FROM (SELECT disposition, "
                 "count(*) AS n FROM shop.charges GROUP BY 1) s")
            .c_str(),
        scene.sql("SELECT count(*) FROM shop.charges WHERE reason = 'late_placed'").c_str());
    scene.stop();
}

}  // namespace
}  // namespace barid::fault
