// Access tokens for a service account: a JWT signed with its key (RFC 7523), exchanged at its
// token endpoint.
//
// Given a file, it looks at it again every 30 s, and at once when the API refused a token: keys are
// rotated without a restart. A new file that can't be read, is of another project, or whose key is
// refused, is told in the log, and the old key goes on. A clock that is wrong is noticed by the
// endpoint's own Date, said, and corrected for the assertions. Not thread-safe: io thread only.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/service_account_key.hpp"
#include "base/token_issuer.hpp"

namespace barid::oauth {

/// The signed assertion; `now` is its time of issue. Pure; throws when the key can't sign.
std::string make_assertion(const ServiceAccountKey& credentials, const std::string& scope,
                           SystemTime now);

struct ServiceAccountOptions {
    /// FCM's, unless another API is meant.
    std::string scope = "https://www.googleapis.com/auth/firebase.messaging";
    std::chrono::milliseconds timeout{15'000};
    std::string file = {};       ///< looked at again; empty: the credentials stay
    std::string project = {};    ///< instead of the file's; empty: the file's
    std::string token_uri = {};  ///< instead of the file's; empty: the file's
    std::chrono::seconds look_every{30};
};

class ServiceAccountIssuer final : public TokenIssuer {
  public:
    /// The credentials are what `options.file` held a moment ago, when there is one.
    ServiceAccountIssuer(http::HttpClient& http, const Clock& clock, ServiceAccountKey credentials,
                         ServiceAccountOptions options = {}, log::Logger logger = {});

    awaitable<IssuedToken> issue() override;
    bool changed() override;
    void suspect() override { look_at_ = {}; }
    [[nodiscard]] const std::string& project_id() const override { return current_.project_id; }

  private:
    /// What tells a file from the one that was there before.
    struct Version {
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t changed_ns = 0;
        friend bool operator==(const Version&, const Version&) = default;
    };
    struct Answer {
        std::optional<IssuedToken> token = {};
        std::optional<TokenError> refused = {};
    };

    [[nodiscard]] std::optional<Version> version() const;
    void apply_options(ServiceAccountKey& credentials) const;
    awaitable<Answer> exchange(const ServiceAccountKey& credentials);
    awaitable<http::Response> ask(const ServiceAccountKey& credentials);
    /// Seconds by which the endpoint's clock is ahead of the one that assertions go by.
    [[nodiscard]] std::chrono::seconds skew(const http::Response& response) const;

    http::HttpClient& http_;
    const Clock& clock_;
    ServiceAccountOptions options_;
    log::Logger log_;
    ServiceAccountKey current_;
    std::optional<ServiceAccountKey> previous_;  ///< until a token was issued with `current_`
    std::optional<Version> seen_;
    SteadyTime look_at_;
    std::chrono::seconds clock_offset_{0};
};

}  // namespace barid::oauth
