// The database's side of a set of variants: found, begun, its files planned, completed whole.
//
// The rules are in migration 0018: files that are about to be uploaded are on the list of garbage
// until the transaction that publishes them. Each call is safe to repeat: a job that dies between
// any two of them is simply run again. Throws media::Error set_swept (transient) when the set or
// one of its files was swept away meanwhile.
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

/// What is to show the set.
struct ImagePlace {
    std::string entity;
    std::string slot = {};                    ///< "": any number of pictures; a name: exactly one
    std::optional<std::string> request = {};  ///< JSON: enough to ask for it again
    std::int64_t job_id = 0;  ///< a later job's picture isn't replaced by an earlier one's
};

/// A variant that is in the store, verified.
struct StoredVariant {
    int width = 0;
    int height = 0;
    media::OutputFormat format = media::OutputFormat::webp;
    media::StoredObject object;
};

struct ImageFacts {
    media::SourceFacts source;
    media::Look look = {};
    std::string recipe = {};  ///< its name, "" without one
    bool is_private = false;  ///< its files need signed addresses
};

struct BegunSet {
    enum class State { mine, busy, complete };
    std::int64_t id = 0;
    State state = State::mine;
};

/// What a page shows first, as JSON; base64 and #rrggbb.
std::string look_json(const ImageFacts& facts);

/// Shows a set that is complete already and returns its manifest (JSON).
awaitable<std::optional<std::string>> reuse_image_set(pg::Pool& pool, const ImageSetKey& key,
                                                      const ImagePlace& place);

/// Claims the making of the set for a job; `busy` while another running job has it.
awaitable<BegunSet> begin_image_set(pg::Pool& pool, const ImageSetKey& key, std::int64_t job_id);

/// Names for its files, in the order of `keys`; they differ from those while files of that name
/// are being removed.
awaitable<std::vector<std::string>> plan_image_files(pg::Pool& pool, std::int64_t set_id,
                                                     const std::vector<std::string>& keys);

/// All or nothing. With `improve_queue` a job `image.improve` is added in the same transaction.
/// A set that somebody else completed meanwhile stays as it is. Returns the manifest (JSON).
awaitable<std::string> complete_image_set(pg::Pool& pool, std::int64_t set_id,
                                          const std::vector<StoredVariant>& variants,
                                          const ImageFacts& facts, const ImagePlace& place,
                                          const std::optional<std::string>& improve_queue);

/// After a picture that can't be processed: nothing of the set stays.
awaitable<void> abandon_image_set(pg::Pool& pool, std::int64_t set_id, std::int64_t job_id);

/// Puts smaller files in the place of a complete set's; returns how many were swapped. The old
/// ones are removed after `grace`.
awaitable<int> improve_image_set(pg::Pool& pool, std::int64_t set_id,
                                 const std::vector<StoredVariant>& variants,
                                 std::chrono::seconds grace);

}  // namespace barid::jobs
