// Everybody at once: 64 customers who order, pay, pay twice, cancel and walk away, and ask again
// when they needn't; their browsers' callbacks; the gateway's webhooks, posted to the real admin's
// side, signed in each way, three at once, too early, forged, and in the end all again backwards; a
// seller; two workers who reconcile, expire, refund and relay, and ask a gateway that sometimes
// breaks off. Few goods, lines in any order. Afterwards the oracles find nothing, the server has
// seen no deadlock, and each payment at the gateway is a charge in the shop's books.
//
// BARID_COMMERCE_ORDERS (1,000) and --gtest_random_seed change it; scripts/soak --commerce repeats
// it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "tests/fault/commerce/scene.hpp"
#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

int orders_wanted() {
    const char* given = std::getenv("BARID_COMMERCE_ORDERS");
    if (given != nullptr) return std::atoi(given);
    return slow_build() ? 125 : 1'000;
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

    /// What the gateway posts about the invoice, and what it must be answered.
    void webhook(const std::string& invoice, json::object message, std::int64_t wanted) {
        message["id"] = invoice;
        message["url"] = hooks;
        const bool forged = wanted != 200;
        for (const json::value& status :
             scene.gateway().control("webhook", message).at("statuses").as_array()) {
            if (status.as_int64() != wanted) {
                keep("a webhook was answered " + json::serialize(status) + ": " +
                     json::serialize(message) + "\n");
            }
        }
        ++(forged ? messages_forged : messages_signed);
    }

    /// In one of the ways in which it is signed.
    static json::object signed_way(std::mt19937& random) {
        switch (random() % 3) {
            case 0:
                return {{"version", 1}};
            case 1:
                return {{"version", 2}, {"order", "external"}};
            default:
                return {{"version", 2}, {"order", "customer"}};
        }
    }

    void forged_webhook(std::mt19937& random, const std::string& invoice) {
        constexpr const char* kWhat[] = {"status", "invoice", "signature"};
        json::object message = signed_way(random);
        if (random() % 4 == 0) {
            message["secret"] = "guessed";
        } else {
            message["tamper"] = kWhat[random() % 3];
        }
        webhook(invoice, std::move(message), 401);
    }

    void pay(Backend& shop, std::mt19937& random, const std::string& order,
             const std::string& invoice) {
        if (random() % 6 == 0) forged_webhook(random, invoice);
        if (random() % 6 == 0) webhook(invoice, signed_way(random), 200);  // nothing is paid yet
        scene.gateway().pay(invoice);
        const std::string told =
            "SELECT barid_shop.mark_paid('" + order + "', 'a" + invoice + "', '0707" + invoice +
            "0001', total_minor, currency, 'callback', 1) FROM shop.orders WHERE id = '" + order +
            "'";
        json::object message = signed_way(random);
        switch (random() % 4) {
            case 0:
                shop.run(told);
                shop.run(told);  // the page was loaded again
                break;
            case 1:
                message["times"] = 3;
                message["concurrent"] = random() % 2 == 0;
                webhook(invoice, std::move(message), 200);
                break;
            case 2:
                webhook(invoice, std::move(message), 200);
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
            const std::string place = "SELECT shop.place_order('noura', '" + lines(random) +
                                      "', '" + (cash ? "cod" : "card") + "', " + promo +
                                      ", 'KW', '" + hold + "', '" + order + "')";
            if (shop.run(place).empty()) continue;
            ++placed;
            if (random() % 8 == 0) shop.run(place);  // the answer was lost
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
            rest(10ms);
        }
        keep(shop.errors);
    }

    /// What the schedules do, much more often; and a gateway that has its moments.
    void clock() {
        Backend shop(scene.url());
        for (int i = 0; !over; ++i) {
            const char* kinds[] = {"payment.reconcile", "order.expire", "payment.refund"};
            shop.run("SELECT barid.enqueue('" + std::string(kinds[i % 3]) + "', unique_key => '" +
                     kinds[i % 3] + "', unique_while => 'waiting')");
            if (i % 10 == 5) troubles({"503", "reset", "garbage", "same", "truncated"});
            rest(100ms);
        }
        troubles({});
        keep(shop.errors);
    }

    /// What the next questions about invoices are answered.
    void troubles(json::array steps) {
        scene.gateway().control("script",
                                {{"path", "/v2/GetPaymentStatus"}, {"steps", std::move(steps)}});
    }

    void rest(std::chrono::milliseconds pause) {
        std::unique_lock lock(mutex);
        ended.wait_for(lock, pause, [this] { return over.load(); });
    }

    void keep(const std::string& text) {
        const std::lock_guard lock(mutex);
        errors += text;
    }

    /// What isn't paid expires; what was paid is found.
    bool settled() {
        return scene.run_everything() &&
               scene.count("SELECT count(*) FROM shop.orders WHERE status = 'PENDING'") == 0 &&
               scene.count("SELECT count(*) FROM shop.refunds WHERE state = 'DUE'") == 0;
    }

    /// Of a payment that is in the books, each once, and all that was ever posted, backwards: what
    /// was signed is taken, what was forged is refused, and nothing changes.
    void expect_more_webhooks_to_change_nothing() {
        constexpr const char* kBooks =
            "SELECT md5(string_agg(t.row, ',' ORDER BY t.row)) FROM ("
            "SELECT 'o' || o::text AS row FROM shop.orders o UNION ALL "
            "SELECT 'c' || c::text FROM shop.charges c UNION ALL "
            "SELECT 's' || s::text FROM shop.stock s) t";
        const std::string before = scene.sql(kBooks);
        const std::string paid = scene.sql("SELECT min(substr(attempt_id, 2)) FROM shop.charges");
        for (json::object way : {json::object{{"version", 1}},
                                 {{"version", 2}},
                                 {{"version", 2}, {"order", "customer"}}}) {
            webhook(paid, way, 200);
            for (const char* what : {"status", "invoice", "signature"}) {
                way["tamper"] = what;
                webhook(paid, way, 401);
            }
        }
        int refused = 0;
        int taken = 0;
        for (const json::value& status : scene.gateway()
                                             .control("webhook", {{"url", hooks}, {"replay", true}})
                                             .at("statuses")
                                             .as_array()) {
            refused += status == 401 ? 1 : 0;
            taken += status == 200 ? 1 : 0;
        }
        EXPECT_EQ(refused, messages_forged);
        EXPECT_EQ(taken, messages_signed);
        EXPECT_TRUE(wait_until([&] { return settled(); }, 180s)) << scene.errors();
        EXPECT_EQ(scene.sql(kBooks), before);
    }

    void expect_each_payment_in_the_books() {
        std::set<std::string> paid;
        for (const auto& invoice : scene.gateway().state().at("invoices").as_array()) {
            if (invoice.at("status") == "Paid") paid.emplace(invoice.at("id").as_string());
        }
        std::multiset<std::string> charged;
        std::istringstream ids(
            scene.sql("SELECT string_agg(substr(attempt_id, 2), ' ') FROM shop.charges"));
        for (std::string id; ids >> id;) charged.insert(id);
        EXPECT_THAT(charged, testing::UnorderedElementsAreArray(paid));
        std::printf("%d orders placed, %zu payments, %d webhooks signed and %d forged\n",
                    placed.load(), paid.size(), messages_signed.load(), messages_forged.load());
    }

    Scene scene;
    std::string hooks;
    std::atomic<int> messages_signed = 0;
    std::atomic<int> messages_forged = 0;
    std::atomic<bool> over = false;
    std::atomic<int> placed = 0;
    std::mutex mutex;
    std::condition_variable ended;
    std::string errors;
};

