#include "bench/admin_suite.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <regex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "bench/arena.hpp"
#include "bench/client.hpp"
#include "bench/drain.hpp"
#include "bench/process.hpp"
#include "bench/report.hpp"
#include "bench/server.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

const std::string kSuite = "admin";

int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    close(fd);
    if (!bound) throw std::runtime_error("there is no free port");
    return ntohs(address.sin_port);
}

/// The output's last line.
std::string output_of(const std::vector<std::string>& command) {
    Process process(command);
    std::string last = process.read_line(60s);
    process.close_input();
    process.wait();
    return last;
}

/// `barid admin` on a database, with a token that may see everything.
class AdminServer {
  public:
    explicit AdminServer(const std::string& url) : port_(free_port()) {
        const std::vector<std::string> barid = {"env",
                                                "-u",
                                                "BARID_BENCH_DATABASE_URL",
                                                "BARID_DATABASE_URL=" + url,
                                                fmt::format("BARID_HTTP_BIND=127.0.0.1:{}", port_),
                                                "BARID_ADMIN_RATE_LIMIT=10000",
                                                "BARID_ADMIN_RATE_BURST=100000",
                                                "BARID_LOG_LEVEL=error",
                                                BARID_BENCH_PROGRAM};
        auto create = barid;
        for (const char* word : {"admin", "token", "create", "--name", "bench", "--permission",
                                 "admin", "--expires", "1d", "--json"}) {
            create.emplace_back(word);
        }
        const auto created = parse_json(output_of(create));
        token_ = created.at("token").as_string();
        auto serve = barid;
        serve.emplace_back("admin");
        process_ = std::make_unique<Process>(serve);
        wait_until_ready();
    }

    [[nodiscard]] std::string url(const std::string& target) const {
        return fmt::format("http://127.0.0.1:{}/api/v1{}", port_, target);
    }
    [[nodiscard]] std::string authorization() const { return "Authorization: Bearer " + token_; }

  private:
    void wait_until_ready() const {
        Process probe({"curl", "-s", "--retry", "60", "--retry-connrefused", "--retry-delay", "1",
                       "-o", "/dev/null", "-w", "%{http_code}\\n", "-H", authorization(),
                       url("/me")});
        const auto status = probe.read_line(90s);
        if (status != "200") throw std::runtime_error("barid admin answers " + status);
    }

    int port_;
    std::string token_;
    std::unique_ptr<Process> process_;
};

/// What an open overview and an open list of jobs do: the live stream, and what they show again
/// after 25 times as long as that took, at least 1.5 s and at most 10 s (dashboard/src/app).
class OpenPage {
  public:
    explicit OpenPage(const std::string& database) : server_(database) {
        const std::string get =
            fmt::format("curl -s -o /dev/null -H '{}' ", server_.authorization());
        std::string again = get;
        for (const char* target : {"/overview", "/jobs?limit=100", "/jobs/count"}) {
            again += fmt::format("'{}' -o /dev/null ", server_.url(target));
        }
        page_ = std::make_unique<Process>(std::vector<std::string>{
            "sh", "-c",
            fmt::format("{}-N '{}' & while :; do began=$(date +%s%3N); {}; "
                        "pause=$((($(date +%s%3N) - began) * 25)); "
                        "[ $pause -gt 1500 ] || pause=1500; [ $pause -lt 10000 ] || pause=10000; "
                        "sleep $((pause / 1000)).$((pause % 1000 / 100)); done",
                        get, server_.url("/events"), again)});
    }

  private:
    AdminServer server_;
    std::unique_ptr<Process> page_;
};

struct Load {
    double p50 = 0;  ///< ms
    double p99 = 0;
    double rate = 0;
    double failures = 0;
};

double milliseconds(const std::string& number, const std::string& unit) {
    return std::stod(number) * (unit == "us"  ? 0.001
                                : unit == "s" ? 1000
                                : unit == "m" ? 60'000
                                              : 1);
}

Load wrk(const AdminServer& server, const std::string& target) {
    Process process(
        {"sh", "-c",
         fmt::format("wrk -t1 -c8 -d5s --timeout 10s --latency -H '{}' '{}' | tr '\\n' ';'; "
                     "echo",
                     server.authorization(), server.url(target))});
    const auto text = process.read_line(60s);
    Load load;
    std::smatch found;
    if (std::regex_search(text, found, std::regex("50% +([0-9.]+)(us|ms|s|m)"))) {
        load.p50 = milliseconds(found[1], found[2]);
    }
    if (std::regex_search(text, found, std::regex("99% +([0-9.]+)(us|ms|s|m)"))) {
        load.p99 = milliseconds(found[1], found[2]);
    }
    if (std::regex_search(text, found, std::regex("Requests/sec: +([0-9.]+)"))) {
        load.rate = std::stod(found[1]);
    }
    if (std::regex_search(text, found, std::regex("Non-2xx or 3xx responses: ([0-9]+)"))) {
        load.failures = std::stod(found[1]);
    }
    if (load.rate == 0) throw std::runtime_error("wrk said: " + text);
    return load;
}

