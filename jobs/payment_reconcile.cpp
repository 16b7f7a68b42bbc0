#include "jobs/payment_reconcile.hpp"

#include <fmt/format.h>

#include "jobs/payment_sweep.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using commerce::Attempt;
using commerce::Checked;
using commerce::Counts;
using commerce::KeyType;
using commerce::PaymentChecker;

struct Payload {
    std::string order = {};
    std::string gateway = {};
    KeyType key_type = KeyType::invoice_id;
    std::string key = {};
    std::string cause = "reconcile";
};

Payload parse(JsonReader& in) {
    Payload out;
    out.order = in.optional_text("order", {.max_bytes = 128}).value_or("");
    out.gateway = in.optional_text("gateway", {.max_bytes = 40}).value_or("");
    out.key = in.optional_text("key", {.max_bytes = 128}).value_or("");
    const auto type = in.optional_text(
        "key_type", {.one_of = {"invoice_id", "payment_id", "customer_reference"}});
    if (type) out.key_type = *commerce::parse_key_type(*type);
    out.cause =
        in.optional_text("cause", {.one_of = {"reconcile", "webhook", "person"}}).value_or("");
    if (out.cause.empty()) out.cause = "reconcile";
    const bool names_key = !out.gateway.empty() || !out.key.empty() || type.has_value();
    if (names_key && (out.gateway.empty() || out.key.empty() || !type)) {
        in.violate("", "needs gateway, key_type and key together");
    }
    if (names_key && !out.order.empty()) in.violate("/order", "can't stand beside a key");
    return out;
}

class Reconcile {
  public:
    explicit Reconcile(const PaymentChecker& checker) : checker_(checker) {}

    awaitable<queue::Outcome> run(JobContext& context, Payload payload) const {
        if (!payload.order.empty()) co_return co_await order(context, std::move(payload));
        if (!payload.key.empty()) co_return co_await key(context, std::move(payload));
        co_return co_await sweep(context);
    }

  private:
    awaitable<queue::Outcome> sweep(JobContext& context) const {
        PaymentSweep sweep(context, checker_.options());
        sweep.counts().add("claims_over", co_await checker_.shop().expire_claims());
        std::map<std::string, int, std::less<>> unknown;
        const auto page = [&](const std::string& after) {
            return checker_.shop().candidates(checker_.options().batch,
                                              checker_.options().reconcile_after, after);
        };
        const auto work = [&](const Attempt& attempt) {
            if (attempt.state == "UNKNOWN") unknown[attempt.gateway] += 1;
            return one(context, attempt, sweep.counts());
        };
        queue::Outcome outcome =
            co_await sweep.run(page, [](const Attempt& attempt) { return attempt.id; }, work);
        if (!std::holds_alternative<queue::Snooze>(outcome)) co_await tell(unknown);
        co_return outcome;
    }

    awaitable<void> one(JobContext& context, Attempt attempt, Counts& counts) const {
        std::string order = attempt.order;
        std::vector<Attempt> attempts;
        attempts.push_back(std::move(attempt));
        const Checked checked = co_await checker_.check(std::move(order), std::move(attempts),
                                                        "reconcile", context.job.id);
        co_await checker_.settle(checked, "reconcile", counts);
    }

    awaitable<void> tell(const std::map<std::string, int, std::less<>>& unknown) const {
        for (const std::string& name : checker_.gateway_names()) {
            const auto found = unknown.find(name);
            co_await checker_.pool().execute(
                "SELECT barid.payment_swept($1, $2::int, NULL)",
                pg::Params(name, found == unknown.end() ? 0 : found->second));
        }
        co_await checker_.pool().execute("SELECT barid.prune_payment_checks()");
    }

    awaitable<queue::Outcome> order(JobContext& context, Payload payload) const {
        Counts counts;
        co_await checker_.shop().expire_claims();
        const Checked checked =
            co_await checker_.check_order(payload.order, payload.cause, context.job.id);
        co_await checker_.settle(checked, payload.cause, counts);
        co_return end(checked, counts);
    }

    /// The attempts whose it is: by the key, or by the reference that the gateway tells for it.
    awaitable<queue::Outcome> key(JobContext& context, Payload payload) const {
        commerce::PaymentGateway* gateway = checker_.gateway(payload.gateway);
        if (gateway == nullptr) {
            co_return queue::Retry{
                .error = fmt::format("this worker has no [payment.{}]", payload.gateway),
                .after = {}};
        }
        std::vector<Attempt> found =
            co_await checker_.shop().find_attempts(payload.gateway, payload.key_type, payload.key);
        if (found.empty() && payload.key_type != KeyType::customer_reference) {
            const commerce::StatusAnswer answer =
                co_await gateway->status(payload.key_type, payload.key);
            if (!answer.invoice && answer.trouble != commerce::Trouble::not_found) {
                co_return queue::Retry{
                    .error = fmt::format("{}: {}", trouble_name(answer.trouble), answer.problem),
                    .after = answer.retry_after};
            }
            if (answer.invoice && !answer.invoice->reference.empty()) {
                found = co_await checker_.shop().find_attempts(
                    payload.gateway, KeyType::customer_reference, answer.invoice->reference);
            }
        }
        Counts counts;
        if (found.empty()) {
            // Other shops may use the account, too.
            counts.add("not_ours");
            co_return done(counts);
        }
        std::string order = found.front().order;
        const Checked checked = co_await checker_.check(std::move(order), std::move(found),
                                                        payload.cause, context.job.id);
        co_await checker_.settle(checked, payload.cause, counts);
        co_return end(checked, counts);
    }

    /// Somebody waits for this answer: without one the job comes back.
    static queue::Outcome end(const Checked& checked, const Counts& counts) {
        for (const commerce::Looked& looked : checked.looked) {
            const auto trouble = looked.answer.trouble;
            if (trouble == commerce::Trouble::none || trouble == commerce::Trouble::not_found) {
                continue;
            }
            return queue::Retry{.error = looked.evidence.problem.empty()
                                             ? std::string(looked.answer.problem)
                                             : looked.evidence.problem,
                                .after = looked.answer.retry_after};
        }
        return done(counts);
    }

    const PaymentChecker& checker_;
};

}  // namespace

void register_payment_reconcile(Registry& registry, const commerce::PaymentChecker& checker) {
    const auto handler = std::make_shared<const Reconcile>(checker);
    registry.add<Payload>(
        {.kind = "payment.reconcile",
         .timeout = checker.options().shift + std::chrono::minutes(5),
         .retry = {.base = 2s, .cap = 5min, .floor = 1s}},
        parse, [handler](JobContext& context, Payload payload) -> awaitable<queue::Outcome> {
            co_return co_await handler->run(context, std::move(payload));
        });
}

}  // namespace barid::jobs
