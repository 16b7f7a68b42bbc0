#include "bench/notify_suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "bench/notify_ledger.hpp"
#include "bench/push_bench.hpp"
#include "bench/report.hpp"

namespace barid::bench {
namespace {

const std::string kSuite = "notify";

class NotifySuite {
  public:
    explicit NotifySuite(const NotifyOptions& options) : options_(options) {}

    void run() {
        print_setting(
            kSuite, "method",
            fmt::format("{} runs a case, contenders in turn; ratio = median of the paired "
                        "runs' ratios; local servers on the same cores",
                        options_.runs));
        if (wanted("client_vs_h2load")) client();
        if (wanted("push_300ms")) delayed();
        if (options_.peers && wanted("client_vs_firebase")) firebase();
        if (wanted("push_vs_firebase")) ledger();
        if (wanted("broadcast_1m")) broadcast();
        if (wanted("inbox_10m")) inbox();
    }

  private:
    [[nodiscard]] bool wanted(std::string_view name) const {
        return name.find(options_.only) != std::string_view::npos;
    }
    [[nodiscard]] std::size_t scaled(double count) const {
        return std::max<std::size_t>(500, static_cast<std::size_t>(count * options_.scale));
    }

    void client();
    void delayed();
    void firebase();
    void ledger();
    void broadcast();
    void inbox();

    struct Pairs {
        std::vector<PushRun> ours;
        std::vector<PushRun> theirs;
    };
    /// Prints the rate and the CPU of both, and how they compare.
    static void compare(const std::string& name, const std::string& cpu_name, const std::string& vs,
                        const Pairs& pairs, std::optional<double> rate_goal,
                        std::optional<double> cpu_goal);

    NotifyOptions options_;
};

void NotifySuite::compare(const std::string& name, const std::string& cpu_name,
                          const std::string& vs, const Pairs& pairs,
                          std::optional<double> rate_goal, std::optional<double> cpu_goal) {
    const auto line = [&](const std::string& title, const std::string& unit, double PushRun::* of,
                          std::optional<double> goal) {
        std::vector<double> ours;
        std::vector<double> theirs;
        std::vector<double> ratios;
        for (std::size_t i = 0; i < pairs.ours.size(); ++i) {
            ours.push_back(pairs.ours[i].*of);
            theirs.push_back(pairs.theirs[i].*of);
            ratios.push_back(ours.back() / theirs.back());
        }
        print(kSuite,
              {.name = title + "_" + vs, .value = median(theirs), .unit = unit, .runs = theirs});
        print(kSuite, {.name = title,
                       .value = median(ours),
                       .unit = unit,
                       .runs = ours,
                       .vs = vs,
                       .ratio = median(ratios),
                       .goal = goal});
    };
    line(name, "messages/s", &PushRun::rate, rate_goal);
    line(cpu_name, "us/message", &PushRun::cpu_us, cpu_goal);
}

void NotifySuite::client() {
    constexpr std::size_t kConnections = 10;
    PushStage stage;
    const std::string origin = stage.start_nghttpd();
    Pairs pairs;
    for (int run = 0; run < options_.runs; ++run) {
        pairs.ours.push_back(stage.run_client(origin, scaled(300'000), kConnections));
        pairs.theirs.push_back(stage.run_h2load(origin, scaled(300'000), kConnections));
    }
    compare("client_vs_h2load", "client_cpu_vs_h2load", "h2load", pairs, 0.5, 3);
    print(kSuite, {.name = "client_rss", .value = pairs.ours.back().rss_mib, .unit = "MiB"});
}

void NotifySuite::delayed() {
    constexpr double kDelay = 0.3;
    PushStage stage;
    const std::string origin = stage.start_delayed(300);
    for (const std::size_t connections : std::array<std::size_t, 5>{1, 4, 10, 20, 35}) {
        const auto per_round = static_cast<double>(connections * 100);
        const std::size_t messages = scaled(per_round * 20);
        const PushRun run = stage.run_client(origin, messages, connections);
        const std::string name =
            connections == 35 ? "push_300ms" : fmt::format("push_300ms_{}", connections);
        print(kSuite, {.name = name,
                       .value = run.rate,
                       .unit = "messages/s",
                       .vs = "connections * 100 / latency",
                       .ratio = run.rate / (per_round / kDelay)});
        print(kSuite, {.name = name + "_cpu", .value = run.cpu_us, .unit = "us/message"});
    }
}

void NotifySuite::firebase() {
    PushStage stage;
    const std::string origin = stage.start_nghttpd();
    Pairs pairs;
    for (int run = 0; run < options_.runs; ++run) {
        pairs.ours.push_back(stage.run_client(origin, scaled(300'000), 10));
        pairs.theirs.push_back(stage.run_firebase(origin, scaled(20'000)));
    }
    compare("client_vs_firebase", "client_cpu_vs_firebase", "firebase_admin", pairs, std::nullopt,
            std::nullopt);
}

/// The whole way: a broadcast's users made notifications, deliveries and attempts, sent, and their
/// outcomes written.
void NotifySuite::ledger() {
    PushStage stage;
    Arena arena(options_.url);
    const std::string origin = stage.start_nghttpd();
    Pairs pairs;
    std::vector<double> alone;
    for (int run = 0; run < options_.runs; ++run) {
        pairs.ours.push_back(run_broadcast(arena, stage, origin, scaled(100'000), false).push);
        if (options_.peers) pairs.theirs.push_back(stage.run_firebase(origin, scaled(20'000)));
        alone.push_back(pairs.ours.back().rate);
    }
    if (options_.peers) {
        compare("push_vs_firebase", "push_cpu_vs_firebase", "firebase_admin", pairs, 4, 0.25);
    } else {
        print(kSuite,
              {.name = "push", .value = median(alone), .unit = "messages/s", .runs = alone});
        print(kSuite,
              {.name = "push_cpu", .value = pairs.ours.back().cpu_us, .unit = "us/message"});
    }
}

void NotifySuite::broadcast() {
    PushStage stage;
    Arena arena(options_.url);
    const std::string origin = stage.start_nghttpd();
    const BroadcastRun run = run_broadcast(arena, stage, origin, scaled(1'000'000), true);
    print(kSuite, {.name = "broadcast_1m", .value = run.push.rate, .unit = "users/s"});
    print(kSuite, {.name = "broadcast_1m_order", .value = run.order_seconds, .unit = "s"});
    print(kSuite, {.name = "broadcast_1m_rss",
                   .value = run.push.rss_mib,
                   .unit = "MiB",
                   .vs = "at a quarter of the way",
                   .ratio = run.push.rss_mib / run.early_rss_mib});
}

void NotifySuite::inbox() {
    Arena arena(options_.url);
    const InboxRun small = run_inbox(arena, 10'000);
    const InboxRun large = run_inbox(arena, scaled(10'000'000));
    const bool page = large.page_ms > large.count_ms;
    print(kSuite, {.name = "inbox_10m_page_p99", .value = large.page_ms, .unit = "ms"});
    print(kSuite, {.name = "inbox_10m_unread_p99", .value = large.count_ms, .unit = "ms"});
    const double slower = page ? large.page_ms : large.count_ms;
    print(kSuite, {.name = "inbox_10m",
                   .value = slower,
                   .unit = "ms",
                   .vs = "10,000 rows",
                   .ratio = slower / (page ? small.page_ms : small.count_ms),
                   .goal = 1.3});
}

}  // namespace

void run_notify_suite(const NotifyOptions& options) {
    NotifySuite(options).run();
}

}  // namespace barid::bench