/// A year of a shop in a few minutes: every hundredth failed, every twentieth an order's.
void fill_history(Client& client, long jobs) {
    constexpr long kStep = 500'000;
    for (long done = 0; done < jobs; done += kStep) {
        const long upper = std::min(done + kStep, jobs);
        client.script(fmt::format(
            "SELECT setval('barid.job_id_seq', {}); SELECT barid.ensure_history()", upper));
        client.script(fmt::format(
            "INSERT INTO barid.job_history (id, finished_at, run_at, created_at, claimed_at, "
            "claim_id, state, priority, attempt, max_attempts, queue, kind, payload, tags, errors) "
            "SELECT n, t + interval '1 s', t, t, t + interval '10 ms', gen_random_uuid(), "
            "(CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'completed' END)::barid.final_state, 5, 1, "
            "3, 'q' || n % 10, 'shop.kind' || n % 40, jsonb_build_object('n', n), "
            "CASE WHEN n % 20 = 0 THEN ARRAY['order:' || n / 100] END, "
            "CASE WHEN n % 100 = 0 THEN jsonb_build_array(jsonb_build_object('attempt', 1, "
            "'error', 'HTTP 503 from host ' || n % 7)) END "
            "FROM generate_series({}, {}) n, LATERAL (SELECT now() - ({} - n) * interval '10 ms' "
            "AS t) at",
            done + 1, upper, jobs));
    }
    client.script("VACUUM ANALYZE barid.job_history");
}

class AdminSuite {
  public:
    explicit AdminSuite(const AdminOptions& options)
        : options_(options),
          arena_(options.url),
          barid_(barid_contender(true, options.concurrency)) {}

    void run() {
        print_setting(kSuite, "server", describe_server(options_.url));
        if (wanted("list")) lists();
        if (wanted("drain_beside_page")) beside();
    }

  private:
    [[nodiscard]] bool wanted(std::string_view name) const {
        return options_.only.empty() || name.find(options_.only) != name.npos ||
               options_.only.find(name) != options_.only.npos;
    }
    void lists();
    void beside();

    AdminOptions options_;
    Arena arena_;
    Contender barid_;
};

void AdminSuite::lists() {
    const auto database = arena_.fresh(barid_);
    Client client(database.url());
    const long jobs = std::lround(5e6 * options_.scale);
    fill_history(client, jobs);
    print(kSuite, {.name = "history", .value = static_cast<double>(jobs), .unit = "jobs"});
    const AdminServer server(database.url());
    const std::vector<std::pair<std::string, std::string>> targets = {
        {"me", "/me"},
        {"jobs", "/jobs?limit=50"},
        {"jobs_failed", "/jobs?state=failed&limit=50"},
        {"jobs_queue", "/jobs?queue=q3&limit=50"},
        {"jobs_kind_failed", "/jobs?kind=shop.kind20&state=failed&limit=50"},
        {"jobs_tag", "/jobs?tag=order:777&limit=50"},
        {"jobs_nothing", "/jobs?kind=no.such&limit=50"},
        {"jobs_count", "/jobs/count?state=failed"},
        {"job", fmt::format("/jobs/{}", jobs / 2)},
        {"overview", "/overview"},
        {"queues", "/queues"},
        {"dead_letters", "/dead-letters?limit=50"},
        {"timeline", "/timeline?tag=order:777"},
        {"notifications", "/notifications?limit=50"},
        {"audit", "/audit?limit=50"},
    };
    for (const auto& [name, target] : targets) {
        const auto load = wrk(server, target);
        print(kSuite, {.name = "list_" + name + "_p99", .value = load.p99, .unit = "ms"});
        print(kSuite, {.name = "list_" + name + "_p50", .value = load.p50, .unit = "ms"});
        print(kSuite, {.name = "list_" + name + "_rate", .value = load.rate, .unit = "requests/s"});
        if (load.failures > 0) {
            print(kSuite,
                  {.name = "list_" + name + "_failed", .value = load.failures, .unit = "requests"});
        }
    }
}

void AdminSuite::beside() {
    std::vector<double> alone;
    std::vector<double> watched;
    std::vector<double> ratios;
    for (int run = 0; run < options_.runs; ++run) {
        alone.push_back(options_.jobs / drain_once(arena_, barid_, options_.jobs).seconds);
        const auto result = drain_once(arena_, barid_, options_.jobs, [](const std::string& url) {
            return std::make_shared<OpenPage>(url);
        });
        watched.push_back(options_.jobs / result.seconds);
        ratios.push_back(watched.back() / alone.back());
    }
    print(kSuite, {.name = "drain_alone", .value = median(alone), .unit = "jobs/s", .runs = alone});
    print(kSuite, {.name = "drain_beside_page",
                   .value = median(watched),
                   .unit = "jobs/s",
                   .runs = watched,
                   .vs = "drain_alone",
                   .ratio = median(ratios),
                   .goal = 0.98});
}

}  // namespace

void run_admin_suite(const AdminOptions& options) {
    AdminSuite(options).run();
}

}  // namespace barid::bench
