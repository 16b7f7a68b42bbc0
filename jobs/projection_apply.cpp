#include "jobs/projection_apply.hpp"

#include <fmt/format.h>

#include <memory>

namespace barid::jobs {
namespace {

using Projections = std::map<std::string, commerce::ProjectionTarget>;

struct Payload {
    std::string projection;
    commerce::ProjectionEvent event;
};

Payload parse(JsonReader& in) {
    Payload p;
    p.projection = in.text("projection", {.max_bytes = 40});
    p.event.event_id = in.text("event_id", {.max_bytes = 128});
    p.event.aggregate_type = in.text("aggregate_type", {.max_bytes = 128});
    p.event.aggregate_id = in.text("aggregate_id", {.max_bytes = 128});
    p.event.aggregate_version = in.integer("aggregate_version", {.min = 1});
    p.event.event_type = in.text("event_type", {.max_bytes = 128});
    in.object("payload");  // taken from the job's text, digit for digit
    return p;
}

std::string outcome(const commerce::Applied& applied) {
    if (applied.duplicate > 0) return "duplicate";
    if (applied.applied > 0) return "applied";
    return applied.stale > 0 ? "stale" : "ignored";
}

awaitable<queue::Outcome> apply(const queue::Job& job, pg::Pool& pool,
                                std::shared_ptr<const Projections> projections, Payload payload) {
    const auto target = projections->find(payload.projection);
    if (target == projections->end()) {
        co_return queue::Fail{
            fmt::format("there is no [projection.{}] in the configuration", payload.projection)};
    }
    auto transaction = co_await pg::Transaction::begin(pool);
    const pg::Result text =
        co_await transaction.execute("SELECT $1::jsonb->'payload'", pg::Params(job.payload));
    payload.event.payload = text.one().get<std::string>(0);
    std::vector<commerce::ProjectionEvent> events;
    events.push_back(std::move(payload.event));
    const commerce::Applied applied =
        co_await commerce::apply_events(transaction, target->second, std::move(events));
    if (!applied.failed.empty()) {
        co_await transaction.rollback();
        co_return queue::Fail{applied.failed.front().error};
    }
    co_await transaction.commit();
    co_return queue::Done{json::serialize(json::object{{"outcome", outcome(applied)}})};
}

}  // namespace

void register_projection_apply(Registry& registry, pg::Pool& pool, Projections projections) {
    const auto shared = std::make_shared<const Projections>(std::move(projections));
    registry.add<Payload>({.kind = "projection.apply", .timeout = std::chrono::minutes(1)}, parse,
                          [&pool, shared](JobContext& context, Payload payload) {
                              return apply(context.job, pool, shared, std::move(payload));
                          });
}

}  // namespace barid::jobs
