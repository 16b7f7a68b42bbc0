#include "admin/access/jwt.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "tests/support/jwt_signer.hpp"

namespace barid::access {
namespace {

using support::JwtSigner;
using support::key_set;
using Why = JwtRefusal::Why;
using namespace std::chrono_literals;

const SystemTime kNow{std::chrono::seconds(1'800'000'000)};
const std::vector<Algorithm> kAll = {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa};
const ClaimRules kRules{.issuer = "https://shop.example/auth", .audiences = {"barid", "admin"}};

/// Good claims, with `more` put into them.
std::string claims(std::string_view more = "") {
    return fmt::format(R"({{"iss":"https://shop.example/auth","aud":"barid","sub":"u-7",)"
                       R"("exp":1800000600,"iat":1799999990{}}})",
                       more);
}

/// All three steps: nothing when the token is taken, or why not.
std::optional<Why> refusal(const std::string& token, const std::vector<VerifyKey>& keys,
                           const std::vector<Algorithm>& allowed = kAll,
                           const ClaimRules& rules = kRules, SystemTime now = kNow) {
    const auto jwt = read_jwt(token);
    if (!jwt) return jwt.error().why;
    if (const auto bad = check_signature(*jwt, keys, allowed)) return bad->why;
    if (const auto bad = check_claims(*jwt, rules, now)) return bad->why;
    return std::nullopt;
}

std::vector<VerifyKey> keys_of(const JwtSigner& signer) {
    return parse_key_set(key_set(signer.jwk()));
}

std::optional<Why> refusal_of_claims(const std::string& text) {
    return refusal(JwtSigner::eddsa().token(text), keys_of(JwtSigner::eddsa()));
}

std::optional<Why> refusal_of_header(const std::string& header) {
    const JwtSigner& signer = JwtSigner::eddsa();
    return refusal(signer.token_with_header(header, claims()), keys_of(signer));
}

class EachAlgorithm : public testing::TestWithParam<std::string> {
  protected:
    static const JwtSigner& signer() {
        return GetParam() == "RS256"   ? JwtSigner::rs256()
               : GetParam() == "ES256" ? JwtSigner::es256()
                                       : JwtSigner::eddsa();
    }
};

TEST_P(EachAlgorithm, TakesWhatTheIssuerSigned) {
    EXPECT_EQ(refusal(signer().token(claims()), keys_of(signer())), std::nullopt);
}

TEST_P(EachAlgorithm, TakesAKeyFromAPemFile) {
    const auto key = VerifyKey::from_pem(signer().public_pem());
    ASSERT_TRUE(key);
    EXPECT_EQ(refusal(signer().token(claims(), "any"), {*key}), std::nullopt);
}

TEST_P(EachAlgorithm, RefusesASignatureOfAnotherKey) {
    const JwtSigner other = JwtSigner::make(GetParam());
    EXPECT_EQ(refusal(other.token(claims()), keys_of(signer())), Why::signature);
}

TEST_P(EachAlgorithm, RefusesEveryFlippedBit) {
    const std::string token = signer().token(claims());
    const auto keys = keys_of(signer());
    for (std::size_t i = 0; i < token.size(); ++i) {
        for (const unsigned bit : {0U, 3U, 5U}) {
            std::string flipped = token;
            flipped[i] = static_cast<char>(static_cast<unsigned char>(flipped[i]) ^ (1U << bit));
            EXPECT_NE(refusal(flipped, keys), std::nullopt) << "byte " << i << " bit " << bit;
        }
    }
}

TEST_P(EachAlgorithm, RefusesSignaturesOfOtherLengths) {
    const std::string token = signer().token(claims());
    const std::string text = token.substr(0, token.rfind('.'));
    const std::string signature = signer().sign(text);
    for (const std::string& bad :
         {std::string(), signature.substr(1), signature.substr(0, signature.size() - 1),
          signature + '\0', std::string(1, '\0') + signature, signature + signature,
          std::string(signature.size(), '\0')}) {
        EXPECT_EQ(refusal(text + "." + base64url_encode(bad), keys_of(signer())), Why::signature);
    }
}

TEST_P(EachAlgorithm, IsRefusedWhenTheIssuerMayNotUseIt) {
    std::vector<Algorithm> others = kAll;
    std::erase(others, *algorithm_named(GetParam()));
    EXPECT_EQ(refusal(signer().token(claims()), keys_of(signer()), others), Why::algorithm);
}

INSTANTIATE_TEST_SUITE_P(Jwt, EachAlgorithm, testing::Values("RS256", "ES256", "EdDSA"),
                         [](const auto& param) { return param.param; });

TEST(Jwt, NeverTakesTheAlgorithmFromTheToken) {
    const JwtSigner& rsa = JwtSigner::rs256();
    const auto keys = keys_of(rsa);
    // The classic: the public key, which everybody has, as the secret of an HMAC.
    for (const std::string& secret : {rsa.public_pem(), rsa.jwk()}) {
        const std::string text =
            base64url_encode(R"({"alg":"HS256","kid":"one"})") + "." + base64url_encode(claims());
        const auto mac = hmac_sha256(secret, text);
        const std::string token =
            text + "." + base64url_encode(std::string(mac.begin(), mac.end()));
        EXPECT_EQ(refusal(token, keys), Why::algorithm);
    }
    for (const char* algorithm : {"none", "None", "NONE", "nOnE", "", "RS384", "PS256", "HS512",
                                  "ES384", "ES256K", "rs256", "RS256 "}) {
        const std::string header = fmt::format(R"({{"alg":"{}","kid":"one"}})", algorithm);
        EXPECT_NE(refusal(rsa.token_with_header(header, claims()), keys), std::nullopt)
            << algorithm;
        const std::string unsigned_token =
            base64url_encode(header) + "." + base64url_encode(claims()) + ".";
        EXPECT_NE(refusal(unsigned_token, keys), std::nullopt) << algorithm;
    }
    // A key of one kind never verifies for another, whatever the token says.
    for (const char* algorithm : {"ES256", "EdDSA"}) {
        const std::string header = fmt::format(R"({{"alg":"{}","kid":"one"}})", algorithm);
        EXPECT_EQ(refusal(rsa.token_with_header(header, claims()), keys), Why::unknown_key);
    }
}

TEST(Jwt, IgnoresKeysThatTheTokenBrings) {
    const JwtSigner attacker = JwtSigner::make("EdDSA");
    const auto keys = keys_of(JwtSigner::eddsa());
    for (const std::string& more :
         {R"("jwk":)" + attacker.jwk(), std::string(R"("jku":"https://evil.example/keys")"),
          std::string(R"("x5u":"https://evil.example/cert")")}) {
        const std::string header = R"({"alg":"EdDSA","kid":"one",)" + more + "}";
        EXPECT_EQ(refusal(attacker.token_with_header(header, claims()), keys), Why::signature);
        EXPECT_EQ(refusal(JwtSigner::eddsa().token_with_header(header, claims()), keys),
                  std::nullopt);
    }
}

TEST(Jwt, ChoosesTheKeyByItsNameAndNeverGuesses) {
    const JwtSigner& one = JwtSigner::eddsa();
    const JwtSigner two = JwtSigner::make("EdDSA");
    const auto both = parse_key_set(key_set(one.jwk("one") + "," + two.jwk("two")));
    EXPECT_EQ(refusal(one.token(claims(), "one"), both), std::nullopt);
    EXPECT_EQ(refusal(two.token(claims(), "two"), both), std::nullopt);
    EXPECT_EQ(refusal(two.token(claims(), "one"), both), Why::signature);
    EXPECT_EQ(refusal(one.token(claims(), "../../etc/passwd"), both), Why::unknown_key);
    const std::string nameless = R"({"alg":"EdDSA"})";
    EXPECT_EQ(refusal(one.token_with_header(nameless, claims()), both), Why::unknown_key);
    EXPECT_EQ(refusal(one.token_with_header(nameless, claims()), keys_of(one)), std::nullopt);
    EXPECT_EQ(refusal(one.token(claims()), {}), Why::unknown_key);
}

TEST(Jwt, RefusesWhatItDoesNotUnderstand) {
    const std::vector<std::string> headers = {
        R"({"alg":"EdDSA","kid":"one","crit":["exp"]})",
        R"({"alg":"EdDSA","kid":"one","crit":[]})",
        R"({"alg":"EdDSA","kid":"one","b64":false})",
        R"({"alg":"EdDSA","kid":"one","zip":"DEF"})",
        R"({"alg":"EdDSA","kid":"one","typ":"logout+jwt"})",
        R"({"alg":"EdDSA","kid":"one","typ":7})",
        R"({"alg":["EdDSA"],"kid":"one"})",
        R"({"alg":"EdDSA","kid":["one"]})",
        R"({"alg":"EdDSA","kid":"one","alg":"EdDSA"})",
        R"({"alg":"EdDSA","kid":"one","\u0061lg":"none"})",
        R"({"alg":"EdDSA","kid":"one","jwk":{"a":1,"a":2}})",
        R"(["alg","EdDSA"])",
        R"("EdDSA")",
        R"({"alg":"EdDSA","kid":"one"}{})",
        R"({"alg":"EdDSA","kid":"one",})",
        std::string(600, '[') + std::string(600, ']'),
        fmt::format(R"({{"alg":"EdDSA","kid":"{}"}})", std::string(513, 'k')),
        "{\"alg\":\"EdDSA\",\"kid\":\"\xff\"}",
    };
    for (const std::string& header : headers) {
        EXPECT_EQ(refusal_of_header(header), Why::malformed) << header;
    }
    for (const char* type : {"JWT", "jwt", "at+jwt", "application/at+jwt"}) {
        const std::string header = fmt::format(R"({{"alg":"EdDSA","typ":"{}"}})", type);
        EXPECT_EQ(refusal_of_header(header), std::nullopt) << type;
    }
}

TEST(Jwt, RefusesAnyOtherText) {
    const std::string good = JwtSigner::eddsa().token(claims());
    const auto dot = good.find('.');
    const std::vector<std::string> texts = {"",
                                            ".",
                                            "..",
                                            "...",
                                            "a.b.c",
                                            "a.b",
                                            good + ".",
                                            "." + good,
                                            good + "=",
                                            good + " ",
                                            " " + good,
                                            "\n" + good,
                                            good + "\n",
                                            good.substr(0, good.rfind('.')),
                                            good.substr(0, dot) + "=" + good.substr(dot),
                                            good.substr(dot + 1),
                                            good.substr(0, dot) + ".." + good.substr(dot + 1),
                                            std::string("a\0b.c.d", 7),
                                            std::string(kMaxJwtBytes + 1, 'a'),
                                            good + std::string(kMaxJwtBytes, 'A'),
                                            "e30.e30.e30.e30.e30"};
    for (const std::string& text : texts) {
        EXPECT_EQ(refusal(text, keys_of(JwtSigner::eddsa())), Why::malformed) << text;
    }
    // Standard base64's letters, and bits that no encoder sets.
    std::string padded = good;
    padded.back() = padded.back() == 'A' ? 'B' : static_cast<char>(padded.back() + 1);
    EXPECT_NE(refusal(padded, keys_of(JwtSigner::eddsa())), std::nullopt);
}

TEST(Jwt, IsForItsIssuerAndAudienceAlone) {
    const auto with = [](std::string_view iss, std::string_view aud) {
        return fmt::format(R"({{"iss":{},"aud":{},"sub":"u","exp":1800000600}})", iss, aud);
    };
    const char* iss = R"("https://shop.example/auth")";
    for (const char* aud : {R"("barid")", R"("admin")", R"(["other","barid"])"}) {
        EXPECT_EQ(refusal_of_claims(with(iss, aud)), std::nullopt) << aud;
    }
    for (const char* aud : {R"("other")", R"("barid2")", R"("bari")", R"("BARID")", R"([])",
                            R"(["other"])", R"(null)", R"({"barid":1})", R"([["barid"]])",
                            R"("barid ")", R"("")", R"("other barid")"}) {
        EXPECT_EQ(refusal_of_claims(with(iss, aud)), Why::claims) << aud;
    }
    for (const char* other :
         {R"("https://shop.example/auth/")", R"("https://shop.example")", R"("")", R"(null)",
          R"(["https://shop.example/auth"])", R"("HTTPS://shop.example/auth")"}) {
        EXPECT_EQ(refusal_of_claims(with(other, R"("barid")")), Why::claims) << other;
    }
    EXPECT_EQ(refusal_of_claims(R"({"aud":"barid","sub":"u","exp":1800000600})"), Why::claims);
    EXPECT_EQ(
        refusal_of_claims(R"({"iss":"https://shop.example/auth","sub":"u","exp":1800000600})"),
        Why::claims);
}

TEST(Jwt, EndsAndBeginsWithAMinuteOfLeeway) {
    const auto with = [](std::string_view times) {
        return fmt::format(R"({{"iss":"https://shop.example/auth","aud":"barid","sub":"u"{}}})",
                           times);
    };
    for (const char* times :
         {R"(,"exp":1800000001)", R"(,"exp":1799999941)", R"(,"exp":1800000001.5)",
          R"(,"exp":1.8000006e9)", R"(,"exp":1800000600,"nbf":1800000060)",
          R"(,"exp":1800000600,"iat":1800000060)"}) {
        EXPECT_EQ(refusal_of_claims(with(times)), std::nullopt) << times;
    }
    for (const char* times : {R"(,"exp":1799999940)", R"(,"exp":0)", R"(,"exp":1)"}) {
        EXPECT_EQ(refusal_of_claims(with(times)), Why::expired) << times;
    }
    for (const char* times :
         {"", R"(,"exp":null)", R"(,"exp":"1800000600")", R"(,"exp":-1)", R"(,"exp":1e300)",
          R"(,"exp":true)", R"(,"exp":18446744073709551615)", R"(,"exp":[1800000600])",
          R"(,"exp":1800000600,"nbf":1800000061)", R"(,"exp":1800000600,"iat":1800000061)",
          R"(,"exp":1800000600,"nbf":"soon")", R"(,"exp":1800000600,"iat":null)"}) {
        EXPECT_EQ(refusal_of_claims(with(times)), Why::claims) << times;
    }
}

TEST(Jwt, SaysWhoseItIs) {
    const auto with = [](std::string_view sub) {
        return fmt::format(
            R"({{"iss":"https://shop.example/auth","aud":"barid","exp":1800000600{}}})", sub);
    };
    EXPECT_EQ(refusal_of_claims(with(R"(,"sub":"نورة")")), std::nullopt);
    for (const std::string& sub :
         {std::string(), std::string(R"(,"sub":"")"), std::string(R"(,"sub":7)"),
          std::string(R"(,"sub":"a\nb")"), std::string(R"(,"sub":"a\u0000b")"),
          fmt::format(R"(,"sub":"{}")", std::string(513, 'u'))}) {
        EXPECT_EQ(refusal_of_claims(with(sub)), Why::claims) << sub;
    }
}

TEST(Jwt, RefusesClaimsThatAreNamedTwice) {
    EXPECT_EQ(refusal_of_claims(claims(R"(,"aud":"barid")")), Why::malformed);
    EXPECT_EQ(refusal_of_claims(claims(R"(,"\u0065xp":9999999999)")), Why::malformed);
    EXPECT_EQ(refusal_of_claims(claims(R"(,"app":{"roles":[],"roles":["admin"]})")),
              Why::malformed);
}

TEST(Jwt, NeverQuotesTheTokenInARefusal) {
    const JwtSigner& signer = JwtSigner::eddsa();
    const auto jwt = read_jwt(
        signer.token(R"({"iss":"SECRET","aud":"SECRET","sub":"SECRET","exp":1})", "SECRET"));
    ASSERT_TRUE(jwt);
    EXPECT_THAT(check_signature(*jwt, {}, kAll)->detail,
                testing::Not(testing::HasSubstr("SECRET")));
    EXPECT_THAT(check_claims(*jwt, kRules, kNow)->detail,
                testing::Not(testing::HasSubstr("SECRET")));
}

}  // namespace
}  // namespace barid::access
