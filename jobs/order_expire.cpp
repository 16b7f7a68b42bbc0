#include "jobs/order_expire.hpp"

#include <fmt/format.h>

#include "jobs/payment_sweep.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using commerce::Checked;
using commerce::Counts;
using commerce::PaymentChecker;
using commerce::PaymentVerdict;

struct Nothing {};

class Expire {
  public:
    explicit Expire(const PaymentChecker& checker) : checker_(checker) {}

    awaitable<queue::Outcome> run(JobContext& context) const {
        PaymentSweep sweep(context, checker_.options());
        sweep.counts().add("claims_over", co_await checker_.shop().expire_claims());
        const auto page = [&](const std::string& after) {
            return checker_.shop().expirable_orders(checker_.options().batch, after);
        };
        const auto work = [&](const std::string& order) {
            return one(context, order, sweep.counts());
        };
        co_return co_await sweep.run(page, [](const std::string& order) { return order; }, work);
    }

  private:
    awaitable<void> one(JobContext& context, std::string order, Counts& counts) const {
        if (co_await once(context, order, counts) != "STALE_EVIDENCE") co_return;
        co_await once(context, order, counts);
    }

    /// What the shop said, or "" when it wasn't asked to cancel.
    awaitable<std::string> once(JobContext& context, std::string order, Counts& counts) const {
        const Checked checked = co_await checker_.check_order(order, "expire", context.job.id);
        if (checked.evidence_id == 0) {
            counts.add("skipped");
            co_return "";
        }
        if (checked.verdict == PaymentVerdict::paid ||
            checked.verdict == PaymentVerdict::mismatch) {
            co_await checker_.settle(checked, "expire", counts);
            co_return "";
        }
        if (checked.verdict == PaymentVerdict::unsure) {
            counts.add("unsure");
            co_return "";
        }
        std::vector<std::string> attempts;
        for (const commerce::Looked& looked : checked.looked) {
            attempts.push_back(looked.attempt.id);
        }
        std::string said = co_await checker_.shop().expire_order(
            order, checked.evidence_id, checked.checked_at, std::move(attempts));
        counts.add(said);
        co_await checker_.note(checked.evidence_id, said);
        co_return said;
    }

    const PaymentChecker& checker_;
};

}  // namespace

void register_order_expire(Registry& registry, const commerce::PaymentChecker& checker) {
    const auto handler = std::make_shared<const Expire>(checker);
    registry.add<Nothing>(
        {.kind = "order.expire",
         .timeout = checker.options().shift + std::chrono::minutes(5),
         .retry = {.base = 2s, .cap = 5min, .floor = 1s}},
        [](JsonReader&) { return Nothing{}; },
        [handler](JobContext& context, Nothing) -> awaitable<queue::Outcome> {
            co_return co_await handler->run(context);
        });
}

}  // namespace barid::jobs
