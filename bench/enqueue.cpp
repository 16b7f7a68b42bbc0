#include "bench/enqueue.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "bench/client.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kClients = 8;
constexpr auto kLength = 3s;
constexpr int kBatch = 1000;

double seconds_since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

double enqueue_single(Arena& arena, const Contender& barid, bool plain) {
    const auto database = arena.fresh(barid);
    Client(database.url()).script("CREATE TABLE plain_job (LIKE barid.job INCLUDING ALL)");
    const std::string sql =
        plain ? "INSERT INTO plain_job (kind, payload) "
                "VALUES ('bench.noop', jsonb_build_object('n', $1::int)) RETURNING id"
              : barid.enqueue;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < kClients; ++i) {
        clients.push_back(std::make_unique<Client>(database.url()));
        clients.back()->prepare("enqueue", sql);
        clients.back()->run("enqueue", {"0"});
    }
    std::atomic<int> done = 0;
    const auto began = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (const auto& client : clients) {
            threads.emplace_back([&, raw = client.get()] {
                while (std::chrono::steady_clock::now() < began + kLength) {
                    raw->run("enqueue", {std::to_string(++done)});
                }
            });
        }
    }
    return done.load() / seconds_since(began);
}

double enqueue_bulk(Arena& arena, const Contender& contender, int jobs) {
    const auto database = arena.fresh(contender);
    Client client(database.url());
    client.prepare("many", contender.enqueue_many);
    std::string batch = "[";
    for (int n = 0; n < kBatch; ++n) {
        if (n > 0) batch += ",";
        batch += fmt::format(fmt::runtime(contender.bulk_item), n);
    }
    batch += "]";
    client.run("many", {batch});
    const auto began = std::chrono::steady_clock::now();
    for (int sent = 0; sent < jobs; sent += kBatch) client.run("many", {batch});
    return jobs / seconds_since(began);
}

}  // namespace barid::bench
