// The kind `image.process`: a picture in, a complete set of variants in the store, one manifest.
//
//     {"source": {"url" | "path" | "store_key": "…"}, "entity": "product:42", "slot": "main",
//      "recipe": "product"}
//
// image_recipe.hpp says what a recipe can be; "widths" and "formats" change its own. Without a slot
// the entity shows any number of pictures; a named slot shows one, and the new one takes its place
// when it is complete. The same source with the same recipe is never made or uploaded twice, not
// even by two jobs at once. The output is the manifest, as barid.media_manifest gives it.
// Everything in `ImageProcessDeps` must outlive the registry; io thread only.
#pragma once

#include <string>
#include <vector>

#include "base/http_client.hpp"
#include "base/run_on.hpp"
#include "jobs/registry.hpp"
#include "media/recipe_book.hpp"
#include "media/sandbox_pool.hpp"
#include "media/source.hpp"
#include "media/store.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct ImageProcessOptions {
    media::RecipeBook recipes = media::RecipeBook();
    media::SourceOptions source;
    std::chrono::milliseconds timeout{std::chrono::minutes(5)};
    std::size_t upload_concurrency = 6;
    bool is_private = false;    ///< files need signed addresses
    bool improve_avif = false;  ///< add a job `image.improve` for each new set with AVIF
};

struct ImageProcessDeps {
    pg::Pool& pool;
    http::HttpClient& http;
    ThreadPool& blocking;
    media::SandboxPool& sandbox;
    media::ObjectStore& store;
    ImageProcessOptions options;
};

struct ImagePayload {
    media::Source source;
    std::string entity;
    std::string slot;
    media::Recipe recipe;
    std::string recipe_name;  ///< "" for one that the payload spells out
};

/// An entity's name and a slot's; notes every violation. Pure.
std::string parse_entity(JsonReader& in);
std::string parse_slot(JsonReader& in);

/// The source of a picture: {"url" | "path" | "store_key": "…"} of the payload's "source".
media::Source parse_image_source(JsonReader& in);

/// Notes every violation; pure.
ImagePayload parse_image_payload(JsonReader& in, const media::RecipeBook& recipes);

/// What a payload asks for beside its source: "recipe" (image_recipe.hpp), and "widths" and
/// "formats" in its place.
media::Recipe parse_image_recipe(JsonReader& in, const media::RecipeBook& recipes);

/// What becomes of a job whose picture failed: permanent errors end it; the others come back, after
/// the time that a server asked for, and without spending an attempt when only our own line was
/// full.
queue::Outcome outcome_of(const media::Error& error);

void register_image_process(Registry& registry, ImageProcessDeps deps);

}  // namespace barid::jobs
