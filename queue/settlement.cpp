#include "queue/settlement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace barid::queue {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

std::string storable(std::string text) {
    std::erase(text, '\0');
    return truncate_utf8(scrub_utf8(text), kMaxErrorBytes);
}

Settlement done(const Done& outcome) {
    if (outcome.output.empty()) return {};
    if (std::string problem = stored_json_problem("output", outcome.output); !problem.empty()) {
        return {Action::fail, {}, storable(std::move(problem)), {}};
    }
    return {Action::complete, {}, {}, outcome.output};
}

Settlement retry(const Retry& outcome, const Job& job, const RetryPolicy& policy, double unit) {
    Settlement settlement{
        Action::retry, retry_delay(policy, job.attempt, unit), storable(outcome.error), {}};
    if (outcome.after) {
        // Jitter on top: everybody was told the same time.
        const auto spread = *outcome.after / 10;
        settlement.delay = clamp_retry_after(policy, *outcome.after) +
                           std::chrono::duration_cast<std::chrono::milliseconds>(spread * unit);
    }
    if (!outcome.spend_attempt) {
        settlement.action = Action::refund;
    } else if (job.attempt >= job.max_attempts) {
        settlement.action = Action::fail;
        settlement.delay = {};
    }
    return settlement;
}

/// jsonb has no U+0000. A backslash that is itself escaped begins no escape.
bool has_nul_escape(std::string_view text) {
    for (std::size_t at = text.find('\\'); at != std::string_view::npos;
         at = text.find('\\', at + 2)) {
        if (text.substr(at, 6) == "\\u0000") return true;
    }
    return false;
}

}  // namespace

std::string stored_json_problem(std::string_view what, const std::string& text) {
    if (text.size() > kMaxOutputBytes) {
        return fmt::format("the {} has {} bytes, at most {} are stored", what, text.size(),
                           kMaxOutputBytes);
    }
    if (has_nul_escape(text)) {
        return fmt::format("the {} contains \\u0000, which PostgreSQL cannot store", what);
    }
    try {
        parse_json(text);
    } catch (const Error& e) {
        return fmt::format("the {} is not JSON: {}", what, e.what());
    }
    return {};
}

std::string_view to_string(Action action) {
    switch (action) {
        case Action::complete:
            return "complete";
        case Action::fail:
            return "fail";
        case Action::cancel:
            return "cancel";
        case Action::retry:
            return "retry";
        case Action::refund:
            return "refund";
    }
    return "";
}

Settlement settle_as(const Outcome& outcome, const Job& job, const RetryPolicy& policy,
                     double unit) {
    return std::visit(
        Overloaded{
            [](const Done& o) { return done(o); },
            [&](const Retry& o) { return retry(o, job, policy, unit); },
            [](const Fail& o) { return Settlement{Action::fail, {}, storable(o.error), {}}; },
            [](const Settled&) { return Settlement{}; },
            [](const Cancel& o) { return Settlement{Action::cancel, {}, storable(o.reason), {}}; },
            [](const Snooze& o) {
                return Settlement{
                    Action::refund, std::max(o.delay, std::chrono::milliseconds(0)), {}, {}};
            },
        },
        outcome);
}

}  // namespace barid::queue
