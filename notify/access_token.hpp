// OAuth 2 access tokens for a service account: a JWT signed with its key (RFC 7523), exchanged at
// its token endpoint.
//
// A token is kept until 300 s before it expires. However many coroutines ask, one exchange is
// under way: the others wait for it, or go on with the old token while that is still good. An
// exchange that fails, fails for all who waited; the next caller starts a new one.
// Not thread-safe: io thread only. Must outlive its callers.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/http_client.hpp"
#include "base/secret.hpp"
#include "notify/credentials.hpp"

namespace barid::notify {

/// The token endpoint refused (permanent: the credentials are wrong) or could not be asked.
class TokenError : public Error {
  public:
    using Error::Error;
};

struct TokenOptions {
    std::string scope = "https://www.googleapis.com/auth/firebase.messaging";
    std::chrono::milliseconds timeout{15'000};
    std::chrono::seconds refresh_before{300};
    /// After a refresh that failed while the old token is good, the next try waits this long.
    std::chrono::seconds retry_after_failure{30};
};

/// The signed assertion; `now` is its time of issue. Pure; throws when the key can't sign.
std::string make_assertion(const FcmCredentials& credentials, const std::string& scope,
                           SystemTime now);

class AccessTokenSource {
  public:
    AccessTokenSource(http::HttpClient& http, const Clock& clock, FcmCredentials credentials,
                      TokenOptions options = {});
    AccessTokenSource(const AccessTokenSource&) = delete;
    AccessTokenSource& operator=(const AccessTokenSource&) = delete;

    /// A token that is good for now. Throws TokenError.
    awaitable<Secret> token();

    /// The API refused `used`: unless a newer one is here already, the next call gets a new one.
    void reject(const Secret& used);

    [[nodiscard]] const FcmCredentials& credentials() const { return credentials_; }

  private:
    struct Token {
        Secret value;
        SteadyTime refresh_at;
        SteadyTime expires_at;
    };
    /// One exchange under way; waiters hold it, so it outlives the leader's end.
    struct Flight;

    awaitable<Token> exchange();
    awaitable<Secret> lead();

    http::HttpClient& http_;
    const Clock& clock_;
    FcmCredentials credentials_;
    TokenOptions options_;
    std::optional<Token> token_;
    std::shared_ptr<Flight> flight_;
};

}  // namespace barid::notify
