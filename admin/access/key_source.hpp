// Where an issuer's keys come from: given once, or fetched as a JWK set and kept.
//
// A fetched set serves for ten minutes. A key that isn't in it is looked for at the issuer again,
// but not more often than every 30 seconds, so that made-up key ids cost the issuer nothing. One
// fetch is under way at a time, whoever asks. When the issuer is away, the old set goes on to
// serve for an hour at most: a key that the issuer withdrew must stop working some day.
// Not thread-safe: io thread only; must outlive its callers.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/access/verify_key.hpp"
#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/http_client.hpp"

namespace barid::access {

using KeySet = std::shared_ptr<const std::vector<VerifyKey>>;

/// The keys can't be had now; transient.
class KeyError : public Error {
  public:
    explicit KeyError(const std::string& message) : Error(Retry::transient, message) {}
};

class KeySource {
  public:
    virtual ~KeySource() = default;
    /// The keys, after looking for `key_id` among them as far as that is due. Throws KeyError.
    virtual awaitable<KeySet> keys(std::string key_id) = 0;
};

class FixedKeys final : public KeySource {
  public:
    explicit FixedKeys(std::vector<VerifyKey> keys)
        : keys_(std::make_shared<const std::vector<VerifyKey>>(std::move(keys))) {}
    awaitable<KeySet> keys(std::string) override { co_return keys_; }

  private:
    KeySet keys_;
};

class FetchedKeys final : public KeySource {
  public:
    FetchedKeys(http::HttpClient& http, const Clock& clock, std::string url);
    FetchedKeys(const FetchedKeys&) = delete;
    FetchedKeys& operator=(const FetchedKeys&) = delete;

    awaitable<KeySet> keys(std::string key_id) override;

    static constexpr std::chrono::minutes kFresh{10};
    static constexpr std::chrono::seconds kCooldown{30};
    static constexpr std::chrono::hours kStale{1};

  private:
    struct Flight;
    [[nodiscard]] bool due(std::string_view key_id) const;
    [[nodiscard]] bool serves() const;
    awaitable<void> fetch(std::shared_ptr<Flight> flight);

    http::HttpClient& http_;
    const Clock& clock_;
    std::string url_;
    KeySet set_;
    SteadyTime fetched_at_{};
    SteadyTime tried_at_ = SteadyTime::min();
    std::string problem_;  ///< of the last try; "" when it worked
    std::shared_ptr<Flight> flight_;
};

}  // namespace barid::access
