// The kind `image.process`: a picture in, a complete set of variants in the store, one manifest.
//
//     {"source": {"url" | "path" | "store_key": "…"}, "entity": "product:42",
//      "widths": [160, 640], "formats": ["webp", "jpeg"]}
//
// Widths and formats are optional: the recipe's own stand in. The same source with the same recipe
// is never made or uploaded twice. The output is the manifest, as barid.media_manifest gives it.
// Everything in `ImageProcessDeps` must outlive the registry; io thread only.
#pragma once

#include <string>
#include <vector>

#include "base/http_client.hpp"
#include "base/run_on.hpp"
#include "jobs/registry.hpp"
#include "media/recipe.hpp"
#include "media/sandbox_pool.hpp"
#include "media/source.hpp"
#include "media/store.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct ImageProcessOptions {
    media::Recipe recipe;  ///< what a payload doesn't say
    media::SourceOptions source;
    std::chrono::milliseconds timeout{std::chrono::minutes(5)};
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
    std::vector<int> widths;                   ///< empty: the recipe's
    std::vector<media::OutputFormat> formats;  ///< empty: the recipe's
};

/// Notes every violation; pure.
ImagePayload parse_image_payload(JsonReader& in);

/// What becomes of a job whose picture failed: permanent errors end it; the others come back, after
/// the time that a server asked for, and without spending an attempt when only our own line was
/// full.
queue::Outcome outcome_of(const media::Error& error);

void register_image_process(Registry& registry, ImageProcessDeps deps);

}  // namespace barid::jobs
