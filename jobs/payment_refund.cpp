#include "jobs/payment_refund.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/timeout.hpp"
#include "jobs/payment_sweep.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using commerce::Counts;
using commerce::DueRefund;
using commerce::PaymentChecker;
using commerce::PaymentGateway;
using commerce::RefundState;
using commerce::Trouble;

constexpr const char* kRejected = "the gateway doesn't give it back";

class Refunds {
  public:
    explicit Refunds(const PaymentChecker& checker) : checker_(checker) {}

    awaitable<queue::Outcome> run(JobContext& context, std::string only) const {
        PaymentSweep sweep(context, checker_.options());
        sweep.counts().add("claims_over", co_await checker_.shop().expire_claims());
        std::map<std::string, int, std::less<>> open;
        const auto page = [&](const std::string& after) {
            return checker_.shop().refund_candidates(checker_.options().batch, after);
        };
        const auto work = [&](const DueRefund& refund) {
            open[refund.gateway] += 1;
            return one(context, refund, only, sweep.counts());
        };
        queue::Outcome outcome =
            co_await sweep.run(page, [](const DueRefund& refund) { return refund.id; }, work);
        if (!std::holds_alternative<queue::Snooze>(outcome)) {
            for (const std::string& name : checker_.gateway_names()) {
                const auto found = open.find(name);
                co_await checker_.pool().execute(
                    "SELECT barid.payment_swept($1, NULL, $2::int)",
                    pg::Params(name, found == open.end() ? 0 : found->second));
            }
        }
        co_return outcome;
    }

  private:
    awaitable<void> one(JobContext& context, DueRefund refund, std::string only,
                        Counts& counts) const {
        if (!only.empty() && refund.id != only) co_return;
        PaymentGateway* gateway = checker_.gateway(refund.gateway);
        if (gateway == nullptr) {
            counts.add("skipped");
        } else if (refund.state == "DUE") {
            co_await request(context, *gateway, std::move(refund), counts);
        } else {
            co_await follow(context, *gateway, std::move(refund), counts);
        }
    }

    awaitable<std::int64_t> evidence(const JobContext& context, const DueRefund& refund,
                                     std::string verdict, std::string problem,
                                     std::string status) const {
        const SystemTime now = co_await checker_.database_now();
        const json::array about{json::object{{"refund", refund.id},
                                             {"gateway", refund.gateway},
                                             {"key_type", key_type_name(refund.key_type)},
                                             {"key", refund.key},
                                             {"amount_minor", refund.amount.minor},
                                             {"currency", refund.amount.currency},
                                             {"status", status},
                                             {"problem", truncate_utf8(problem, 500)}}};
        const pg::Result result = co_await checker_.pool().execute(
            "SELECT barid.payment_evidence($1, 'refund', $2, $3::timestamptz, $4::jsonb, "
            "$5::bigint)",
            pg::Params(refund.order, verdict, now, json::serialize(about), context.job.id));
        co_return result.one().get<std::int64_t>(0);
    }

    awaitable<void> request(JobContext& context, PaymentGateway& gateway, DueRefund refund,
                            Counts& counts) const {
        if (!gateway.refunds_in(refund.amount.currency)) {
            counts.add("held");
            context.log.error("a refund is in another currency than its gateway refunds in",
                              {{"refund", refund.id}, {"currency", refund.amount.currency}});
            co_return;
        }
        // Before the claim: there is no way back from it.
        const commerce::Answer ready = co_await gateway.ready();
        if (ready.trouble != Trouble::none) {
            counts.add("skipped");
            co_return;
        }
        const auto fence =
            co_await checker_.shop().claim_refund(refund.id, checker_.options().claim_ttl);
        if (!fence) {
            counts.add("not_claimed");
            co_return;
        }
        const commerce::RefundAnswer answer = co_await gateway.refund(
            {.key_type = refund.key_type,
             .key = refund.key,
             .amount = refund.amount,
             .reference = refund.reference,
             .not_after = std::chrono::steady_clock::now() + checker_.options().claim_ttl / 2});
        std::string outcome = "UNKNOWN";
        if (answer.trouble == Trouble::none) {
            outcome = "REQUESTED";
        } else if (answer.trouble == Trouble::refused || answer.trouble == Trouble::not_found) {
            outcome = "REJECTED";
        } else if (answer.trouble != Trouble::doubtful) {
            outcome = "DUE";  // it never left, or wasn't looked at: the next run asks again
        }
        counts.add(outcome);
        if (outcome == "DUE") {
            const std::string said = co_await checker_.shop().refund_outcome(
                refund.id, fence, outcome, std::nullopt, std::nullopt);
            if (said != "RECORDED") counts.add("stale");
            co_return;
        }
        const std::int64_t id = co_await evidence(
            context, refund, "REFUND_" + outcome,
            outcome == "REQUESTED"
                ? std::string()
                : fmt::format("{}: {}", trouble_name(answer.trouble), answer.problem),
            "");
        co_await record(refund, fence, outcome, answer.refund_id, id, counts);
        if (outcome != "REQUESTED") {
            context.log.error("a refund wasn't taken, or nobody knows: somebody has to look",
                              {{"refund", refund.id}, {"outcome", outcome}, {"evidence", id}});
        }
        if (outcome == "REJECTED") co_await hold(context, refund, kRejected, "");
    }

