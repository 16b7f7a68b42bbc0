#include "admin/access/verify_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>

#include "admin/access/strict_json.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"

namespace barid::access {
namespace {

struct Free {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
    void operator()(BIGNUM* p) const { BN_free(p); }
    void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
    void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
    void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(unsigned char* p) const { OPENSSL_free(p); }
};
template <class T>
using Handle = std::unique_ptr<T, Free>;
using Key = std::shared_ptr<EVP_PKEY>;

/// What OpenSSL notes about hostile input must not pile up for whoever asks next.
struct QuietErrors {
    ~QuietErrors() { ERR_clear_error(); }
};

constexpr std::array<std::pair<std::string_view, Algorithm>, 3> kNames = {
    {{"RS256", Algorithm::rs256}, {"ES256", Algorithm::es256}, {"EdDSA", Algorithm::eddsa}}};
constexpr std::size_t kCoordinateBytes = 32;  // of P-256, and of Ed25519's keys
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;     // verifying with more takes too long
constexpr int kMaxExponentBits = 33;  // 65537 is the usual one; a long one is slow

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view member(const json::object& jwk, std::string_view name) {
    const json::value* found = jwk.if_contains(name);
    const json::string* text = found != nullptr ? found->if_string() : nullptr;
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

/// True when the member is missing, or is that text.
bool is_or_missing(const json::object& jwk, std::string_view name, std::string_view text) {
    return !jwk.contains(name) || member(jwk, name) == text;
}

bool may_verify(const json::object& jwk) {
    const json::value* operations = jwk.if_contains("key_ops");
    if (operations == nullptr) return true;
    const json::array* list = operations->if_array();
    return list != nullptr &&
           std::ranges::any_of(*list, [](const json::value& v) { return v == "verify"; });
}

Key from_params(const char* type, OSSL_PARAM* params) {
    const Handle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        return nullptr;
    }
    return {key, Free()};
}

Key rsa_key(const json::object& jwk) {
    const auto n = base64url_decode(member(jwk, "n"));
    const auto e = base64url_decode(member(jwk, "e"));
    if (!n || !e || n->size() > kMaxRsaBits / 8 || e->size() > 8) return nullptr;
    const Handle<BIGNUM> modulus(BN_bin2bn(bytes_of(*n), static_cast<int>(n->size()), nullptr));
    const Handle<BIGNUM> exponent(BN_bin2bn(bytes_of(*e), static_cast<int>(e->size()), nullptr));
    const Handle<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    if (!modulus || !exponent || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
        return nullptr;
    }
    const Handle<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder.get()));
    return params ? from_params("RSA", params.get()) : nullptr;
}

Key ec_key(const json::object& jwk) {
    const auto x = base64url_decode(member(jwk, "x"));
    const auto y = base64url_decode(member(jwk, "y"));
    if (member(jwk, "crv") != "P-256" || !x || !y || x->size() != kCoordinateBytes ||
        y->size() != kCoordinateBytes) {
        return nullptr;
    }
    const std::string point = "\x04" + *x + *y;  // uncompressed; OpenSSL checks it is on the curve
    const Handle<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                        0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1) {
        return nullptr;
    }
    const Handle<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder.get()));
    return params ? from_params("EC", params.get()) : nullptr;
}

Key ed25519_key(const json::object& jwk) {
    const auto x = base64url_decode(member(jwk, "x"));
    if (member(jwk, "crv") != "Ed25519" || !x || x->size() != kCoordinateBytes) return nullptr;
    return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size()),
            Free()};
}

bool is_good_rsa(EVP_PKEY* key) {
    const int bits = EVP_PKEY_get_bits(key);
    BIGNUM* e = nullptr;
    if (bits < kMinRsaBits || bits > kMaxRsaBits ||
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1) {
        return false;
    }
    const Handle<BIGNUM> exponent(e);
    return BN_is_odd(e) == 1 && BN_is_one(e) == 0 && BN_num_bits(e) <= kMaxExponentBits;
}

bool is_p256(EVP_PKEY* key) {
    std::array<char, 40> group{};
    std::size_t size = 0;
    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(),
                                          group.size(), &size) == 1 &&
           std::string_view(group.data(), size) == "prime256v1";
}

