#include "jobs/image_improve.hpp"

#include <fmt/format.h>

#include "jobs/image_manifest.hpp"
#include "jobs/image_upload.hpp"

namespace barid::jobs {
namespace {

struct Payload {
    std::int64_t set = 0;
    media::Source source;
    media::Recipe recipe;
};

struct Shared {
    ImageProcessDeps deps;
    ImageImproveOptions improve;
};

Payload parse(JsonReader& in, const media::RecipeBook& recipes) {
    Payload payload;
    payload.set = in.integer("set", {.min = 1});
    const json::value* request = in.optional_value("request");
    if (request == nullptr) {
        in.violate("/request", "is required");
        return payload;
    }
    JsonReader inner(*request);
    payload.source = parse_image_source(inner);
    payload.recipe = parse_image_recipe(inner, recipes);
    try {
        inner.finish();
    } catch (const PayloadError& e) {
        for (const Violation& violation : e.violations()) {
            in.violate("/request" + violation.at, violation.problem);
        }
    }
    return payload;
}

std::string output(std::size_t made, int swapped) {
    return json::serialize(json::object{{"better", made}, {"swapped", swapped}});
}

awaitable<queue::Outcome> improve(JobContext& context, const Shared& shared, Payload payload) {
    const ImageProcessDeps& deps = shared.deps;
    const pg::Result known = co_await deps.pool.execute(
        R"(SELECT s.source_hash, s.recipe_hash, EXISTS (
               SELECT 1 FROM barid.media_variant v
               WHERE v.set_id = s.id AND strpos(v.key, $3) > 0)
           FROM barid.media_set s
           WHERE s.id = $1::bigint AND s.state = 'complete' AND s.store = $2)",
        pg::Params(payload.set, std::string(deps.store.name()),
                   fmt::format(".e{}.", shared.improve.effort)));
    if (known.empty()) co_return queue::Cancel{"the set isn't there any more"};
    if (known.one().get<bool>(2)) co_return queue::Done{output(0, 0)};
    const auto source_hash = known.one().get<std::string>(0);
    const auto recipe_hash = known.one().get<std::string>(1);
    if (media::recipe_hash(payload.recipe) != recipe_hash) {
        co_return queue::Cancel{"the recipe has changed since"};
    }
    media::Recipe recipe = payload.recipe;
    recipe.avif_baseline_effort = recipe.avif_effort;
    recipe.avif_effort = shared.improve.effort;
    if (recipe.avif_effort <= recipe.avif_baseline_effort) co_return queue::Done{output(0, 0)};
    recipe.formats = {media::OutputFormat::avif};
    media::FetchedSource source = co_await media::fetch_source(
        std::move(payload.source), deps.options.source, deps.http, deps.store, deps.blocking);
    if (source.sha256 != source_hash) co_return queue::Cancel{"the source has changed since"};
    media::ProcessedImage image =
        co_await deps.sandbox.process(std::move(recipe), std::move(source.bytes), context.deadline);
    const std::size_t made = image.variants.size();
    if (made == 0) co_return queue::Done{output(0, 0)};
    std::vector<std::string> keys;
    for (const media::Variant& variant : image.variants) {
        keys.push_back(improved_key(
            media::variant_key(source_hash, recipe_hash, variant.width, variant.format),
            shared.improve.effort));
    }
    std::vector<std::string> names = co_await plan_image_files(deps.pool, payload.set, keys);
    const auto rows =
        co_await upload_variants(deps.store, std::move(image.variants), std::move(names),
                                 deps.options.upload_concurrency, {});
    const int swapped =
        co_await improve_image_set(deps.pool, payload.set, rows, shared.improve.grace);
    co_return queue::Done{output(made, swapped)};
}

awaitable<queue::Outcome> handle(JobContext& context, std::shared_ptr<const Shared> shared,
                                 Payload payload) {
    std::optional<queue::Outcome> failed;
    try {
        co_return co_await improve(context, *shared, std::move(payload));
    } catch (const media::Error& e) {
        failed = outcome_of(e);
    }
    co_return std::move(*failed);
}

}  // namespace

std::string improved_key(const std::string& key, int effort) {
    const std::size_t dot = key.rfind('.');
    return fmt::format("{}.e{}{}", key.substr(0, dot), effort, key.substr(dot));
}

void register_image_improve(Registry& registry, ImageProcessDeps deps,
                            ImageImproveOptions improve) {
    KindOptions options{.kind = "image.improve", .timeout = deps.options.timeout};
    const auto shared = std::make_shared<const Shared>(std::move(deps), improve);
    registry.add<Payload>(
        std::move(options),
        [shared](JsonReader& in) { return parse(in, shared->deps.options.recipes); },
        [shared](JobContext& context, Payload payload) -> awaitable<queue::Outcome> {
            return handle(context, shared, std::move(payload));
        });
}

}  // namespace barid::jobs
