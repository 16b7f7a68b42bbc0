// A job that goes through a long list, page by page: what payment.reconcile, payment.refund and
// order.expire have in common.
//
// A page is a few orders at once; each one's failure is counted and told, and stops no other. After
// a shift the job snoozes with its place and counts in a checkpoint, and goes on from there. Its
// output is the counts. Internal to these jobs; io thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commerce/payment_check.hpp"
#include "commerce/side_by_side.hpp"
#include "jobs/context.hpp"
#include "queue/pg/error.hpp"

namespace barid::jobs {

class PaymentSweep {
  public:
    PaymentSweep(JobContext& context, const commerce::PaymentOptions& options)
        : context_(context), options_(options) {}

    [[nodiscard]] commerce::Counts& counts() { return counts_; }

    /// `page(after)`: the next items, by `id_of(item)`; `work(item)`: one of them.
    template <class Page, class Id, class Work>
    awaitable<queue::Outcome> run(Page page, Id id_of, Work work) {
        co_await resume();
        const SteadyTime shift_ends = std::chrono::steady_clock::now() + options_.shift;
        const auto guarded = [&](const auto& item) { return guard(id_of(item), work(item)); };
        for (;;) {
            const auto items = co_await page(after_);
            co_await commerce::side_by_side(items, options_.concurrency, guarded);
            if (std::ssize(items) < options_.batch) break;
            after_ = id_of(items.back());
            if (std::chrono::steady_clock::now() > shift_ends) {
                co_await context_.checkpoint(
                    json::object{{"after", after_}, {"counts", counts_.to_json()}});
                co_return queue::Snooze{std::chrono::milliseconds(0)};
            }
        }
        co_return end();
    }

  private:
    awaitable<void> resume();
    awaitable<void> guard(std::string id, awaitable<void> work);
    [[nodiscard]] queue::Outcome end() const;

    JobContext& context_;
    const commerce::PaymentOptions& options_;
    commerce::Counts counts_;
    std::string after_;
    std::string first_failure_;
};

/// {"FLIPPED": 1, …}
queue::Outcome done(const commerce::Counts& counts);

}  // namespace barid::jobs
