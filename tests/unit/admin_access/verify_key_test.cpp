#include "admin/access/verify_key.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "tests/support/jwt_signer.hpp"

namespace barid::access {
namespace {

using support::JwtSigner;
using support::key_set;

std::size_t usable(const std::string& jwks) {
    return parse_key_set(key_set(jwks)).size();
}

TEST(KeySets, HoldTheKeysThatCanVerify) {
    EXPECT_EQ(usable(JwtSigner::rs256().jwk("a") + "," + JwtSigner::es256().jwk("b") + "," +
                     JwtSigner::eddsa().jwk("c")),
              3U);
    EXPECT_EQ(usable(JwtSigner::rs256().jwk("a", R"(,"use":"sig","alg":"RS256")")), 1U);
    EXPECT_EQ(usable(JwtSigner::rs256().jwk("a", R"(,"key_ops":["verify"])")), 1U);
    EXPECT_EQ(usable(""), 0U);
}

TEST(KeySets, PassOverKeysForOtherThings) {
    for (const char* more :
         {R"(,"use":"enc")", R"(,"use":7)", R"(,"alg":"RS512")", R"(,"alg":"HS256")",
          R"(,"alg":"ES256")", R"(,"key_ops":["encrypt"])", R"(,"key_ops":"verify")"}) {
        EXPECT_EQ(usable(JwtSigner::rs256().jwk("a", more)), 0U) << more;
    }
    for (const char* jwk : {R"({"kty":"oct","k":"c2VjcmV0"})", R"({"kty":"EC","crv":"P-384"})",
                            R"({"kty":"OKP","crv":"X25519","x":"AAAA"})", R"({"kty":"RSA"})",
                            R"({})", R"(7)", R"({"kty":"RSA","n":"!!","e":"AQAB"})"}) {
        EXPECT_EQ(usable(jwk), 0U) << jwk;
    }
}

TEST(KeySets, PassOverWeakKeys) {
    EXPECT_EQ(usable(JwtSigner::make("RS256", 1024).jwk()), 0U);
    EXPECT_FALSE(VerifyKey::from_pem(JwtSigner::make("RS256", 1024).public_pem()));
    // The exponent 1 makes every text its own signature.
    const std::string good = JwtSigner::rs256().jwk();
    std::string one = good;
    one.replace(one.find(R"("e":"AQAB")"), 10, R"("e":"AQ")");
    EXPECT_EQ(usable(one), 0U);
    std::string even = good;
    even.replace(even.find(R"("e":"AQAB")"), 10, R"("e":"AQAA")");
    EXPECT_EQ(usable(even), 0U);
}

TEST(KeySets, PassOverPointsThatAreNotOnTheCurve) {
    const std::string y = base64url_encode(std::string(32, '\x01'));
    const std::string jwk = R"({"kty":"EC","crv":"P-256","x":")" + y + R"(","y":")" + y + R"("})";
    EXPECT_EQ(usable(jwk), 0U);
}

TEST(KeySets, AreRefusedWhenTheyAreNone) {
    for (const std::string& text :
         {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"keys":{}})"),
          std::string("<html>"), std::string(R"({"keys":[],"keys":[]})"),
          std::string(kMaxKeySetBytes + 1, ' ')}) {
        EXPECT_THROW(parse_key_set(text), Error) << text.substr(0, 20);
    }
    std::string many = "{}";
    for (std::size_t i = 0; i < kMaxKeys; ++i) many += ",{}";
    EXPECT_THROW(parse_key_set(key_set(many)), Error);
}

TEST(Keys, FromPemAreOfThreeKinds) {
    EXPECT_EQ(VerifyKey::from_pem(JwtSigner::es256().public_pem())->algorithm(), Algorithm::es256);
    EXPECT_FALSE(VerifyKey::from_pem(""));
    EXPECT_FALSE(VerifyKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
}

}  // namespace
}  // namespace barid::access
