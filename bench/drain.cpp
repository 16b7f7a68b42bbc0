#include "bench/drain.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "bench/client.hpp"
#include "bench/process.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

std::map<std::string, double> backends_cpu(Client& client) {
    std::map<std::string, double> seconds;
    if (std::getenv("BARID_BENCH_DATABASE_URL") != nullptr) return seconds;
    const auto rows = client.script(R"(
        SELECT pid, application_name FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend'
          AND pid <> pg_backend_pid())");
    for (const auto& row : rows) seconds[row[1]] += cpu_seconds(std::stoi(row[0]));
    return seconds;
}

}  // namespace

double wal_per_job(Arena& arena, const Contender& contender, int jobs) {
    const auto database = arena.fresh(contender);
    Client client(database.url());
    std::string fill = contender.fill;
    const std::string small = "jsonb_build_object('n', n)";
    if (const auto at = fill.find(small); at != std::string::npos) {
        fill.replace(at, small.size(), "jsonb_build_object('n', n, 'text', repeat('x', 110))");
    }
    // No checkpoint in between: the first change of a page after one writes the whole page.
    client.script("CHECKPOINT");
    const std::string start = client.value("SELECT pg_current_wal_insert_lsn()");
    client.script(fmt::format(fmt::runtime(fill), jobs));
    std::vector<std::string> command = contender.drain;
    command.push_back(database.url());
    command.push_back(std::to_string(jobs));
    command.insert(command.end(), contender.drain_tail.begin(), contender.drain_tail.end());
    Process worker(command);
    worker.read_line(300s);
    const double bytes = std::stod(client.value(
        fmt::format("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{}')", start)));
    worker.close_input();
    worker.wait();
    return bytes / jobs;
}

DrainResult drain_once(Arena& arena, const Contender& contender, int jobs,
                       const std::function<std::shared_ptr<void>(const std::string& url)>& beside) {
    const auto database = arena.fresh(contender);
    Client client(database.url());
    client.script("CHECKPOINT");
    const std::string start = client.value("SELECT pg_current_wal_insert_lsn()");
    client.script(fmt::format(fmt::runtime(contender.fill), jobs));
    const std::string filled = client.value("SELECT pg_current_wal_insert_lsn()");
    client.script("VACUUM ANALYZE " + contender.table);
    client.script("CHECKPOINT");
    const std::string vacuumed = client.value("SELECT pg_current_wal_insert_lsn()");
    const auto neighbour = beside ? beside(database.url()) : nullptr;

    std::vector<std::string> command = contender.drain;
    command.push_back(database.url());
    command.push_back(std::to_string(jobs));
    command.insert(command.end(), contender.drain_tail.begin(), contender.drain_tail.end());
    Process worker(command);
    std::istringstream answer(worker.read_line(300s));
    std::string tag;
    DrainResult result;
    if (!(answer >> tag >> result.seconds >> result.peak_kilobytes >> result.worker_cpu) ||
        tag != "RESULT") {
        throw std::runtime_error(contender.name + " gave no result of its drain");
    }
    result.server_cpu = backends_cpu(client);
    result.wal_bytes =
        std::stod(client.value(fmt::format("SELECT pg_wal_lsn_diff('{}', '{}') + "
                                           "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{}')",
                                           filled, start, vacuumed)));
    worker.close_input();
    if (worker.wait() != 0) {
        throw std::runtime_error(contender.name + "'s process ended badly after its drain");
    }
    return result;
}

}  // namespace barid::bench
