// OAuth 2 access tokens, kept and shared: whoever sends asks here.
//
// A token is kept until some minutes before it expires. However many coroutines ask, one exchange
// is under way: the others wait for it, or go on with the old token while that is still good. An
// exchange that fails, fails for all who waited; the next caller starts a new one.
// Not thread-safe: io thread only. Must outlive its callers.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/secret.hpp"
#include "base/service_account.hpp"
#include "base/service_account_key.hpp"
#include "base/token_issuer.hpp"

namespace barid::oauth {

class AccessTokenSource {
  public:
    AccessTokenSource(std::unique_ptr<TokenIssuer> issuer, const Clock& clock);
    /// For a service account whose key stays.
    AccessTokenSource(http::HttpClient& http, const Clock& clock, ServiceAccountKey credentials);
    AccessTokenSource(const AccessTokenSource&) = delete;
    AccessTokenSource& operator=(const AccessTokenSource&) = delete;

    /// A token that is good for now. Throws TokenError.
    awaitable<Secret> token();

    /// The token at hand, when nothing needs to be asked for it; else nullptr.
    [[nodiscard]] const Secret* ready();

    /// The API refused `used`: unless a newer one is here already, the next call gets a new one.
    void reject(const Secret& used);

    [[nodiscard]] const std::string& project_id() const { return issuer_->project_id(); }

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

    std::unique_ptr<TokenIssuer> issuer_;
    const Clock& clock_;
    std::optional<Token> token_;
    std::shared_ptr<Flight> flight_;
};

}  // namespace barid::oauth
