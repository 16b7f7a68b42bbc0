// JSON Web Tokens (RFC 7519, signed as RFC 7515 says): read, verify, and check their claims by
// the rules of RFC 8725. Verifier only; nothing here signs. Pure, thread-safe.
//
//     const auto jwt = read_jwt(text);                       // nothing of it is trusted yet
//     if (auto refusal = check_signature(*jwt, keys, allowed)) …
//     if (auto refusal = check_claims(*jwt, {.issuer = …, .audiences = …}, now)) …
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/access/verify_key.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"

namespace barid::access {

/// Why a token isn't taken; `detail` holds nothing of the token.
struct JwtRefusal {
    enum class Why : std::uint8_t { malformed, algorithm, unknown_key, signature, claims, expired };

    Why why;
    std::string detail;
};

struct Jwt {
    std::string algorithm;    ///< what the header says; only compared with the key's
    std::string key_id;       ///< "" for none
    json::object claims;      ///< not to be believed before both checks
    std::string signed_text;  ///< header and claims, as they were sent
    std::string signature;
};

inline constexpr std::size_t kMaxJwtBytes = std::size_t{8} << 10U;

/// Refuses other than three parts of strict base64url, `crit`, encryption, members named twice,
/// and headers whose `typ` says that it is another kind of token. `jku`, `jwk`, `x5u` and `x5c`
/// are ignored: keys come from the configuration.
std::expected<Jwt, JwtRefusal> read_jwt(std::string_view text);

/// By the key that the header names; without a name there must be exactly one key for the
/// algorithm. `unknown_key` means that a newer key set might help.
std::optional<JwtRefusal> check_signature(const Jwt& jwt, std::span<const VerifyKey> keys,
                                          std::span<const Algorithm> allowed);

struct ClaimRules {
    std::string issuer;                  ///< exactly
    std::vector<std::string> audiences;  ///< one of them must be among the token's
    std::chrono::seconds leeway{60};
};

/// `exp` and `sub` are required; `nbf` and `iat` must not lie in the future.
std::optional<JwtRefusal> check_claims(const Jwt& jwt, const ClaimRules& rules, SystemTime now);

/// A text claim at the top, or "".
std::string_view claim(const Jwt& jwt, std::string_view name);
/// When it ends; after check_claims.
SystemTime expiry(const Jwt& jwt);

}  // namespace barid::access
