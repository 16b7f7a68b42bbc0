#include "jobs/payment_sweep.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace barid::jobs {

queue::Outcome done(const commerce::Counts& counts) {
    return queue::Done{json::serialize(counts.to_json())};
}

awaitable<void> PaymentSweep::resume() {
    const std::optional<json::value> left = co_await context_.last_checkpoint();
    if (!left || !left->is_object()) co_return;
    const json::object& state = left->get_object();
    if (const json::value* after = state.if_contains("after"); after && after->is_string()) {
        after_ = std::string(after->get_string());
    }
    if (const json::value* counts = state.if_contains("counts"); counts && counts->is_object()) {
        counts_.take(counts->get_object());
    }
}

awaitable<void> PaymentSweep::guard(std::string id, awaitable<void> work) {
    std::string problem;
    bool passes = false;
    try {
        co_await std::move(work);
    } catch (const pg::Error& error) {
        problem = error.what();
        passes = error.transient();
    } catch (const barid::Error& error) {
        // A cancellation is no failure of this one.
        if (context_.cancelled && context_.cancelled()) throw;
        problem = error.what();
        passes = error.transient();
    }
    if (problem.empty()) co_return;
    counts_.add(passes ? "later" : "failed");
    if (passes) co_return;
    if (first_failure_.empty()) first_failure_ = fmt::format("{}: {}", id, problem);
    context_.log.error("an order's payments couldn't be dealt with",
                       {{"id", id}, {"error", problem}});
}

queue::Outcome PaymentSweep::end() const {
    if (counts_.of("failed") == 0 || first_failure_.empty()) return done(counts_);
    return queue::Fail{fmt::format("{} of them failed; {} ({})", counts_.of("failed"),
                                   first_failure_, json::serialize(counts_.to_json()))};
}

queue::Outcome PaymentSweep::out_of_order() const {
    return queue::Fail{
        fmt::format("the shop's function answered ids that aren't in order byte by byte (ORDER BY "
                    "… COLLATE \"C\"), or that don't come after {}: others would be left out",
                    json_quote(truncate_utf8(after_, 128)))};
}

}  // namespace barid::jobs
