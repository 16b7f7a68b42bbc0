#include "bench/load.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <map>
#include <sstream>
#include <thread>

#include "bench/client.hpp"
#include "bench/peers.hpp"
#include "bench/process.hpp"
#include "bench/report.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

const std::string kSuite = "queue";
constexpr int kDue = 20'000;

class Load {
  public:
    Load(Arena& arena, const LoadOptions& options)
        : arena_(arena), options_(options), barid_(barid_contender(true, options.concurrency)) {}

    void held_horizon();
    void burdened(const std::string& name, const std::string& burden,
                  const std::vector<std::string>& queues = {"default"});
    void queues_50();
    void processes_8();
    void late_commit();
    void rescue();

    [[nodiscard]] std::string scaled(double count) const {
        return std::to_string(std::llround(count * options_.scale));
    }

  private:
    [[nodiscard]] std::vector<std::string> worker(const std::string& role, const std::string& url,
                                                  long jobs,
                                                  const std::vector<std::string>& queues) const {
        std::vector<std::string> command{"/proc/self/exe",
                                         "--role",
                                         role,
                                         url,
                                         std::to_string(jobs),
                                         std::to_string(options_.concurrency)};
        command.insert(command.end(), queues.begin(), queues.end());
        return command;
    }
    /// Seconds that a worker needs for `jobs` due jobs of the default queue, from the moment in
    /// which they may run.
    double drain(Client& client, const std::string& url, int jobs,
                 const std::vector<std::string>& queues);
    static void wait_until(Client& client, const std::string& question) {
        const auto until = std::chrono::steady_clock::now() + 600s;
        while (client.value(question) != "t") {
            if (std::chrono::steady_clock::now() > until) {
                throw std::runtime_error("never came true: " + question);
            }
            std::this_thread::sleep_for(1ms);  // style(sleep): the server is asked again
        }
    }
    static std::string fill(const std::string& queue, const std::string& count) {
        return fmt::format(
            "INSERT INTO barid.job (kind, queue, payload) SELECT 'bench.noop', '{}', "
            "jsonb_build_object('n', n) FROM generate_series(1, {}) n;",
            queue, count);
    }
    static double since(std::chrono::steady_clock::time_point began) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    }
    void compare(const std::string& name, const std::vector<double>& ours, const std::string& vs,
                 const std::vector<double>& others, double goal) const {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / others[i]);
        print(kSuite, {.name = name,
                       .value = median(ours),
                       .unit = "jobs/s",
                       .runs = ours,
                       .vs = vs,
                       .ratio = median(ratios),
                       .goal = goal});
    }

    Arena& arena_;
    LoadOptions options_;
    Contender barid_;
};

double Load::drain(Client& client, const std::string& url, int jobs,
                   const std::vector<std::string>& queues) {
    client.script("SELECT barid.pause('default');" + fill("default", std::to_string(jobs)));
    Process process(worker("windows", url, jobs, queues));
    process.read_line(60s);  // ready
    const auto began = std::chrono::steady_clock::now();
    client.script("SELECT barid.resume('default')");
    process.read_line(600s);
    const double took = since(began);
    process.close_input();
    process.wait();
    return took;
}

