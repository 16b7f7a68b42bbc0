// A bucket behind the S3 protocol: Cloudflare R2, AWS, Ceph, and what speaks the same.
//
// Each request is signed anew (SigV4) with the real hash of its body, so the server itself refuses
// bytes that changed on the way. An upload is one plain PUT with `If-None-Match: *`: 412 means that
// the name is taken, and a HEAD tells whether by the same bytes. Objects carry their SHA-256 in
// x-amz-meta-sha256; for objects that others put there the ETag stands in when it is an MD5.
// Not thread-safe: use it on the HttpClient's io thread; client and clock must outlive it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/store.hpp"
#include "media/stores/sigv4.hpp"
#include "media/stores/store_http.hpp"

namespace barid::media {

struct S3Options {
    std::string endpoint;  ///< "https://<account>.r2.cloudflarestorage.com"
    std::string region = "auto";
    std::string bucket;
    std::string prefix = {};  ///< put before every key, "" or a key itself: "shop/images"
    /// endpoint/bucket/key instead of bucket.endpoint/key.
    bool path_style = true;
    sigv4::Credentials credentials;
    std::string public_url;       ///< what readers fetch from: "https://images.shop.example"
    bool conditional_put = true;  ///< `If-None-Match: *`; noticed when the server doesn't know it
    std::string cache_control = "public, max-age=31536000, immutable";
    RetryLimits retry = {};
};

class S3Store final : public ObjectStore {
  public:
    /// Throws media::Error store_misconfigured; no I/O.
    S3Store(http::HttpClient& client, const Clock& clock, S3Options options);

    awaitable<StoredObject> put(std::string key, std::string bytes,
                                std::string content_type) override;
    awaitable<std::optional<StoredObject>> head(std::string key) override;
    awaitable<std::string> get(std::string key, std::size_t max_bytes) override;
    awaitable<void> remove(std::string key) override;
    [[nodiscard]] std::string url(std::string_view key) const override;
    /// Of the endpoint itself, as a signature is bound to its host. At most seven days.
    [[nodiscard]] std::string signed_url(std::string_view key,
                                         std::chrono::sys_seconds expires) const override;
    [[nodiscard]] std::string_view name() const override { return "s3"; }

  private:
    struct Remote;  // What HEAD says.
    struct Upload;
    enum class Put { stored, exists, damaged, conditions_unknown };

    [[nodiscard]] std::string path_of(std::string_view key) const;
    [[nodiscard]] http::Request signed_request(
        std::string_view method, std::string_view key, std::string_view payload_sha256,
        std::vector<std::pair<std::string, std::string>> headers) const;
    awaitable<Put> put_once(const Upload& upload, bool conditional);
    awaitable<std::optional<Remote>> look(const std::string& key);
    awaitable<bool> stored_alike(const Upload& upload);
    [[nodiscard]] Error refusal(const http::Response& response, std::string_view action) const;

    S3Options options_;
    Endpoint endpoint_;
    StoreHttp http_;
    /// Cleared when the server says that it doesn't know If-None-Match.
    bool conditional_ = true;
};

}  // namespace barid::media
