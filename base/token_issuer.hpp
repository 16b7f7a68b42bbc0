// Where access tokens come from: a service account's key, or the machine's metadata server.
//
// An issuer gets one token when it is asked; keeping and sharing them is AccessTokenSource's.
// Not thread-safe: io thread only. What it refers to must outlive it.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/http_client.hpp"
#include "base/secret.hpp"

namespace barid::oauth {

/// The issuer refused (permanent: the credentials are wrong) or could not be asked.
class TokenError : public Error {
  public:
    using Error::Error;
};

struct IssuedToken {
    Secret value;
    std::chrono::seconds life{3600};
};

class TokenIssuer {
  public:
    virtual ~TokenIssuer() = default;
    /// Throws TokenError.
    virtual awaitable<IssuedToken> issue() = 0;
    /// Looks, when it is time to, whether the credentials are others now: a token should be issued
    /// with those.
    virtual bool changed() { return false; }
    /// The API refused a token: the next `changed` looks at once.
    virtual void suspect() {}
    /// A token is replaced this long before it ends.
    [[nodiscard]] virtual std::chrono::seconds refresh_before() const {
        return std::chrono::seconds(300);
    }
    /// The Google project that the tokens are for.
    [[nodiscard]] virtual const std::string& project_id() const = 0;
};

/// What both kinds of issuer answer: {"access_token", "expires_in"}. Throws TokenError.
IssuedToken read_token(const http::Response& response);
/// "the token endpoint answered HTTP 400: invalid_grant: …"; holds no secret.
std::string token_refusal(const http::Response& response);

/// The service account of the Google Cloud machine or pod that this runs on.
class MetadataIssuer final : public TokenIssuer {
  public:
    MetadataIssuer(http::HttpClient& http, std::string url, std::string project_id,
                   std::chrono::milliseconds timeout = std::chrono::seconds(5));

    awaitable<IssuedToken> issue() override;
    /// The server may hand out a token that it keeps until 4 minutes before its end.
    [[nodiscard]] std::chrono::seconds refresh_before() const override {
        return std::chrono::seconds(225);
    }
    [[nodiscard]] const std::string& project_id() const override { return project_id_; }

  private:
    http::HttpClient& http_;
    std::string url_;
    std::string project_id_;
    std::chrono::milliseconds timeout_;
};

}  // namespace barid::oauth