void Load::held_horizon() {
    const auto database = arena_.fresh(barid_);
    Client client(database.url());
    const long jobs = std::lround(1e6 * options_.scale);
    client.script(fill("default", std::to_string(jobs)));
    client.script("VACUUM ANALYZE barid.job");
    Client holder(database.url());
    holder.script("BEGIN ISOLATION LEVEL REPEATABLE READ");
    holder.script("SELECT count(*) FROM barid.queue");
    Process process(worker("windows", database.url(), jobs, {"default"}));
    process.read_line(60s);
    std::istringstream times(process.read_line(600s));
    std::vector<double> rates;
    double last = 0;
    for (double at = 0; times >> at; last = at) {
        if (last > 0) rates.push_back(20'000 / (at - last));
    }
    process.close_input();
    process.wait();
    holder.script("COMMIT");
    // The first window connects and warms up; the second is the first whole one.
    print(kSuite, {.name = "held_horizon",
                   .value = rates.back(),
                   .unit = "jobs/s",
                   .runs = rates,
                   .vs = "first window",
                   .ratio = rates.back() / rates.front(),
                   .goal = 0.95});
}

void Load::burdened(const std::string& name, const std::string& burden,
                    const std::vector<std::string>& queues) {
    const auto plain = arena_.fresh(barid_);
    const auto heavy = arena_.fresh(barid_);
    Client plain_client(plain.url());
    Client heavy_client(heavy.url());
    heavy_client.script(burden);
    heavy_client.script("VACUUM ANALYZE barid.job");
    heavy_client.script("CHECKPOINT");
    std::vector<double> with;
    std::vector<double> without;
    for (int run = 0; run < options_.runs; ++run) {
        without.push_back(kDue / drain(plain_client, plain.url(), kDue, queues));
        with.push_back(kDue / drain(heavy_client, heavy.url(), kDue, queues));
    }
    compare(name, with, "the same without it", without, 0.95);
}

void Load::queues_50() {
    std::vector<double> many;
    std::vector<double> one;
    std::vector<std::string> names;
    for (int i = 0; i < 50; ++i) names.push_back("q" + std::to_string(i));
    for (int run = 0; run < options_.runs; ++run) {
        for (auto* rates : {&one, &many}) {
            const auto database = arena_.fresh(barid_);
            Client client(database.url());
            for (int i = 0; i < 50; ++i) {
                const std::string& name =
                    rates == &one ? names[0] : names[static_cast<std::size_t>(i)];
                client.script("INSERT INTO barid.queue (name, paused) VALUES ('" + name +
                              "', true) ON CONFLICT DO NOTHING;" + fill(name, "1000"));
            }
            Process process(worker("windows", database.url(), 50'000,
                                   rates == &one ? std::vector{names[0]} : names));
            process.read_line(60s);
            const auto began = std::chrono::steady_clock::now();
            client.script(
                "UPDATE barid.queue SET paused = false; SELECT barid.wake(name) FROM "
                "barid.queue");
            process.read_line(600s);
            rates->push_back(50'000 / since(began));
            process.close_input();
            process.wait();
        }
    }
    compare("queues_50", many, "one queue", one, 0.9);
}

void Load::processes_8() {
    std::map<int, std::vector<double>> rates;
    for (int run = 0; run < options_.runs; ++run) {
        for (const int processes : {1, 8}) {
            const auto database = arena_.fresh(barid_);
            Client client(database.url());
            client.script("UPDATE barid.queue SET paused = true;" + fill("default", "50000"));
            std::vector<std::unique_ptr<Process>> workers;
            for (int i = 0; i < processes; ++i) {
                workers.push_back(std::make_unique<Process>(
                    worker("windows", database.url(), 1'000'000'000, {"default"})));
                workers.back()->read_line(60s);
            }
            const auto began = std::chrono::steady_clock::now();
            client.script("SELECT barid.resume('default')");
            wait_until(client, "SELECT NOT EXISTS (SELECT FROM barid.job)");
            rates[processes].push_back(50'000 / since(began));
        }
    }
    compare("processes_8", rates[8], "one process", rates[1], 0.9);
}

void Load::late_commit() {
    const auto database = arena_.fresh(barid_);
    Client client(database.url());
    Client late(database.url());
    Process process(worker("windows", database.url(), 1'000'000'000, {"default"}));
    process.read_line(60s);
    late.script("BEGIN");
    const std::string id = late.value("SELECT barid.enqueue('bench.noop')");
    const auto until = std::chrono::steady_clock::now() + 5s;
    // 10,000 jobs a second meanwhile: the transaction keeps all of their rows from VACUUM.
    while (std::chrono::steady_clock::now() < until) {
        client.script(fill("default", "200"));
        std::this_thread::sleep_for(20ms);  // style(sleep): the pace is part of the case
    }
    const auto committed = std::chrono::steady_clock::now();
    late.script("COMMIT");
    wait_until(client, "SELECT EXISTS (SELECT FROM barid.job_history WHERE id = " + id + ")");
    print(kSuite, {.name = "late_commit",
                   .value = since(committed) * 1000,
                   .unit = "ms",
                   .vs = "1000 ms",
                   .ratio = since(committed),
                   .goal = 1});
}

void Load::rescue() {
    const auto database = arena_.fresh(barid_);
    Client client(database.url());
    client.script(fill("default", "500"));
    auto holding = [&] {
        auto command = worker("hold", database.url(), 1'000'000'000, {"default"});
        command[5] = "500";
        return command;
    };
    Process victim(holding());
    victim.read_line(60s);
    wait_until(client, "SELECT count(*) = 500 FROM barid.job WHERE state = 'running'");
    Process heir(holding());
    heir.read_line(60s);
    const auto killed = std::chrono::steady_clock::now();
    victim.signal(SIGKILL);
    wait_until(client,
               "SELECT count(*) = 500 FROM barid.job WHERE state = 'running' AND attempt = 2");
    const double took = since(killed);
    print(kSuite, {.name = "rescue",
                   .value = took,
                   .unit = "s",
                   .vs = "15 s",
                   .ratio = took / 15,
                   .goal = 1});
    heir.signal(SIGKILL);
}

}  // namespace

void run_load_cases(Arena& arena, const LoadOptions& options,
                    const std::function<bool(std::string_view)>& wanted) {
    Load load(arena, options);
    if (wanted("held_horizon")) load.held_horizon();
    if (wanted("backlog_5m")) {
        load.burdened("backlog_5m",
                      fmt::format("INSERT INTO barid.job (kind, priority) SELECT 'bench.noop', 9 "
                                  "FROM generate_series(1, {})",
                                  load.scaled(5e6)));
    }
    if (wanted("future_5m")) {
        load.burdened("future_5m", fmt::format("INSERT INTO barid.job (kind, run_at) SELECT "
                                               "'bench.noop', now() + interval '1 day' "
                                               "FROM generate_series(1, {})",
                                               load.scaled(5e6)));
    }
    const std::string holder =
        "INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES (1, '1 day', 'h', '{}');";
    if (wanted("blocked_100k")) {
        load.burdened(
            "blocked_100k",
            holder +
                fmt::format(
                    "INSERT INTO barid.job (kind, ordering_key, state, claimed_at) "
                    "VALUES ('bench.held', 'k', 'running', now());"
                    "INSERT INTO barid.claim SELECT claim_id, 1, ARRAY[id] FROM barid.job;"
                    "INSERT INTO barid.ordering_slot SELECT 'k', id FROM barid.job;"
                    "INSERT INTO barid.job (kind, ordering_key, run_at, due_at, parked_by) SELECT "
                    "'bench.noop', 'k', 'infinity', now(), 'ordering_key' FROM generate_series(1, "
                    "{})",
                    load.scaled(1e5)));
    }
    if (wanted("limited_500k")) {
        load.burdened(
            "limited_500k",
            holder +
                fmt::format("INSERT INTO barid.queue (name, concurrency) VALUES ('limited', 1);"
                            "INSERT INTO barid.job (kind, queue, state, claimed_at) "
                            "VALUES ('bench.held', 'limited', 'running', now());"
                            "INSERT INTO barid.claim SELECT claim_id, 1, ARRAY[id] FROM barid.job;"
                            "INSERT INTO barid.limit_slot SELECT id, 'limited' FROM barid.job;"
                            "INSERT INTO barid.job (kind, queue) SELECT 'bench.noop', 'limited' "
                            "FROM generate_series(1, {})",
                            load.scaled(5e5)),
            {"default", "limited"});
    }
    if (wanted("queues_50")) load.queues_50();
    if (wanted("processes_8")) load.processes_8();
    if (wanted("late_commit")) load.late_commit();
    if (wanted("rescue")) load.rescue();
}

}  // namespace barid::bench
