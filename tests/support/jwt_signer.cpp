#include "tests/support/jwt_signer.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <vector>

#include "base/crypto.hpp"

namespace barid::support {
namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL failed in a test's signer");
}

/// A big number of the key, big-endian, without leading zeros unless `bytes` asks for them.
std::string number(EVP_PKEY* key, const char* name, int bytes = 0) {
    BIGNUM* found = nullptr;
    require(EVP_PKEY_get_bn_param(key, name, &found) == 1);
    const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> owner(found, BN_free);
    std::string out(static_cast<std::size_t>(bytes > 0 ? bytes : BN_num_bytes(found)), '\0');
    require(BN_bn2binpad(found, reinterpret_cast<unsigned char*>(out.data()),
                         static_cast<int>(out.size())) > 0);
    return out;
}

/// r and s of 32 bytes each, of OpenSSL's ASN.1.
std::string joined(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> both(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
    require(both != nullptr);
    std::string out(64, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    require(BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), bytes, 32) == 32);
    require(BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), bytes + 32, 32) == 32);
    return out;
}

}  // namespace

JwtSigner JwtSigner::make(const std::string& algorithm, int rsa_bits) {
    JwtSigner signer;
    EVP_PKEY* key = algorithm == "RS256"   ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA",
                                                               static_cast<std::size_t>(rsa_bits))
                    : algorithm == "ES256" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                                           : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    require(key != nullptr);
    signer.key_ = {key, EVP_PKEY_free};
    signer.algorithm_ = algorithm;
    return signer;
}

const JwtSigner& JwtSigner::rs256() {
    static const JwtSigner signer = make("RS256");
    return signer;
}
const JwtSigner& JwtSigner::es256() {
    static const JwtSigner signer = make("ES256");
    return signer;
}
const JwtSigner& JwtSigner::eddsa() {
    static const JwtSigner signer = make("EdDSA");
    return signer;
}

std::string JwtSigner::token(std::string_view claims, std::string_view kid) const {
    return token_with_header(
        fmt::format(R"({{"alg":"{}","typ":"JWT","kid":"{}"}})", algorithm_, kid), claims);
}

std::string JwtSigner::token_with_header(std::string_view header, std::string_view claims) const {
    const std::string text = base64url_encode(header) + "." + base64url_encode(claims);
    return text + "." + base64url_encode(sign(text));
}

std::string JwtSigner::sign(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    const EVP_MD* digest = algorithm_ == "EdDSA" ? nullptr : EVP_sha256();
    require(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1);
    std::size_t size = 0;
    require(EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()) == 1);
    std::string out(size, '\0');
    require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                           bytes_of(text), text.size()) == 1);
    out.resize(size);
    return algorithm_ == "ES256" ? joined(out) : out;
}

std::string JwtSigner::jwk(std::string_view kid, std::string_view more) const {
    EVP_PKEY* key = key_.get();
    std::string parts;
    if (algorithm_ == "RS256") {
        parts = fmt::format(R"("kty":"RSA","n":"{}","e":"{}")",
                            base64url_encode(number(key, OSSL_PKEY_PARAM_RSA_N)),
                            base64url_encode(number(key, OSSL_PKEY_PARAM_RSA_E)));
    } else if (algorithm_ == "ES256") {
        parts = fmt::format(R"("kty":"EC","crv":"P-256","x":"{}","y":"{}")",
                            base64url_encode(number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32)),
                            base64url_encode(number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32)));
    } else {
        std::string raw(32, '\0');
        std::size_t size = raw.size();
        require(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()),
                                            &size) == 1);
        parts = fmt::format(R"("kty":"OKP","crv":"Ed25519","x":"{}")", base64url_encode(raw));
    }
    return fmt::format(R"({{"kid":"{}",{}{}}})", kid, parts, more);
}

std::string JwtSigner::public_pem() const {
    const std::unique_ptr<BIO, void (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
    require(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
    char* data = nullptr;
    const long size = BIO_ctrl(bio.get(), BIO_CTRL_INFO, 0, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string key_set(const std::string& jwks) {
    return R"({"keys":[)" + jwks + "]}";
}

}  // namespace barid::support
