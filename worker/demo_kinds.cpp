#include "worker/demo_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/timeout.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

/// Quick retries: somebody is watching.
constexpr queue::RetryPolicy kRetry{.base = 600ms, .cap = 1'500ms, .floor = 200ms};

struct Flaky {
    std::int64_t failures = 0;
};

struct Broken {
    std::string reason;
};

struct Slow {
    std::chrono::seconds first{0};
    std::chrono::seconds later{0};
};

awaitable<queue::Outcome> run_flaky(jobs::JobContext& context, Flaky payload) {
    if (context.job.attempt <= payload.failures) {
        co_return queue::Retry{.error = fmt::format("failed on purpose, {} of {} times",
                                                    context.job.attempt, payload.failures),
                               .after = {}};
    }
    co_return queue::Done{fmt::format(R"({{"worked_at_attempt": {}}})", context.job.attempt)};
}

awaitable<queue::Outcome> run_broken(jobs::JobContext& /*context*/, Broken payload) {
    throw Error(Error::Retry::transient, payload.reason);
    co_return queue::Done{};
}

awaitable<queue::Outcome> run_slow(jobs::JobContext& context, Slow payload) {
    const auto whole = context.job.attempt == 1 ? payload.first : payload.later;
    const auto begin = std::chrono::steady_clock::now();
    while (!context.cancelled()) {
        const auto spent = std::chrono::steady_clock::now() - begin;
        if (spent >= whole) break;
        context.progress(std::chrono::duration<double>(spent) / whole, "working slowly");
        if (!co_await sleep_for(std::min<std::chrono::nanoseconds>(whole - spent, 200ms))) break;
    }
    co_return queue::Done{fmt::format(R"({{"finished_by_attempt": {}}})", context.job.attempt)};
}

Slow parse_slow(JsonReader& in) {
    Slow payload;
    payload.first = std::chrono::seconds(in.integer("first", {.min = 0, .max = 240}));
    payload.later = std::chrono::seconds(in.integer("later", {.min = 0, .max = 240}));
    return payload;
}

}  // namespace

void register_demo_kinds(jobs::Registry& registry) {
    registry.add<Flaky>(
        {.kind = "demo.flaky", .timeout = 10s, .retry = kRetry},
        [](JsonReader& in) { return Flaky{in.integer("failures", {.min = 0, .max = 100})}; },
        run_flaky);
    registry.add<Broken>(
        {.kind = "demo.broken", .timeout = 10s, .retry = kRetry},
        [](JsonReader& in) { return Broken{in.text("reason", {.max_bytes = 200})}; }, run_broken);
    registry.add<Slow>({.kind = "demo.slow", .timeout = 5min, .retry = kRetry}, parse_slow,
                       run_slow);
}

}  // namespace barid::worker
