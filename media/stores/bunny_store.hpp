// A Bunny Edge Storage zone, read by shoppers through a pull zone.
//
// An upload is a PUT with the upper-case SHA-256 in `Checksum`, which the server checks; the verb
// DESCRIBE then tells length and hash of what is stored. There is no conditional PUT, so DESCRIBE
// is also asked first: bytes that are there already aren't sent again. The zone's password goes
// with every request (header `AccessKey`), over TLS only.
// Not thread-safe: use it on the HttpClient's io thread; client and clock must outlive it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "media/store.hpp"
#include "media/stores/store_http.hpp"

namespace barid::media {

struct BunnyOptions {
    std::string zone;
    Secret access_key;  ///< the storage zone's password, not the account's key
    /// The zone's main region: de, uk, ny, la, sg, se, br, jh or syd. Another region than the
    /// zone's answers 401, just like a wrong key.
    std::string region = "de";
    std::string endpoint = {};  ///< instead of the region's host, for proxies and tests
    std::string prefix = {};    ///< put before every key, "" or a key itself
    std::string public_url;     ///< the pull zone: "https://shop.b-cdn.net"
    Secret token_key = {};      ///< the pull zone's, for signed addresses
    std::string api_url = "https://api.bunny.net";
    Secret api_key = {};         ///< the account's; empty: nothing is purged
    std::int64_t pull_zone = 0;  ///< its number; 0: purged by address only
    RetryLimits retry = {};
};

/// "https://storage.bunnycdn.com" for de, "https://ny.storage.bunnycdn.com" for ny; throws
/// store_misconfigured for a region that doesn't exist.
std::string bunny_endpoint(std::string_view region);

class BunnyStore final : public ObjectStore {
  public:
    /// Throws media::Error store_misconfigured; no I/O.
    BunnyStore(http::HttpClient& client, const Clock& clock, BunnyOptions options);

    awaitable<StoredObject> put(std::string key, std::string bytes,
                                std::string content_type) override;
    awaitable<std::optional<StoredObject>> head(std::string key) override;
    awaitable<std::string> get(std::string key, std::size_t max_bytes) override;
    awaitable<void> remove(std::string key) override;
    [[nodiscard]] std::string url(std::string_view key) const override;
    [[nodiscard]] std::string signed_url(std::string_view key,
                                         std::chrono::sys_seconds expires) const override;
    /// Each address, and with a pull zone's number each set's tag (a key's directory).
    awaitable<void> purge(std::vector<std::string> keys) override;
    [[nodiscard]] std::string_view name() const override { return "bunny"; }

    /// The `CDN-Tag` that the object was stored with: "ab12…-9f8e7d6c" for
    /// "ab12…/9f8e7d6c/640.webp"; "" for a key without a directory.
    static std::string tag_of(std::string_view key);

  private:
    /// check_key, and an extension: Bunny takes a name without one for a directory.
    static void check_name(std::string_view key);
    [[nodiscard]] http::Request request(std::string_view method, std::string_view key) const;
    awaitable<void> call_api(std::string method, std::string path, std::string body);
    /// False when the server saw another hash than ours.
    awaitable<bool> put_once(const std::string& key, const std::string& bytes,
                             const std::string& content_type, const std::string& sha256);
    [[nodiscard]] Error refusal(const http::Response& response, std::string_view action) const;

    BunnyOptions options_;
    Endpoint endpoint_;
    Endpoint api_;
    StoreHttp http_;
};

}  // namespace barid::media
