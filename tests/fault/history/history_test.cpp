// Producers, worker processes, an admin and a nemesis for a while, then judgement.
//
//     BARID_HISTORY_SECONDS=60 BARID_HISTORY_SEED=7 fault_history --gtest_filter=History.*
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/fault/history/checker.hpp"
#include "tests/fault/history/nemesis.hpp"

namespace barid::history {
namespace {

using namespace std::chrono_literals;

long from_environment(const char* name, long fallback) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::atol(text) : fallback;
}

/// The file that the handlers append to; set before the first worker is started.
class Log {
  public:
    Log()
        : path_(std::filesystem::temp_directory_path() /
                fmt::format("barid-history-{}", getpid())) {
        std::ofstream(path_).close();
        ::setenv("BARID_HISTORY_FILE", path_.c_str(), 1);
    }
    ~Log() {
        ::unsetenv("BARID_HISTORY_FILE");
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    [[nodiscard]] std::string text() const {
        std::ostringstream all;
        all << std::ifstream(path_).rdbuf();
        return all.str();
    }

  private:
    std::filesystem::path path_;
};

std::vector<Final> read_finals(const std::string& url) {
    Session session(url);
    std::vector<Final> finals;
    for (const Row& row : session.query(
             R"(SELECT j.id, coalesce(j.payload->>'ref', ''), j.queue, j.state, j.attempt,
                       j.max_attempts, coalesce(h.claim_id::text, ''), coalesce(j.origin_id, 0)
                FROM barid.jobs j LEFT JOIN barid.job_history h ON h.id = j.id ORDER BY 1)")) {
        finals.push_back({std::stoll(row[0]), row[1], row[2], row[3], std::stoi(row[4]),
                          std::stoi(row[5]), row[6], std::stoll(row[7])});
    }
    return finals;
}

void count_left(const std::string& url, History& history) {
    for (const char* table : {"claim", "worker", "ordering_slot", "limit_slot", "dependency"}) {
        history.left[table] =
            std::stol(support::query(url, std::string("SELECT count(*) FROM barid.") + table));
    }
}

std::string story_of(std::int64_t id, const History& history, const std::string& url) {
    std::string text;
    for (const Crash& crash : history.crashes) {
        text += fmt::format("\n    the server was down from {} to {}", crash.down, crash.up);
    }
    for (const Run& run : history.runs) {
        if (run.job != id) continue;
        text +=
            fmt::format("\n    {} lease {} attempt {} claim {}: {} to {} {}", run.worker, run.lease,
                        run.attempt, run.claim, run.started, run.ended.value_or(0), run.how);
    }
    const std::string what = "SELECT to_jsonb(j) FROM barid.jobs j WHERE id = ";
    return text + "\n    " + support::query(url, what + std::to_string(id));
}

/// What a server of a shop has, with a window for losing asynchronous claims that is wide open.
std::vector<std::string> server_settings() {
    return {"fsync=on", "wal_writer_delay=2s", "wal_writer_flush_after=64MB"};
}

TEST(History, EveryPromiseHoldsWhateverBreaks) {
    const bool slow = fault::slow_build();
    const auto length =
        std::chrono::seconds(from_environment("BARID_HISTORY_SECONDS", slow ? 25 : 60));
    const auto seed = static_cast<std::uint64_t>(from_environment(
        "BARID_HISTORY_SEED", static_cast<long>(std::random_device{}() % 1000000)));
    fmt::print("again: BARID_HISTORY_SEED={} BARID_HISTORY_SECONDS={}\n", seed, length.count());
    const Log log;
    support::PrivatePostgres server(server_settings());
    // Claims are synchronous in a server's first minute; here it always looks old, so that they
    // are asynchronous and crashes lose some.
    support::query(server.url(), R"(
        CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql
            AS $$ SELECT now() - interval '1 day' $$;
        ALTER DATABASE postgres SET search_path = public, pg_catalog)");
    support::query(server.url(),
                   "INSERT INTO barid.queue (name, concurrency, key_concurrency) "
                   "VALUES ('narrow', 3, 1)");
    fault::Fleet fleet(
        server.url(),
        {.concurrency = 8, .ttl_ms = slow ? 4'000 : 2'000, .queues = "default,narrow"});
    for (int i = 0; i < 3; ++i) fleet.start();
    Producers producers(server.url(), seed);
    producers.start(slow ? 3 : 5);
    Nemesis nemesis(server, fleet, producers, seed);
    nemesis.run(length);
    producers.stop();
    const auto stopped = std::chrono::steady_clock::now();
    const bool drained = fleet.wait_for_live(0, 60s);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - stopped);
    EXPECT_TRUE(drained) << fleet.live_jobs() << " jobs are left, for example "
                         << fleet.sql("SELECT to_jsonb(j) FROM barid.job j ORDER BY id LIMIT 1");
    fleet.stop_all();
    // Rows of leases that were lost late are removed by whoever works next.
    fleet.start();
    EXPECT_TRUE(fault::wait_until(
        [&] { return fleet.count("SELECT count(*) FROM barid.worker") == 1; }, 20s));
    fleet.stop_all();

    History history;
    history.limits = {{"narrow", 3, 1}};
    history.enqueues = producers.take();
    history.surprises = producers.surprises();
    read_log(log.text(), history);
    nemesis.report(history);
    history.finals = read_finals(server.url());
    count_left(server.url(), history);
    const Verdict verdict = check(history);
    fmt::print("{}\n{}; drained in {} ms\n", nemesis.summary(), summary(verdict), took.count());
    EXPECT_GT(verdict.committed, length.count()) << "hardly anything was enqueued";
    EXPECT_GT(verdict.cut_short, 0) << "no kill hit a handler";
    for (const std::string& problem : verdict.problems) {
        std::int64_t id = 0;
        std::istringstream(problem.starts_with("job ") ? problem.substr(4) : "") >> id;
        ADD_FAILURE() << problem << (id != 0 ? story_of(id, history, server.url()) : "");
    }
}

}  // namespace
}  // namespace barid::history
