#include "jobs/image_reprocess.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/json_reader.hpp"
#include "jobs/image_process.hpp"

namespace barid::jobs {
namespace {

constexpr int kPage = 500;

/// What the request would make today; nothing when its recipe isn't known any more.
std::optional<std::string> current_hash(const json::value& request,
                                        const media::RecipeBook& recipes) {
    JsonReader in(request);
    const media::Recipe recipe = parse_image_recipe(in, recipes);
    if (!in.ok()) return std::nullopt;
    return media::recipe_hash(recipe);
}

awaitable<pg::Result> read_places(pg::Pool& pool, const ReprocessFilter& filter,
                                  const ReprocessWalk& after) {
    co_return co_await pool.execute(
        R"(SELECT e.entity, e.slot, e.set_id, e.request::text AS request, s.recipe_hash
           FROM barid.media_entity e JOIN barid.media_set s ON s.id = e.set_id
           WHERE s.state = 'complete' AND starts_with(e.entity, $1)
             AND ($2 = '' OR s.recipe = $2)
             AND ($3 = '' OR NOT EXISTS (SELECT 1 FROM barid.media_variant v
                                         WHERE v.set_id = s.id AND v.format = $3))
             AND ($8 = '' OR e.attached_at < nullif($8, '')::timestamptz)
             AND (e.entity, e.slot, e.set_id) > ($4, $5, $6::bigint)
           ORDER BY e.entity, e.slot, e.set_id LIMIT $7::int)",
        pg::Params(filter.prefix, filter.recipe, filter.missing_format, after.entity, after.slot,
                   after.set, kPage, filter.before));
}

/// `first` is the place of the page's first job in the whole: the n-th starts n/rate later.
awaitable<std::int64_t> enqueue_page(pg::Pool& pool, json::array jobs, std::int64_t first,
                                     int per_minute) {
    const auto result = co_await pool.execute(
        R"(SELECT count(added) FROM barid.enqueue_many((
               SELECT jsonb_agg(j || jsonb_build_object('run_at',
                          now() + interval '1 minute' * ((i - 1 + $2::bigint) / $3::float8))
                      ORDER BY i)
               FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY u(j, i))) AS added)",
        pg::Params(json::serialize(jobs), first, per_minute));
    co_return result.one().get<std::int64_t>(0);
}

json::object kept_walk(const ReprocessWalk& walk) {
    json::object kept = reprocess_json(walk.counts);
    kept["entity"] = walk.entity;
    kept["slot"] = walk.slot;
    kept["set"] = walk.set;
    return kept;
}

/// What an earlier attempt left; the beginning when that can't be read.
ReprocessWalk walk_of(const json::value& kept) {
    JsonReader in(kept);
    ReprocessWalk walk;
    walk.counts = {.looked_at = in.integer("looked_at"),
                   .chosen = in.integer("chosen"),
                   .added = in.integer("added"),
                   .without_request = in.integer("without_request"),
                   .unknown_recipe = in.integer("unknown_recipe")};
    walk.entity = in.text("entity", {.min_bytes = 0});
    walk.slot = in.text("slot", {.min_bytes = 0});
    walk.set = in.integer("set");
    return in.ok() ? walk : ReprocessWalk();
}

awaitable<queue::Outcome> run_reprocess(JobContext& context, pg::Pool& pool,
                                        std::shared_ptr<const media::RecipeBook> recipes,
                                        ReprocessWish wish) {
    ReprocessWalk walk;
    if (const auto kept = co_await context.last_checkpoint()) walk = walk_of(*kept);
    while (co_await reprocess_page(pool, wish, *recipes, walk)) {
        // A page that is enqueued and not noted is enqueued again: its jobs' keys are taken.
        co_await context.checkpoint(kept_walk(walk));
        if (context.progress) {
            context.progress(0, fmt::format("{} pictures asked for, {} looked at",
                                            walk.counts.chosen, walk.counts.looked_at));
        }
        if (context.cancelled && context.cancelled()) {
            co_return queue::Snooze{std::chrono::milliseconds(0)};
        }
    }
    co_return queue::Done{json::serialize(reprocess_json(walk.counts))};
}

}  // namespace

