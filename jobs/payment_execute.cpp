#include "jobs/payment_execute.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "jobs/payment_sweep.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using commerce::AttemptOutcome;
using commerce::ExecuteAnswer;
using commerce::PaymentChecker;
using commerce::Trouble;

/// What a shop's attempt_request answered, or why that is none.
struct Wanted {
    std::string problem = {};
    std::string gateway = {};
    commerce::ExecuteRequest request = {};
};

Wanted read_request(const std::optional<std::string>& text) {
    Wanted out;
    if (!text) {
        out.problem = "attempt_request answered nothing";
        return out;
    }
    try {
        const json::value value = parse_json(*text);
        JsonReader in(value);
        out.gateway = in.text("gateway", {.max_bytes = 40});
        out.request.reference = in.text("reference", {.max_bytes = 128});
        out.request.amount.minor = in.integer("amount_minor", {.min = 1});
        out.request.amount.currency = in.text("currency", {.min_bytes = 3, .max_bytes = 3});
        if (const json::object* body = in.optional_object("body")) out.request.body = *body;
        in.finish();
    } catch (const barid::Error& error) {
        out.problem = fmt::format("attempt_request's answer is none: {}", error.what());
        return out;
    }
    if (!commerce::currency_exponent(out.request.amount.currency)) {
        out.problem = fmt::format("the currency {} isn't known", out.request.amount.currency);
    }
    return out;
}

AttemptOutcome outcome_of(const ExecuteAnswer& answer) {
    AttemptOutcome out{.invoice_id = answer.invoice_id, .payment_id = answer.payment_id};
    if (answer.trouble == Trouble::none) {
        out.outcome = "SUBMITTED";
        return out;
    }
    out.error =
        truncate_utf8(fmt::format("{}: {}", trouble_name(answer.trouble), answer.problem), 500);
    // Everything else may have happened.
    const bool nothing_happened =
        answer.trouble == Trouble::refused || answer.trouble == Trouble::unreachable ||
        answer.trouble == Trouble::paused || answer.trouble == Trouble::unauthorized ||
        answer.trouble == Trouble::throttled;
    out.outcome = nothing_happened ? "FAILED" : "UNKNOWN";
    return out;
}

class Execute {
  public:
    explicit Execute(const PaymentChecker& checker) : checker_(checker) {}

    awaitable<queue::Outcome> run(JobContext& context, std::string attempt) const {
        const SteadyTime claimed = std::chrono::steady_clock::now();
        const auto fence =
            co_await checker_.shop().claim_attempt(attempt, checker_.options().claim_ttl);
        commerce::Counts counts;
        if (!fence) {
            counts.add("not_claimed");
            co_return done(counts);
        }
        Wanted wanted = read_request(co_await checker_.shop().attempt_request(attempt, *fence));
        commerce::PaymentGateway* gateway = checker_.gateway(wanted.gateway);
        if (wanted.problem.empty() && gateway == nullptr) {
            wanted.problem = fmt::format("this worker has no [payment.{}]", wanted.gateway);
        }
        AttemptOutcome outcome{.outcome = "FAILED", .error = wanted.problem};
        if (wanted.problem.empty()) {
            wanted.request.idempotency_key = attempt;
            // Half of the claim's time: an answer must come before it is over.
            wanted.request.not_after = claimed + checker_.options().claim_ttl / 2;
            outcome = outcome_of(co_await gateway->execute(std::move(wanted.request)));
        }
        counts.add(outcome.outcome);
        const std::string said = co_await checker_.shop().attempt_outcome(attempt, *fence, outcome);
        if (said != "RECORDED") counts.add("stale");
        if (!outcome.error.empty()) {
            context.log.warn(
                "a payment wasn't executed, or nobody knows",
                {{"attempt", attempt}, {"outcome", outcome.outcome}, {"error", outcome.error}});
            context.note(outcome.outcome + ": " + outcome.error);
        }
        // Money may be there already.
        if (!outcome.payment_id.empty()) {
            co_await checker_.hint(wanted.gateway, "payment", outcome.invoice_id);
        }
        co_return done(counts);
    }

  private:
    const PaymentChecker& checker_;
};

}  // namespace

void register_payment_execute(Registry& registry, const commerce::PaymentChecker& checker) {
    const auto handler = std::make_shared<const Execute>(checker);
    registry.add<std::string>(
        {.kind = "payment.execute",
         .timeout = checker.options().claim_ttl + std::chrono::minutes(1),
         .retry = {.base = 1s, .cap = 1min, .floor = 1s}},
        [](JsonReader& in) { return in.text("attempt", {.max_bytes = 128}); },
        [handler](JobContext& context, std::string attempt) -> awaitable<queue::Outcome> {
            co_return co_await handler->run(context, std::move(attempt));
        });
}

}  // namespace barid::jobs
