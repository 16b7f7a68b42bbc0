// What a request shows to be let in, and whether a request with a cookie comes from our own page:
// decisions by the headers alone. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "admin/access/gatekeeper.hpp"
#include "admin/http/message.hpp"
#include "base/crypto.hpp"

namespace barid::access {

struct NoCredentials {};
struct BearerToken {
    std::string text;  ///< ours, or a JWT
};
struct SessionCookie {
    std::string text;
};
using Credentials = std::variant<NoCredentials, BearerToken, SessionCookie, Denial>;

/// `Authorization: Bearer …` wins over the cookie.
Credentials credentials_of(const web::RequestHead& head);

/// Why a request that changes something with a cookie's rights isn't believed to come from our own
/// page: `Sec-Fetch-Site` must say same-origin, or where a browser doesn't send it, `Origin` must
/// be this host; and the body must be JSON, which no form can send.
std::optional<Denial> origin_problem(const web::Request& request);

/// Over TLS, or to this very machine: browsers keep a `__Host-` cookie there only.
bool may_carry_password(const web::Request& request);

/// Set-Cookie's value. `__Host-` makes browsers insist on Secure, on Path=/ and on this host.
std::string session_cookie(std::string_view text);
std::string no_session_cookie();

/// 256 random bits in base64url: what a token or a session is known by.
std::string new_secret_text();
inline constexpr std::string_view kTokenPrefix = "barid_";
/// SHA-256 in the form of a bytea literal; a secret of 256 random bits needs no slow hash.
std::string secret_hash(std::string_view text);

}  // namespace barid::access
