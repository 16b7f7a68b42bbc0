// The database's side of a set of variants: found, begun, and committed whole.
//
// Each call is safe to repeat: a job that dies between any two of them is simply run again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/image.hpp"
#include "media/store.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

/// What makes a set the same set.
struct ImageSetKey {
    std::string source_hash;
    std::string recipe_hash;
    std::string store;
};

/// A variant that is in the store, verified.
struct StoredVariant {
    int width = 0;
    int height = 0;
    media::OutputFormat format = media::OutputFormat::webp;
    media::StoredObject object;
};

/// Attaches `entity` to the set when it is complete already and returns its manifest (JSON).
awaitable<std::optional<std::string>> reuse_image_set(pg::Pool& pool, const ImageSetKey& key,
                                                      const std::string& entity);

/// Notes that files of this set are about to be stored; returns the set's id.
awaitable<std::int64_t> begin_image_set(pg::Pool& pool, const ImageSetKey& key,
                                        const media::SourceFacts& source);

/// All or nothing: the variants, the state `complete` and the entity in one transaction. A set
/// that somebody else completed meanwhile stays as it is. Returns the manifest (JSON).
awaitable<std::string> commit_image_set(pg::Pool& pool, std::int64_t set_id,
                                        const std::vector<StoredVariant>& variants,
                                        const std::string& entity);

}  // namespace barid::jobs
