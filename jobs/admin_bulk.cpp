#include "jobs/admin_bulk.hpp"

#include "base/json.hpp"
#include "queue/pg/error.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;

constexpr queue::RetryPolicy kRetryPolicy{.base = 1s, .cap = 60s, .floor = 1s};

/// What one step said, or why there can be no further one.
struct Step {
    bool more = false;
    double progress = 0;
    std::string done = {};  ///< the output, as JSON
    std::string problem = {};
};

awaitable<Step> take_step(pg::Pool& pool, std::int64_t id, int page) {
    try {
        const pg::Result result =
            co_await pool.execute("SELECT barid.admin_bulk_step($1, $2)", pg::Params(id, page));
        const bool more = result.one().text(0) == "more";
        const pg::Result counts = co_await pool.execute(
            R"(SELECT CASE WHEN b.total > 0 THEN least(1.0,
                          (b.changed + b.skipped + b.failed)::float8 / b.total)
                      ELSE 1 - b.next_below::float8 / (b.upper_id + 1) END,
                      jsonb_build_object('state', b.state, 'changed', b.changed,
                          'skipped', b.skipped, 'failed', b.failed)::text
               FROM barid.admin_bulk b WHERE b.id = $1)",
            pg::Params(id));
        if (counts.empty()) co_return Step{.done = R"({"state":"gone"})"};
        co_return Step{.more = more,
                       .progress = counts[0].get<double>(0),
                       .done = counts[0].get<std::string>(1)};
    } catch (const pg::Error& error) {
        if (error.transient()) throw;
        co_return Step{.problem = error.what()};
    }
}

awaitable<queue::Outcome> work_shift(JobContext& context, pg::Pool& pool, const Clock& clock,
                                     AdminBulkOptions options, std::int64_t id) {
    const SteadyTime shift_ends = clock.steady_now() + options.shift;
    for (;;) {
        if ((context.cancelled && context.cancelled()) || clock.steady_now() > shift_ends) {
            co_return queue::Snooze{0ms};
        }
        Step step = co_await take_step(pool, id, options.page);
        if (!step.problem.empty()) {
            co_await pool.execute("SELECT barid.admin_bulk_fail($1, $2)",
                                  pg::Params(id, step.problem));
            co_return queue::Fail{std::move(step.problem)};
        }
        if (!step.more) co_return queue::Done{std::move(step.done)};
        if (context.progress) context.progress(step.progress, "jobs looked at");
    }
}

}  // namespace

void register_admin_bulk(Registry& registry, pg::Pool& pool, const Clock& clock,
                         AdminBulkOptions options) {
    registry.add<std::int64_t>(
        {.kind = "admin.bulk", .timeout = options.shift + 90s, .retry = kRetryPolicy},
        [](JsonReader& in) { return in.integer("bulk", {.min = 1}); },
        [&pool, &clock, options](JobContext& context, std::int64_t id) {
            return work_shift(context, pool, clock, options, id);
        });
}

}  // namespace barid::jobs