TEST_F(Soak, KeepsMoneyAndStockRight) {
    constexpr int kCustomers = 64;
    const auto seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
    const int orders = std::max(kCustomers, orders_wanted());
    std::printf("again: --gtest_random_seed=%u\n", seed);
    hooks = scene.start_admin();
    scene.start();
    scene.start();
    std::vector<std::thread> customers;
    for (int i = 0; i < kCustomers; ++i) {
        const int each = orders / kCustomers + (i < orders % kCustomers ? 1 : 0);
        customers.emplace_back([this, i, each, seed] { customer(i, each, seed); });
    }
    std::thread seller([this, seed] { this->seller(seed); });
    std::thread clock([this] { this->clock(); });
    for (auto& one : customers) one.join();
    over = true;
    ended.notify_all();
    seller.join();
    clock.join();

    EXPECT_TRUE(wait_until([&] { return settled(); }, 180s)) << scene.errors();
    expect_more_webhooks_to_change_nothing();
    EXPECT_TRUE(
        wait_until([&] { return scene.count("SELECT count(*) FROM shop.outbox") == 0; }, 180s));
    EXPECT_EQ(errors, "");
    EXPECT_EQ(scene.wrong(), "");
    EXPECT_EQ(scene.count("SELECT deadlocks FROM pg_stat_database "
                          "WHERE datname = current_database()"),
              0);
    // Each way was taken.
    for (const char* cause : {"webhook", "reconcile", "expire"}) {
        EXPECT_GT(scene.count("SELECT count(*) FROM barid.payment_check WHERE cause = '" +
                              std::string(cause) + "'"),
                  0)
            << cause;
    }
    expect_each_payment_in_the_books();
    for (const auto& [what, table] : {std::pair("status", "orders"),
                                      {"disposition", "charges"},
                                      {"reason", "charges"},
                                      {"state", "refunds"}}) {
        const std::string counted = scene.sql(
            fmt::format("SELECT string_agg({0} || ' ' || n, ', ' ORDER BY {0}) FROM (SELECT {0}, "
                        "count(*) AS n FROM shop.{1} GROUP BY 1) s",
                        what, table));
        std::printf("%s: %s\n", table, counted.c_str());
    }
    scene.stop();
}

}  // namespace
}  // namespace barid::fault
