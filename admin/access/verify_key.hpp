// A public key that verifies JWT signatures, and the one algorithm that it is for.
//
// RS256, ES256 and EdDSA (Ed25519) as RFC 7518 and RFC 8037 say. The algorithm belongs to the key,
// never to the token: that is what keeps a public key from being used as a secret. Copies share
// the key. Thread-safe; OpenSSL's errors never leave.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

struct evp_pkey_st;

namespace barid::access {

enum class Algorithm : std::uint8_t { rs256, es256, eddsa };

std::string_view name_of(Algorithm algorithm);  ///< as a token's "alg" says it
std::optional<Algorithm> algorithm_named(std::string_view name);

class VerifyKey {
  public:
    /// A JWK (RFC 7517). Nothing when it is of another kind or for another use: "use" must be
    /// "sig", "key_ops" hold "verify" and "alg" be the kind's, if they are there. RSA has 2,048 to
    /// 8,192 bits, EC is P-256.
    static std::optional<VerifyKey> from_jwk(const json::object& jwk);
    /// A PEM "PUBLIC KEY" of those kinds, or nothing.
    static std::optional<VerifyKey> from_pem(const std::string& pem);

    [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
    [[nodiscard]] const std::string& id() const { return id_; }  ///< "kid"; may be empty
    [[nodiscard]] bool verify(std::string_view signed_text, std::string_view signature) const;

  private:
    VerifyKey(std::shared_ptr<evp_pkey_st> key, Algorithm algorithm, std::string id)
        : key_(std::move(key)), algorithm_(algorithm), id_(std::move(id)) {}

    std::shared_ptr<evp_pkey_st> key_;
    Algorithm algorithm_;
    std::string id_;
};

inline constexpr std::size_t kMaxKeys = 50;
inline constexpr std::size_t kMaxKeySetBytes = std::size_t{256} << 10U;

/// A JWK set's usable keys; others in it are passed over, as RFC 7517 §5 asks. Throws a permanent
/// Error when it isn't a set, or is too large.
std::vector<VerifyKey> parse_key_set(std::string_view text);

}  // namespace barid::access