/// Which algorithm the key is for, when it is one that we trust.
std::optional<Algorithm> algorithm_of(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "RSA") == 1 && is_good_rsa(key)) return Algorithm::rs256;
    if (EVP_PKEY_is_a(key, "EC") == 1 && is_p256(key)) return Algorithm::es256;
    if (EVP_PKEY_is_a(key, "ED25519") == 1) return Algorithm::eddsa;
    return std::nullopt;
}

/// JWS writes r and s one after the other (RFC 7518 §3.4); OpenSSL wants them as ASN.1.
std::optional<std::string> der_of(std::string_view signature) {
    if (signature.size() != 2 * kCoordinateBytes) return std::nullopt;
    const Handle<ECDSA_SIG> both(ECDSA_SIG_new());
    Handle<BIGNUM> r(BN_bin2bn(bytes_of(signature), kCoordinateBytes, nullptr));
    Handle<BIGNUM> s(
        BN_bin2bn(bytes_of(signature.substr(kCoordinateBytes)), kCoordinateBytes, nullptr));
    if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return std::nullopt;
    (void)r.release();
    (void)s.release();
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(both.get(), &der);
    const Handle<unsigned char> owner(der);
    if (size <= 0) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
    return kNames.at(static_cast<std::size_t>(algorithm)).first;
}

std::optional<Algorithm> algorithm_named(std::string_view name) {
    for (const auto& [each, algorithm] : kNames) {
        if (each == name) return algorithm;
    }
    return std::nullopt;
}

std::optional<VerifyKey> VerifyKey::from_jwk(const json::object& jwk) {
    const QuietErrors quiet;
    if (!is_or_missing(jwk, "use", "sig") || !may_verify(jwk)) return std::nullopt;
    const std::string_view kind = member(jwk, "kty");
    const Key key = kind == "RSA"   ? rsa_key(jwk)
                    : kind == "EC"  ? ec_key(jwk)
                    : kind == "OKP" ? ed25519_key(jwk)
                                    : nullptr;
    const auto algorithm = key ? algorithm_of(key.get()) : std::nullopt;
    if (!algorithm || !is_or_missing(jwk, "alg", name_of(*algorithm))) return std::nullopt;
    return VerifyKey(key, *algorithm, std::string(member(jwk, "kid")));
}

std::optional<VerifyKey> VerifyKey::from_pem(const std::string& pem) {
    const QuietErrors quiet;
    const Handle<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const Key key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr,
                  Free());
    const auto algorithm = key ? algorithm_of(key.get()) : std::nullopt;
    if (!algorithm) return std::nullopt;
    return VerifyKey(key, *algorithm, "");
}

bool VerifyKey::verify(std::string_view signed_text, std::string_view signature) const {
    const QuietErrors quiet;
    std::string bytes(signature);
    if (algorithm_ == Algorithm::es256) {
        auto der = der_of(signature);
        if (!der) return false;
        bytes = *std::move(der);
    }
    const EVP_MD* digest = algorithm_ == Algorithm::eddsa ? nullptr : EVP_sha256();
    const Handle<EVP_MD_CTX> context(EVP_MD_CTX_new());
    return context &&
           EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(bytes), bytes.size(), bytes_of(signed_text),
                            signed_text.size()) == 1;
}

std::vector<VerifyKey> parse_key_set(std::string_view text) {
    if (text.size() > kMaxKeySetBytes) {
        throw Error(Error::Retry::permanent, "the key set is larger than 256 KiB");
    }
    const json::value set = parse_strict_json(text);
    const json::object* object = set.if_object();
    const json::value* keys = object != nullptr ? object->if_contains("keys") : nullptr;
    if (keys == nullptr || !keys->is_array()) {
        throw Error(Error::Retry::permanent, "not a key set: it has no list \"keys\"");
    }
    if (keys->get_array().size() > kMaxKeys) {
        throw Error(Error::Retry::permanent, "the key set has more than 50 keys");
    }
    std::vector<VerifyKey> usable;
    for (const json::value& each : keys->get_array()) {
        if (const json::object* jwk = each.if_object()) {
            if (auto key = VerifyKey::from_jwk(*jwk)) usable.push_back(*std::move(key));
        }
    }
    return usable;
}

}  // namespace barid::access
