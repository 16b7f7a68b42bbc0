#include "bench/queue_suite.hpp"

#include <fmt/format.h>

#include <functional>

#include "bench/arena.hpp"
#include "bench/drain.hpp"
#include "bench/enqueue.hpp"
#include "bench/latency.hpp"
#include "bench/load.hpp"
#include "bench/report.hpp"
#include "bench/server.hpp"

namespace barid::bench {
namespace {

const std::string kSuite = "queue";

class QueueSuite {
  public:
    explicit QueueSuite(const QueueOptions& options)
        : options_(options),
          arena_(options.url),
          barid_(barid_contender(true, options.concurrency)),
          barid_no_history_(barid_contender(false, options.concurrency)) {
        if (!options_.peers) return;
        peers_.push_back(graphile_contender());
        peers_.push_back(raw_contender());
        peers_.push_back(pgboss_contender("batch"));
    }

    void run() {
        print_setting(kSuite, "server", describe_server(options_.url));
        print_setting(kSuite, "method",
                      fmt::format("{} runs a case, contenders in turn; ratio = median of the "
                                  "paired runs' ratios; drain of {} jobs, concurrency {}",
                                  options_.runs, options_.jobs, options_.concurrency));
        if (wanted("latency")) latency();
        if (wanted("drain")) drain();
        if (wanted("enqueue_single")) single();
        if (wanted("enqueue_bulk")) bulk();
        if (wanted("wal_per_job")) wal();
        if (wanted("drain_defaults")) defaults();
        run_load_cases(
            arena_,
            {.runs = options_.runs, .concurrency = options_.concurrency, .scale = options_.scale},
            [this](std::string_view name) { return wanted(name); });
    }

  private:
    [[nodiscard]] bool wanted(std::string_view name) const {
        return name.find(options_.only) != std::string_view::npos;
    }

    void latency();
    void print_latency(const std::string& suffix, const LatencyResult& result,
                       const LatencyResult* peer);
    void drain();
    void print_drain_costs(const DrainResult& result);
    void single();
    void bulk();
    void defaults();
    void wal();

    /// Prints `name`: its median, and its comparison with `other`, run by run.
    static void compare(const std::string& name, const std::string& unit,
                        const std::vector<double>& ours, const std::string& vs,
                        const std::vector<double>& other, std::optional<double> goal) {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / other[i]);
        print(kSuite, {.name = name,
                       .value = median(ours),
                       .unit = unit,
                       .runs = ours,
                       .vs = vs,
                       .ratio = median(ratios),
                       .goal = goal});
    }