std::variant<json::object, NotReprocessed> reprocess_job(const ReprocessPlace& place,
                                                         const media::RecipeBook& recipes,
                                                         const ReprocessWish& wish) {
    if (!place.request) return NotReprocessed::without_request;
    json::value payload = parse_json(*place.request);
    json::object& asked = payload.as_object();
    if (!wish.recipe.empty()) {
        asked["recipe"] = wish.recipe;
        asked.erase("widths");
        asked.erase("formats");
    }
    const auto hash = current_hash(payload, recipes);
    if (!hash) return NotReprocessed::unknown_recipe;
    if (wish.filter.stale && *hash == place.recipe_hash) return NotReprocessed::current;
    asked["entity"] = place.entity;
    if (!place.slot.empty()) asked["slot"] = place.slot;
    json::array tags{fmt::format("media:{}", place.set)};
    if (place.entity.size() <= 128) tags.emplace_back(place.entity);
    return json::object{
        {"kind", "image.process"},
        {"payload", std::move(payload)},
        {"queue", wish.queue},
        {"priority", wish.priority},
        {"tags", std::move(tags)},
        {"unique_key", fmt::format("media.reprocess:{}:{}:{}", place.set, *hash,
                                   sha256_hex(place.entity + "\n" + place.slot).substr(0, 16))}};
}

awaitable<bool> reprocess_page(pg::Pool& pool, const ReprocessWish& wish,
                               const media::RecipeBook& recipes, ReprocessWalk& walk,
                               bool preview) {
    const pg::Result rows = co_await read_places(pool, wish.filter, walk);
    if (rows.empty()) co_return false;
    json::array jobs;
    for (const pg::Row row : rows) {
        const ReprocessPlace place{.entity = row.get<std::string>("entity"),
                                   .slot = row.get<std::string>("slot"),
                                   .set = row.get<std::int64_t>("set_id"),
                                   .recipe_hash = row.get<std::string>("recipe_hash"),
                                   .request = row.get<std::optional<std::string>>("request")};
        ++walk.counts.looked_at;
        auto made = reprocess_job(place, recipes, wish);
        if (auto* job = std::get_if<json::object>(&made)) {
            jobs.emplace_back(std::move(*job));
        } else {
            const auto why = std::get<NotReprocessed>(made);
            walk.counts.without_request += why == NotReprocessed::without_request ? 1 : 0;
            walk.counts.unknown_recipe += why == NotReprocessed::unknown_recipe ? 1 : 0;
        }
        walk.entity = place.entity;
        walk.slot = place.slot;
        walk.set = place.set;
    }
    const std::int64_t first = walk.counts.chosen;
    walk.counts.chosen += static_cast<std::int64_t>(jobs.size());
    if (!preview && !jobs.empty()) {
        walk.counts.added += co_await enqueue_page(pool, std::move(jobs), first, wish.per_minute);
    }
    co_return true;
}

ReprocessWish parse_reprocess(JsonReader& in, const media::RecipeBook& recipes) {
    ReprocessWish wish;
    if (const json::object* object = in.object("filter")) {
        const json::value value(*object);
        JsonReader filter(value);
        ReprocessFilter& f = wish.filter;
        f.prefix = filter.optional_text("prefix", {.max_bytes = 256}).value_or("");
        f.recipe = filter.optional_text("recipe", {.max_bytes = 64}).value_or("");
        f.missing_format =
            filter.optional_text("missing", {.one_of = {"webp", "avif", "jpeg"}}).value_or("");
        f.stale = filter.optional_boolean("stale").value_or(false);
        f.before = filter.optional_text("before", {.max_bytes = 40}).value_or("");
        if (filter.ok() && f.prefix.empty() && f.recipe.empty() && f.missing_format.empty() &&
            !f.stale) {
            filter.violate("", "must say which: prefix, recipe, missing or stale");
        }
        try {
            filter.finish();
        } catch (const PayloadError& error) {
            for (const Violation& v : error.violations()) in.violate("/filter" + v.at, v.problem);
        }
    }
    wish.recipe = in.optional_text("recipe", {.max_bytes = 64}).value_or("");
    if (!wish.recipe.empty() && recipes.find(wish.recipe) == nullptr) {
        in.violate("/recipe", "is no recipe that this program knows");
    }
    wish.per_minute = static_cast<int>(
        in.optional_integer("per_minute", {.min = 1, .max = 1'000'000}).value_or(wish.per_minute));
    return wish;
}

json::object reprocess_json(const ReprocessCounts& counts) {
    return {{"looked_at", counts.looked_at},
            {"chosen", counts.chosen},
            {"added", counts.added},
            {"without_request", counts.without_request},
            {"unknown_recipe", counts.unknown_recipe}};
}

void register_image_reprocess(Registry& registry, pg::Pool& pool, media::RecipeBook recipes) {
    const auto book = std::make_shared<const media::RecipeBook>(std::move(recipes));
    registry.add<ReprocessWish>(
        {.kind = "image.reprocess", .timeout = std::chrono::minutes(30)},
        [book](JsonReader& in) { return parse_reprocess(in, *book); },
        [&pool, book](JobContext& context, ReprocessWish wish) {
            return run_reprocess(context, pool, book, std::move(wish));
        });
}

}  // namespace barid::jobs
