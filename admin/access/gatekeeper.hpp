// Who may come in: what the API asks before it reads a request's body.
//
// Tokens, the shop's own JWTs, and the dashboard's password sessions all end in a Principal.
// Virtual, so that the API's tests can put anyone at the door. Io thread only.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "admin/access/grants.hpp"
#include "admin/http/message.hpp"
#include "base/asio.hpp"

namespace barid::access {

/// Why somebody isn't let in. `code` is stable ("unauthenticated", "token_expired",
/// "cross_site", "rate_limited", …); `detail` says how to mend it, without secrets.
struct Denial {
    int status = 401;
    std::string code = "unauthenticated";
    std::string detail;
    std::chrono::seconds retry_after{0};
};

class Gatekeeper {
  public:
    virtual ~Gatekeeper() = default;

    /// By the headers alone. Also refuses (403 cross_site) a request with a cookie that changes
    /// something and doesn't prove that it comes from our own page.
    virtual awaitable<std::variant<Principal, Denial>> admit(const web::Request& request) = 0;
};

}  // namespace barid::access
