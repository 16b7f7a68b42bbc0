#include "jobs/translate_backfill.hpp"

#include "base/json.hpp"
#include "queue/pg/error.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;

constexpr queue::RetryPolicy kRetryPolicy{.base = 1s, .cap = 60s, .floor = 1s};

awaitable<void> note_failure(pg::Pool& pool, std::int64_t id, std::int64_t job_id,
                             const std::string& problem) {
    co_await pool.execute("SELECT barid.translate_backfill_fail($1, $2, $3)",
                          pg::Params(id, job_id, problem));
}

awaitable<queue::Outcome> work_shift(JobContext& context, pg::Pool& pool, const Clock& clock,
                                     TranslateBackfillOptions options, std::int64_t id) {
    const SteadyTime shift_ends = clock.steady_now() + options.shift;
    for (;;) {
        if ((context.cancelled && context.cancelled()) || clock.steady_now() > shift_ends) {
            co_return queue::Snooze{0ms};
        }
        std::string next;
        std::string problem;
        try {
            const pg::Result result = co_await pool.execute(
                "SELECT s.next, b.seen, b.total "
                "FROM barid.translate_backfill_step($1, barid.in_trace($4, $2::bigint), $3) "
                "AS s(next) LEFT JOIN barid.translation_backfills b ON b.id = $1",
                pg::Params(id, context.job.id, options.page,
                           trace::format_traceparent(context.trace)));
            next = result.one().get<std::string>("next");
            const auto total = result.one().get<std::optional<std::int64_t>>("total").value_or(0);
            const auto seen = result.one().get<std::optional<std::int64_t>>("seen").value_or(0);
            if (total > 0 && context.progress) {
                context.progress(static_cast<double>(seen) / static_cast<double>(total),
                                 "rows looked at");
            }
        } catch (const pg::Error& error) {
            if (error.transient()) throw;
            problem = error.what();
        }
        if (!problem.empty()) {
            co_await note_failure(pool, id, context.job.id, problem);
            co_return queue::Fail{std::move(problem)};
        }
        if (next == "more") continue;
        if (next == "wait") co_return queue::Snooze{options.nap};
        co_return queue::Done{json::serialize(json::object{{"next", next}})};
    }
}

}  // namespace

void register_translate_backfill(Registry& registry, pg::Pool& pool, const Clock& clock,
                                 TranslateBackfillOptions options) {
    registry.add<std::int64_t>(
        {.kind = "translate.backfill", .timeout = options.shift + 90s, .retry = kRetryPolicy},
        [](JsonReader& in) { return in.integer("backfill", {.min = 1}); },
        [&pool, &clock, options](JobContext& context, std::int64_t id) {
            return work_shift(context, pool, clock, options, id);
        });
}

}  // namespace barid::jobs
