// Where finished files live: a seam over a directory, an S3 bucket or a Bunny storage zone.
//
// Names are content: whoever makes a key puts the hashes of source and recipe into it, so a key
// always stands for the same bytes and every call may be repeated safely. `put` is all or
// nothing: a reader sees the whole object or none, and the store's copy has been verified when it
// returns. Implementations retry what is worth it within their own bounded time and throw
// media::Error otherwise. Not thread-safe: use a store on its io thread; several calls may be in
// flight at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/asio.hpp"
#include "media/error.hpp"

namespace barid::media {

struct StoredObject {
    std::string key;
    std::string url;     ///< what a reader fetches
    std::string sha256;  ///< lower-case hex; "" from `head` when the store doesn't know it
    std::uint64_t bytes = 0;
    bool existed = false;  ///< the same bytes were there already; nothing was sent
};

class ObjectStore {
  public:
    virtual ~ObjectStore() = default;

    /// Stores `bytes` under `key` and verifies the copy. An object of the same size and hash is
    /// left alone (`existed`); one that differs (a damaged copy) is replaced.
    virtual awaitable<StoredObject> put(std::string key, std::string bytes,
                                        std::string content_type) = 0;

    /// What the store says about `key`, or nothing when it isn't there.
    virtual awaitable<std::optional<StoredObject>> head(std::string key) = 0;

    /// The object's bytes; throws not_found, and too_large when there are more than `max_bytes`.
    virtual awaitable<std::string> get(std::string key, std::size_t max_bytes) = 0;

    /// Idempotent: an object that isn't there is fine.
    virtual awaitable<void> remove(std::string key) = 0;

    /// The public address of `key`; no I/O.
    [[nodiscard]] virtual std::string url(std::string_view key) const = 0;

    /// An address that a reader may fetch until `expires`, for a private store; no I/O.
    [[nodiscard]] virtual std::string signed_url(std::string_view key,
                                                 std::chrono::sys_seconds expires) const {
        static_cast<void>(expires);
        return url(key);
    }

    /// After `remove`: takes the objects out of the caches in front of the store, where it has
    /// some that can be told.
    virtual awaitable<void> purge(std::vector<std::string> keys) {
        static_cast<void>(keys);
        co_return;
    }

    /// "local", "s3" or "bunny", for manifests, logs and metrics.
    [[nodiscard]] virtual std::string_view name() const = 0;
};

inline constexpr std::size_t kMaxKeyBytes = 512;
inline constexpr std::size_t kMaxKeySegmentBytes = 200;

/// Why `key` can't be used, or nothing when it can: 1 to 512 bytes of [a-z0-9._-] in segments of
/// 1 to 200 bytes parted by single slashes, no segment that starts with a dot, no "..".
std::optional<std::string> key_problem(std::string_view key);

/// Throws a permanent bad_key when `key_problem` has something to say.
void check_key(std::string_view key);

/// Throws a permanent store_rejected unless `content_type` is fit for a header: "image/webp".
void check_content_type(std::string_view content_type);

}  // namespace barid::media