    awaitable<void> record(const DueRefund& refund, std::optional<std::int64_t> fence,
                           std::string outcome, std::string gateway_id, std::int64_t evidence_id,
                           Counts& counts) const {
        std::optional<std::string> number;
        if (!gateway_id.empty()) number = std::move(gateway_id);
        const std::string said =
            co_await checker_.shop().refund_outcome(refund.id, fence, outcome, number, evidence_id);
        if (said != "RECORDED") counts.add("stale");
        co_await checker_.note(evidence_id, fmt::format("{}: {}", refund.id, said));
    }

    /// Where the gateway has it, by its number or by our reference.
    awaitable<std::optional<commerce::Refund>> find(PaymentGateway& gateway,
                                                    const DueRefund& refund) const {
        if (!refund.gateway_id.empty()) {
            const auto answer = co_await gateway.refund_by_id(refund.gateway_id);
            const auto found =
                std::ranges::find(answer.refunds, refund.gateway_id, &commerce::Refund::id);
            if (found == answer.refunds.end()) co_return std::nullopt;
            co_return *found;
        }
        std::string invoice = refund.key;
        if (refund.key_type != commerce::KeyType::invoice_id) {
            const auto status = co_await gateway.status(refund.key_type, refund.key);
            if (!status.invoice) co_return std::nullopt;
            invoice = status.invoice->id;
        }
        const auto answer = co_await gateway.refunds_of(invoice);
        const auto found =
            std::ranges::find(answer.refunds, refund.reference, &commerce::Refund::reference);
        if (refund.reference.empty() || found == answer.refunds.end()) co_return std::nullopt;
        co_return *found;
    }

    awaitable<void> follow(JobContext& context, PaymentGateway& gateway, DueRefund refund,
                           Counts& counts) const {
        const auto found = co_await find(gateway, refund);
        if (!found || found->state == RefundState::unknown) {
            counts.add(refund.state == "UNKNOWN" ? "still_unknown" : "no_answer");
            if (found) {
                co_await hold(context, refund, "the gateway's word for it isn't known",
                              found->status);
            } else if (refund.state == "UNKNOWN") {
                co_await hold(context, refund, "nobody knows whether it was asked for", "");
            }
            co_return;
        }
        if (found->state == RefundState::refunded) {
            const std::string problem = refund_problem(*found, refund.amount);
            if (!problem.empty()) {
                counts.add("mismatch");
                co_await hold(context, refund, problem, found->status);
                context.log.error("a gateway gave back another amount than it was asked for",
                                  {{"refund", refund.id}, {"problem", problem}});
                co_return;
            }
        }
        std::string outcome = found->state == RefundState::refunded   ? "REFUNDED"
                              : found->state == RefundState::rejected ? "REJECTED"
                                                                      : "REQUESTED";
        counts.add(outcome == "REQUESTED" ? "pending" : outcome);
        if (outcome == "REQUESTED" && refund.state == "REQUESTED") co_return;
        const std::int64_t id = co_await evidence(
            context, refund, outcome == "REFUNDED" ? outcome : "REFUND_" + outcome, "",
            found->status);
        const bool rejected = outcome == "REJECTED";
        co_await record(refund, std::nullopt, std::move(outcome), found->id, id, counts);
        if (rejected) {
            context.log.error("a gateway doesn't give a payment back: somebody has to look",
                              {{"refund", refund.id}, {"evidence", id}});
            co_await hold(context, refund, kRejected, found->status);
        }
    }

    /// Counts it among the payments that wait for a person, until something newer is known of it.
    awaitable<void> hold(JobContext& context, const DueRefund& refund, std::string problem,
                         std::string status) const {
        co_await evidence(context, refund, "MISMATCH", std::move(problem), std::move(status));
    }

    const PaymentChecker& checker_;
};

}  // namespace

void register_payment_refund(Registry& registry, const commerce::PaymentChecker& checker) {
    const auto handler = std::make_shared<const Refunds>(checker);
    registry.add<std::string>(
        {.kind = "payment.refund",
         .timeout = checker.options().shift + std::chrono::minutes(5),
         .retry = {.base = 2s, .cap = 5min, .floor = 1s}},
        [](JsonReader& in) { return in.optional_text("refund", {.max_bytes = 128}).value_or(""); },
        [handler](JobContext& context, std::string only) -> awaitable<queue::Outcome> {
            co_return co_await handler->run(context, std::move(only));
        });
}

}  // namespace barid::jobs
