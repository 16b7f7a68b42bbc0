#include "jobs/outbox_relay.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/timeout.hpp"
#include "commerce/outbox_check.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using commerce::OutboxRelay;
using commerce::OutboxStep;
using commerce::OutboxStream;

/// Until somebody has mended what is wrong.
constexpr auto kMending = 30s;
constexpr int kPruned = 5000;
/// Of one shift, so that what was kept for long doesn't keep new events waiting.
constexpr int kPrunes = 20;

class Handler {
  public:
    explicit Handler(OutboxRelayDeps deps) : deps_(std::move(deps)) {
        for (OutboxStream& stream : deps_.streams) {
            const std::string name = stream.name;
            names_.push_back(name);
            relays_.try_emplace(name, deps_.pool, std::move(stream), deps_.limits);
        }
    }

    awaitable<queue::Outcome> run(JobContext& context, std::string stream) {
        const auto found = relays_.find(stream);
        if (found == relays_.end()) {
            // Another worker of the fleet, or this one after a restart, may know it.
            co_return queue::Retry{
                .error = fmt::format("this worker has no [outbox.{}]; it knows: {}", stream,
                                     fmt::join(names_, ", ")),
                .after = kMending,
                .spend_attempt = false};
        }
        std::string problem;
        bool passes = false;
        try {
            co_return co_await work_shift(context, found->second);
        } catch (const Error& error) {
            problem = error.what();
            passes = error.transient();
        }
        co_return queue::Retry{.error = fmt::format("stream {}: {}", stream, problem),
                               .after = passes ? std::max<std::chrono::milliseconds>(
                                                     1s, found->second.stream().poll_interval)
                                               : std::chrono::milliseconds(kMending),
                               .spend_attempt = false};
    }

  private:
    awaitable<queue::Outcome> work_shift(JobContext& context, const OutboxRelay& relay) {
        const OutboxStream& stream = relay.stream();
        const SteadyTime ends = deps_.clock.steady_now() + deps_.shift;
        if (!checked_.contains(stream.name)) {
            const auto problems = co_await commerce::check_outbox(deps_.pool, stream);
            if (!problems.empty()) {
                throw Error(Error::Retry::permanent, fmt::format("{}", fmt::join(problems, "; ")));
            }
            checked_.insert(stream.name);
        }
        co_await relay.configure();
        int prunes = stream.retention.count() > 0 ? kPrunes : 0;
        std::int64_t events = 0;
        while (!(context.cancelled && context.cancelled())) {
            const OutboxStep step = co_await relay.step();
            events += step.events;
            if (step.blocked > 0) {
                context.log.error("events can't be handed on, their aggregates are blocked",
                                  {{"stream", stream.name}, {"events", step.blocked}});
            }
            if (prunes > 0) {
                prunes = co_await relay.prune(kPruned) >= kPruned ? prunes - 1 : 0;
            }
            if (deps_.clock.steady_now() >= ends) break;
            const bool more = step.full || step.blocked > 0 || prunes > 0;
            if (more) continue;
            if (context.progress && events > 0) {
                context.progress(0, fmt::format("{} events in this shift", events));
            }
            if (!co_await sleep_for(stream.poll_interval)) {
                throw boost::system::system_error(asio::error::operation_aborted);
            }
        }
        co_return queue::Snooze{deps_.clock.steady_now() >= ends && events > 0
                                    ? std::chrono::milliseconds(0)
                                    : stream.poll_interval};
    }

    OutboxRelayDeps deps_;
    std::vector<std::string> names_;
    std::map<std::string, OutboxRelay, std::less<>> relays_;
    /// Streams that were found in order, since this process began.
    std::set<std::string, std::less<>> checked_;
};

}  // namespace

void register_outbox_relay(Registry& registry, OutboxRelayDeps deps) {
    const auto timeout = deps.shift + deps.limits.statement_timeout * 2 + 60s;
    const auto handler = std::make_shared<Handler>(std::move(deps));
    registry.add<std::string>(
        {.kind = "outbox.relay", .timeout = timeout},
        [](JsonReader& in) { return in.text("stream", {.max_bytes = 40}); },
        [handler](JobContext& context, std::string stream) {
            return handler->run(context, std::move(stream));
        });
}

}  // namespace barid::jobs
