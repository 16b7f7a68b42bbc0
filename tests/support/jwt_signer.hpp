// Signs JSON Web Tokens as an issuer would, and any nonsense as an attacker would. Each kind of key
// is made once per process.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace barid::support {

class JwtSigner {
  public:
    static const JwtSigner& rs256();
    static const JwtSigner& es256();
    static const JwtSigner& eddsa();
    /// Another key of the same kind.
    static JwtSigner make(const std::string& algorithm, int rsa_bits = 2048);

    /// {"alg":…,"typ":"JWT","kid":…} and the claims, signed.
    [[nodiscard]] std::string token(std::string_view claims, std::string_view kid = "one") const;
    /// Any header, signed with this key.
    [[nodiscard]] std::string token_with_header(std::string_view header,
                                                std::string_view claims) const;
    /// The signature in JWS's own form.
    [[nodiscard]] std::string sign(std::string_view text) const;
    /// The public key as a JWK; `more` is put into it (`,"use":"sig"`).
    [[nodiscard]] std::string jwk(std::string_view kid = "one", std::string_view more = "") const;
    [[nodiscard]] std::string public_pem() const;
    [[nodiscard]] const std::string& algorithm() const { return algorithm_; }

  private:
    std::shared_ptr<evp_pkey_st> key_;
    std::string algorithm_;
};

/// {"keys":[…]}
std::string key_set(const std::string& jwks);

}  // namespace barid::support
