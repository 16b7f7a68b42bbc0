#include "bench/raw.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "bench/client.hpp"
#include "bench/process.hpp"

namespace barid::bench {
namespace {

void drain(const std::string& url) {
    Client client(url);
    client.script("SET enable_seqscan = off");
    client.prepare("claim", R"(
        UPDATE raw_job SET claimed = true WHERE id = ANY (ARRAY(
            SELECT id FROM raw_job WHERE NOT claimed ORDER BY id LIMIT 500
            FOR UPDATE SKIP LOCKED))
        RETURNING id, payload)");
    client.prepare("delete", "DELETE FROM raw_job WHERE id = ANY ($1::bigint[])");
    while (true) {
        const auto rows = client.run("claim");
        if (rows.empty()) return;
        std::string ids = "{";
        for (const auto& row : rows) ids += (ids.size() > 1 ? "," : "") + row[0];
        client.run("delete", {ids + "}"});
    }
}

}  // namespace

int run_raw(const Role& role) {
    const auto began = std::chrono::steady_clock::now();
    drain(role.url);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    fmt::print("RESULT {} 0 {}\n", took.count(), cpu_seconds(getpid()));
    std::fflush(stdout);
    return 0;
}

}  // namespace barid::bench
