#include "bench/notify_ledger.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

#include "bench/client.hpp"
#include "bench/report.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

double resident_mib(pid_t pid) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
    }
    return 0;
}

void make_users(Client& client, std::size_t users) {
    client.script(fmt::format(
        R"(INSERT INTO barid.app_user (id, locale)
           SELECT 'u' || to_char(n, 'FM0000000'), CASE WHEN n % 2 = 0 THEN 'ar-SA' ELSE 'en' END
           FROM generate_series(1, {0}) n;
           INSERT INTO barid.device (user_id, target, platform, last_ok_at)
           SELECT 'u' || to_char(n, 'FM0000000'), rpad('bench-token-' || n, 160, 'x'), 'android',
                  now()
           FROM generate_series(1, {0}) n;
           CREATE TABLE customers AS SELECT id FROM barid.app_user;
           GRANT SELECT ON customers TO barid_segment;
           SELECT barid.register_device('the-buyer', 'the-buyers-phone', 'android');
           SELECT barid.upsert_category('sale', ambiguity => 'hold'))",
        users));
    client.script("VACUUM ANALYZE");
}

std::string start_broadcast(Client& client, bool inbox) {
    const std::string id = client.value(fmt::format(
        R"(SELECT barid.broadcast('sale', title => '{{"en": "Sale", "ar": "تخفيضات"}}',
               body => '{{"en": "Half price in all boutiques until Friday",
                          "ar": "نصف السعر في جميع المتاجر حتى يوم الجمعة"}}',
               segment => 'SELECT id AS user_id FROM customers',
               channels => ARRAY[{}]))",
        inbox ? "'push', 'inbox'" : "'push'"));
    client.value("SELECT barid.broadcast_start('" + id + "')");
    return id;
}

/// An order's news while the broadcast is on its way: seconds to the provider's yes.
double time_an_order(Client& client) {
    const auto began = Clock::now();
    const std::string id = client.value(
        R"(SELECT barid.notify('the-buyer', title => '{"en": "Shipped"}',
                               body => '{"en": "Soon"}'))");
    while (client.value("SELECT count(*) FROM barid.delivery WHERE notification_id = '" + id +
                        "' AND state = 'accepted'") == "0") {
        if (since(began) > 60) throw std::runtime_error("the order's message never left");
        ::poll(nullptr, 0, 5);
    }
    return since(began);
}

}  // namespace

BroadcastRun run_broadcast(Arena& arena, PushStage& stage, const std::string& origin,
                           std::size_t users, bool inbox) {
    const Arena::Database database = arena.fresh(barid_contender(true, 50));
    Client client(database.url());
    make_users(client, users);
    Process worker({"/proc/self/exe", "--role", "sender", database.url(), origin, "10",
                    stage.ca_file(), stage.account_file(origin)});
    if (worker.read_line(30s) != "READY") throw std::runtime_error("the sender did not start");
    const double cpu_before = cpu_seconds(worker.pid());
    BroadcastRun out;
    const auto began = Clock::now();
    const std::string id = start_broadcast(client, inbox);
    while (true) {
        const auto row =
            client.script("SELECT state, sent_users FROM barid.broadcast_progress('" + id + "')")
                .at(0);
        const std::size_t sent = std::stoul(row.at(1));
        if (row.at(0) == "done") break;
        if (row.at(0) != "running" || since(began) > 3600) {
            throw std::runtime_error("the broadcast is " + row.at(0));
        }
        if (out.early_rss_mib == 0 && sent * 4 > users) {
            out.early_rss_mib = resident_mib(worker.pid());
        }
        if (out.order_seconds == 0 && sent * 2 > users) out.order_seconds = time_an_order(client);
        ::poll(nullptr, 0, 20);
    }
    const double took = since(began);
    const double cpu = cpu_seconds(worker.pid()) - cpu_before;
    const std::string accepted =
        client.value("SELECT accepted FROM barid.broadcast_progress('" + id + "')");
    if (std::stoul(accepted) != users) {
        throw std::runtime_error("only " + accepted + " messages were accepted");
    }
    out.push.rate = static_cast<double>(users) / took;
    out.push.cpu_us = cpu / static_cast<double>(users) * 1e6;
    worker.close_input();
    std::istringstream result(worker.read_line(60s));
    std::string word;
    double kilobytes = 0;
    result >> word >> word >> kilobytes;
    out.push.rss_mib = kilobytes / 1024;
    worker.wait();
    return out;
}

InboxRun run_inbox(Arena& arena, std::size_t rows) {
    const Arena::Database database = arena.fresh(barid_contender(true, 50));
    Client client(database.url());
    const std::size_t users = std::max<std::size_t>(1, rows / 100);
    // Its notifications are not made: nothing reads them here, and they would double the load.
    client.script(fmt::format(
        R"(SET session_replication_role = replica;
           INSERT INTO barid.inbox_item (notification_id, user_id, category, locale, title, body,
                                         data, created_at, seen_at, read_at)
           SELECT gen_random_uuid(), 'u' || n % {1}, 'general', 'ar', 'تم شحن طلبك',
                  'طلبك رقم ' || n || ' في الطريق إليك، وسيصلك خلال يومين',
                  jsonb_build_object('order', 'A-' || n), now() - n * interval '1 second',
                  now(), CASE WHEN n / {1} % 5 > 0 THEN now() END
           FROM generate_series(1, {0}) n)",
        rows, users));
    client.script("VACUUM ANALYZE barid.inbox_item");
    client.prepare("page", "SELECT * FROM barid.inbox($1, 50)");
    client.prepare("count", "SELECT barid.unread_count($1)");
    std::mt19937_64 random(7);
    const auto p99 = [&](const std::string& statement) {
        std::vector<double> times;
        for (int call = 0; call < 6'000; ++call) {
            const std::string user = fmt::format("u{}", random() % users);
            const auto began = Clock::now();
            client.run(statement, {user});
            if (call >= 1'000) times.push_back(since(began) * 1000);
        }
        return percentile(std::move(times), 99);
    };
    InboxRun out;
    out.page_ms = p99("page");
    out.count_ms = p99("count");
    return out;
}

}  // namespace barid::bench
