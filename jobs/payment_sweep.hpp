// A job that goes through a long list, page by page: what payment.reconcile, payment.refund and
// order.expire have in common.
//
// A page is a few orders at once; each one's failure is counted and told, and stops no other. After
// a shift the job snoozes with its place and counts in a checkpoint, and goes on from there. Its
// output is the counts. A page that isn't in the order of its ids' bytes fails the job: others
// would be left out. Internal to these jobs; io thread only.
#pragma once

#include <algorithm>
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
        const auto over = [&] { return std::chrono::steady_clock::now() > shift_ends; };
        for (;;) {
            const auto items = co_await page(after_);
            // A page may take longer than the job may, where a gateway is slow: after the shift
            // none is begun. They are taken in their order, so those that are begun come first.
            std::size_t begun = 0;
            const auto guarded = [&](const auto& item) -> awaitable<void> {
                if (begun > 0 && over()) co_return;
                begun += 1;
                co_await guard(id_of(item), work(item));
            };
            co_await commerce::side_by_side(items, options_.concurrency, guarded);
            if (!std::ranges::is_sorted(items, {}, id_of) ||
                (!items.empty() && id_of(items.front()) <= after_)) {
                co_return out_of_order();
            }
            if (begun == items.size() && std::ssize(items) < options_.batch) break;
            after_ = id_of(items[begun - 1]);
            if (over()) {
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
    [[nodiscard]] queue::Outcome out_of_order() const;

    JobContext& context_;
    const commerce::PaymentOptions& options_;
    commerce::Counts counts_;
    std::string after_;
    std::string first_failure_;
};

/// {"FLIPPED": 1, …}
queue::Outcome done(const commerce::Counts& counts);

}  // namespace barid::jobs