    QueueOptions options_;
    Arena arena_;
    Contender barid_;
    Contender barid_no_history_;
    std::vector<Contender> peers_;
};

void QueueSuite::latency() {
    constexpr int kRounds = 2;
    LatencyResult ours;
    LatencyResult graphile;
    for (int round = 0; round < kRounds; ++round) {
        measure_latency(arena_, barid_, options_.latency_jobs / kRounds, ours);
        if (options_.peers) {
            measure_latency(arena_, peers_[0], options_.latency_jobs / kRounds, graphile);
        }
    }
    const double commit = median(ours.commits);
    print(kSuite, {.name = "commit_time", .value = commit, .unit = "ms"});
    // The target of an idle worker: the commit and its way here, plus 1 ms.
    const double budget = 1.2 * commit + 1;
    print(kSuite, {.name = "latency_budget", .value = budget, .unit = "ms"});
    for (const auto& [name, samples] : {std::pair{"latency_p50", &ours.from_call},
                                        std::pair{"latency_after_commit_p50", &ours.from_commit}}) {
        const double value = median(*samples);
        print(kSuite, {.name = name,
                       .value = value,
                       .unit = "ms",
                       .vs = "latency_budget",
                       .ratio = value / budget,
                       .goal = 1});
    }
    for (const auto& [name, samples] : {std::pair{"latency_p99", &ours.from_call},
                                        std::pair{"latency_after_commit_p99", &ours.from_commit}}) {
        print(kSuite, {.name = name, .value = percentile(*samples, 99), .unit = "ms"});
    }
    if (!options_.peers) return;
    for (const auto& [name, p] : {std::pair{"latency_p50", 50}, std::pair{"latency_p99", 99}}) {
        const double value = percentile(ours.from_call, p);
        const double other = percentile(graphile.from_call, p);
        print(kSuite,
              {.name = fmt::format("{}_graphile_default", name), .value = other, .unit = "ms"});
        print(kSuite, {.name = name,
                       .value = value,
                       .unit = "ms",
                       .vs = "graphile_default",
                       .ratio = value / other,
                       .goal = 1});
    }
}

void QueueSuite::drain() {
    std::vector<const Contender*> field{&barid_, &barid_no_history_};
    for (const Contender& peer : peers_) field.push_back(&peer);
    std::map<std::string, std::vector<double>> rates;
    std::map<std::string, std::vector<DrainResult>> results;
    for (int run = 0; run < options_.runs; ++run) {
        for (const Contender* contender : field) {
            results[contender->name].push_back(drain_once(arena_, *contender, options_.jobs));
            rates[contender->name].push_back(options_.jobs /
                                             results[contender->name].back().seconds);
        }
    }
    const std::string unit = "jobs/s";
    for (const Contender& peer : peers_) {
        print(kSuite, {.name = "drain_" + peer.name,
                       .value = median(rates[peer.name]),
                       .unit = unit,
                       .runs = rates[peer.name]});
    }
    for (const auto& [name, contender] :
         {std::pair{"drain_history", &barid_}, std::pair{"drain", &barid_no_history_}}) {
        const bool history = contender == &barid_;
        const auto& ours = rates[contender->name];
        print(kSuite, {.name = name, .value = median(ours), .unit = unit, .runs = ours});
        if (!options_.peers) continue;
        compare(name, unit, ours, "graphile_tuned", rates["graphile_tuned"], history ? 1.8 : 2.5);
        compare(name, unit, ours, "raw", rates["raw"], history ? std::nullopt : std::optional(0.9));
    }
    print_drain_costs(results[barid_.name].back());
}

void QueueSuite::print_drain_costs(const DrainResult& result) {
    print(kSuite, {.name = "rss", .value = result.peak_kilobytes / 1024, .unit = "MiB"});
    const double scale = 1e6 / options_.jobs;
    print(
        kSuite,
        {.name = "drain_history_cpu_worker", .value = result.worker_cpu * scale, .unit = "us/job"});
    for (const auto& [application, seconds] : result.server_cpu) {
        print(kSuite, {.name = "drain_history_cpu_server",
                       .value = seconds * scale,
                       .unit = "us/job",
                       .vs = application});
    }
}

void QueueSuite::single() {
    std::vector<double> ours;
    std::vector<double> plain;
    for (int run = 0; run < options_.runs; ++run) {
        ours.push_back(enqueue_single(arena_, barid_, false));
        plain.push_back(enqueue_single(arena_, barid_, true));
    }
    print(kSuite, {.name = "enqueue_single_plain_insert",
                   .value = median(plain),
                   .unit = "jobs/s",
                   .runs = plain});
    compare("enqueue_single", "jobs/s", ours, "plain_insert", plain, 0.85);
}

void QueueSuite::bulk() {
    std::vector<double> ours;
    std::vector<double> graphile;
    for (int run = 0; run < options_.runs; ++run) {
        ours.push_back(enqueue_bulk(arena_, barid_, options_.jobs));
        if (options_.peers) {
            graphile.push_back(enqueue_bulk(arena_, peers_[0], options_.jobs));
        }
    }
    if (!options_.peers) {
        print(kSuite,
              {.name = "enqueue_bulk", .value = median(ours), .unit = "jobs/s", .runs = ours});
        return;
    }
    print(kSuite, {.name = "enqueue_bulk_graphile",
                   .value = median(graphile),
                   .unit = "jobs/s",
                   .runs = graphile});
    compare("enqueue_bulk", "jobs/s", ours, "graphile_tuned", graphile, 2.0);
}

void QueueSuite::wal() {
    const double ours = wal_per_job(arena_, barid_, options_.jobs);
    print(kSuite, {.name = "wal_per_job", .value = ours, .unit = "bytes"});
    if (!options_.peers) return;
    const double boss = wal_per_job(arena_, pgboss_contender("batch"), options_.jobs);
    print(kSuite, {.name = "wal_per_job_pgboss", .value = boss, .unit = "bytes"});
    print(kSuite, {.name = "wal_per_job",
                   .value = ours,
                   .unit = "bytes",
                   .vs = "pgboss_batch",
                   .ratio = ours / boss,
                   .goal = 0.5});
}

void QueueSuite::defaults() {
    const Contender barid = barid_contender(true, 10);
    std::vector<Contender> field{barid};
    if (options_.peers) {
        field.push_back(graphile_contender("default"));
        field.push_back(pgboss_contender("single"));
    }
    std::map<std::string, std::vector<double>> rates;
    for (int run = 0; run < options_.runs; ++run) {
        for (const Contender& contender : field) {
            // The slow ones get fewer jobs: the clock is what counts.
            const int jobs = contender.name == barid.name ? options_.jobs : options_.jobs / 10;
            rates[contender.name].push_back(jobs / drain_once(arena_, contender, jobs).seconds);
        }
    }
    for (const Contender& contender : field) {
        print(kSuite, {.name = "drain_defaults_" + contender.name,
                       .value = median(rates[contender.name]),
                       .unit = "jobs/s",
                       .runs = rates[contender.name]});
    }
    if (!options_.peers) return;
    compare("drain_defaults", "jobs/s", rates[barid.name], "graphile_default",
            rates["graphile_default"], 8);
}

}  // namespace

void run_queue_suite(const QueueOptions& options) {
    QueueSuite(options).run();
}

}  // namespace barid::bench
