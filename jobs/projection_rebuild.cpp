#include "jobs/projection_rebuild.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "base/error.hpp"
#include "base/timeout.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using commerce::RebuildStep;
using Next = RebuildStep::Next;
using Shared = std::shared_ptr<const ProjectionMap>;

constexpr queue::RetryPolicy kRetryPolicy{.base = 1s, .cap = 60s, .floor = 1s};
/// Longer waits than this one are slept through outside of the worker.
constexpr auto kNap = 300ms;
constexpr auto kRollbackRest = 2s;

struct RebuildPayload {
    std::string projection;
    commerce::RebuildWish wish;
};

struct RollbackPayload {
    std::string projection;
    int version = 0;
    commerce::RebuildWish wish;
};

RebuildPayload parse_rebuild(JsonReader& in) {
    RebuildPayload p;
    p.projection = in.text("projection", {.max_bytes = 40});
    p.wish.actor = in.optional_text("actor", {.max_bytes = 200}).value_or("");
    p.wish.reason = in.optional_text("reason", {.max_bytes = 500}).value_or("");
    p.wish.differs = in.optional_boolean("differs").value_or(false);
    return p;
}

RollbackPayload parse_rollback(JsonReader& in) {
    RollbackPayload p;
    p.projection = in.text("projection", {.max_bytes = 40});
    p.version = static_cast<int>(in.integer("version", {.min = 1, .max = 1'000'000'000}));
    p.wish.actor = in.optional_text("actor", {.max_bytes = 200}).value_or("");
    p.wish.reason = in.optional_text("reason", {.max_bytes = 500}).value_or("");
    return p;
}

queue::Fail unknown(const std::string& name) {
    return {fmt::format("there is no [projection.{}] in the configuration", name)};
}

commerce::JobClaim claim_of(const JobContext& context) {
    return {.id = context.job.id, .claim_id = context.job.claim_id};
}

/// A step, or what becomes of a rebuild that can't go on.
awaitable<RebuildStep> step(commerce::Rebuild& rebuild) {
    std::string problem;
    try {
        co_return co_await rebuild.step();
    } catch (const Error& error) {
        if (error.transient()) throw;
        problem = error.what();
    }
    co_return co_await rebuild.abandon(std::move(problem));
}

awaitable<queue::Outcome> work_shift(JobContext& context, pg::Pool& pool, const Clock& clock,
                                     Shared projections, std::chrono::seconds shift,
                                     RebuildPayload payload) {
    const auto options = projections->find(payload.projection);
    if (options == projections->end()) co_return unknown(payload.projection);
    commerce::Rebuild rebuild(pool, options->second, claim_of(context), std::move(payload.wish));
    const SteadyTime shift_ends = clock.steady_now() + shift;
    for (;;) {
        if ((context.cancelled && context.cancelled()) || clock.steady_now() > shift_ends) {
            co_return queue::Snooze{0ms};
        }
        RebuildStep now = co_await step(rebuild);
        if (context.progress && now.next != Next::lost) context.progress(now.fraction, now.text);
        switch (now.next) {
            case Next::done:
                co_return queue::Done{json::serialize(json::object{{"outcome", now.text}})};
            case Next::failed:
                co_return queue::Fail{std::move(now.text)};
            case Next::cancelled:
                co_return queue::Cancel{now.text.empty() ? "cancelled" : std::move(now.text)};
            case Next::lost:
                context.log.warn("lease lost: the rebuild goes on elsewhere");
                co_return queue::Settled{};
            case Next::again:
            case Next::wait:
                break;
        }
        if (now.pause > kNap) co_return queue::Snooze{now.pause};
        if (now.pause > 0ms && !co_await sleep_for(now.pause)) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
}

awaitable<queue::Outcome> roll_back(JobContext& context, pg::Pool& pool, Shared projections,
                                    RollbackPayload payload) {
    const auto options = projections->find(payload.projection);
    if (options == projections->end()) co_return unknown(payload.projection);
    bool is_busy = false;
    try {
        const bool done = co_await commerce::roll_back(pool, options->second, claim_of(context),
                                                       payload.version, payload.wish);
        if (!done) co_return queue::Settled{};
    } catch (const pg::Error& error) {
        if (!error.is("55P03") && !error.is("40P01")) throw;
        is_busy = true;
    }
    // Readers hold the view: they must not wait behind us for long, so it is tried again.
    if (is_busy) co_return queue::Snooze{kRollbackRest};
    co_return queue::Done{json::serialize(json::object{{"active_version", payload.version}})};
}

awaitable<queue::Outcome> prune_all(JobContext& context, pg::Pool& pool, Shared projections) {
    json::object told;
    std::vector<std::string> problems;
    for (const auto& [name, options] : *projections) {
        try {
            const commerce::Pruned pruned =
                co_await commerce::prune(pool, options, claim_of(context));
            told[name] = json::object{{"events", pruned.events},
                                      {"dropped", pruned.dropped},
                                      {"cleared", pruned.cleared}};
        } catch (const Error& error) {
            // One that can't be pruned, for a view of somebody's hangs on it, keeps no other.
            if (error.transient()) throw;
            problems.push_back(fmt::format("{}: {}", name, error.what()));
        }
    }
    if (!problems.empty()) co_return queue::Fail{fmt::format("{}", fmt::join(problems, "; "))};
    co_return queue::Done{json::serialize(told)};
}

}  // namespace

void register_projection_rebuild(Registry& registry, pg::Pool& pool, const Clock& clock,
                                 ProjectionMap projections, std::chrono::seconds shift) {
    const auto shared = std::make_shared<const ProjectionMap>(std::move(projections));
    auto longest = std::chrono::milliseconds(shift) + 90s;
    for (const auto& [name, options] : *shared) {
        longest = std::max(longest, shift + 2 * options.verify_timeout + 90s);
    }
    registry.add<RebuildPayload>(
        {.kind = "projection.rebuild", .timeout = longest, .retry = kRetryPolicy}, parse_rebuild,
        [&pool, &clock, shared, shift](JobContext& context, RebuildPayload payload) {
            return work_shift(context, pool, clock, shared, shift, std::move(payload));
        });
    registry.add<RollbackPayload>(
        {.kind = "projection.rollback", .timeout = 2min, .retry = kRetryPolicy}, parse_rollback,
        [&pool, shared](JobContext& context, RollbackPayload payload) {
            return roll_back(context, pool, shared, std::move(payload));
        });
    registry.add<int>(
        {.kind = "projection.prune", .timeout = 10min, .retry = kRetryPolicy},
        [](JsonReader&) { return 0; },
        [&pool, shared](JobContext& context, int) { return prune_all(context, pool, shared); });
}

}  // namespace barid::jobs
