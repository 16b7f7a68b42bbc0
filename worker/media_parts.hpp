// The parts that process and keep pictures, each made from its settings: the object store, the
// decode children, what a recipe says by default. The Platform keeps them; the doctor tries them.
//
// Each function throws a permanent Error that names what is wrong with the setting. What is
// returned refers to `http`, `blocking` and `clock`. Io thread only.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/run_on.hpp"
#include "config/settings.hpp"
#include "jobs/image_collect.hpp"
#include "jobs/image_improve.hpp"
#include "jobs/image_process.hpp"
#include "media/sandbox_pool.hpp"
#include "media/store.hpp"
#include "media/stores/local_directory.hpp"

namespace barid::worker {

struct StoreParts {
    std::unique_ptr<media::ObjectStore> store;
    std::shared_ptr<const media::LocalDirectory> files;  ///< of the local store only
};
/// A local store makes its directory and tries a write; the others do no I/O yet.
StoreParts make_store(http::HttpClient& http, ThreadPool& blocking, const Clock& clock,
                      const config::Media& settings);

/// What payloads can name; throws bad_recipe.
media::RecipeBook recipe_book(const config::Media& settings);
jobs::ImageProcessOptions image_options(const config::Media& settings);
jobs::ImageImproveOptions improve_options(const config::Media& settings);
jobs::CollectOptions collect_options(const config::Media& settings);
/// As in manifests: "local", "s3", "bunny".
std::string_view store_name(config::MediaStore store);
media::SandboxOptions sandbox_options(const config::Media& settings);

}  // namespace barid::worker
