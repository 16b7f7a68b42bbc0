#include "bench/latency.hpp"

#include <chrono>
#include <sstream>
#include <thread>

#include "bench/client.hpp"
#include "bench/process.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr auto kApart = 20ms;
constexpr int kWarmUp = 20;

Time now() {
    return std::chrono::steady_clock::now();
}

double milliseconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

void keep_pace(Time until) {
    std::this_thread::sleep_until(until);  // style(sleep): the pace is what is measured
}

}  // namespace

void measure_latency(Arena& arena, const Contender& contender, int jobs, LatencyResult& result) {
    const auto database = arena.fresh(contender);
    const int total = jobs + kWarmUp;
    std::vector<std::string> command = contender.latency;
    command.push_back(database.url());
    command.push_back(std::to_string(total));
    command.insert(command.end(), contender.latency_tail.begin(), contender.latency_tail.end());
    Process worker(command);
    worker.read_line(60s);

    Client producer(database.url());
    Client other(database.url());
    producer.prepare("enqueue", contender.enqueue);
    other.script("CREATE TABLE bench_commit (id bigint GENERATED ALWAYS AS IDENTITY, n int)");
    other.prepare("commit", "INSERT INTO bench_commit (n) VALUES ($1)");
    std::vector<std::pair<Time, Time>> calls;
    const Time began = now() + 500ms;
    for (int n = 0; n < total; ++n) {
        const std::string text = std::to_string(n);
        keep_pace(began + n * kApart);
        const Time before = now();
        producer.run("enqueue", {text});
        calls.emplace_back(before, now());
        keep_pace(began + n * kApart + kApart / 2);
        const Time inserting = now();
        other.run("commit", {text});
        if (n >= kWarmUp) result.commits.push_back(milliseconds(now() - inserting));
    }
    for (std::string line = worker.read_line(30s); line != "END"; line = worker.read_line(30s)) {
        std::istringstream fields(line);
        std::size_t n = 0;
        std::int64_t at = 0;
        fields >> n >> at;
        if (n < kWarmUp) continue;
        const Time started{std::chrono::nanoseconds(at)};
        result.from_call.push_back(milliseconds(started - calls.at(n).first));
        result.from_commit.push_back(milliseconds(started - calls.at(n).second));
    }
    worker.close_input();
    worker.wait();
}

}  // namespace barid::bench
