#include "bench/raw.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/client.hpp"
#include "bench/process.hpp"

namespace barid::bench {
namespace {

constexpr int kClients = 2;

void drain(const std::string& url) {
    Client claims(url);
    claims.script("SET enable_seqscan = off");
    claims.script("SET synchronous_commit = off");
    claims.prepare("claim", R"(
        UPDATE raw_job SET claimed = true WHERE id = ANY (ARRAY(
            SELECT id FROM raw_job WHERE NOT claimed ORDER BY id LIMIT 500
            FOR UPDATE SKIP LOCKED))
        RETURNING id, payload)");
    Client deletes(url);
    deletes.prepare("delete", "DELETE FROM raw_job WHERE id = ANY ($1::bigint[])");
    while (true) {
        const auto rows = claims.run("claim");
        if (rows.empty()) return;
        std::string ids = "{";
        for (const auto& row : rows) ids += (ids.size() > 1 ? "," : "") + row[0];
        deletes.run("delete", {ids + "}"});
    }
}

}  // namespace

int run_raw(const Role& role) {
    const auto began = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < kClients; ++i) clients.emplace_back([&] { drain(role.url); });
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    fmt::print("RESULT {} 0 {}\n", took.count(), cpu_seconds(getpid()));
    std::fflush(stdout);
    return 0;
}

}  // namespace barid::bench
