#include "tests/support/rsa_key.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>

#include "base/crypto.hpp"

namespace barid::support {
namespace {

struct FreeKey {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
struct FreeBio {
    void operator()(BIO* p) const { BIO_free(p); }
};
struct FreeDigest {
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};

std::string contents(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &data);
    return {data, static_cast<std::size_t>(size)};
}

RsaKey make_key() {
    const std::unique_ptr<EVP_PKEY, FreeKey> key(
        EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
    const std::unique_ptr<BIO, FreeBio> secret(BIO_new(BIO_s_mem()));
    const std::unique_ptr<BIO, FreeBio> open(BIO_new(BIO_s_mem()));
    if (!key || !secret || !open ||
        PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
            1 ||
        PEM_write_bio_PUBKEY(open.get(), key.get()) != 1) {
        throw std::runtime_error("no RSA key could be made");
    }
    return {.private_pem = contents(secret.get()), .public_pem = contents(open.get())};
}

}  // namespace

const RsaKey& rsa_key() {
    static const RsaKey key = make_key();
    return key;
}

bool rs256_verify(const std::string& public_pem, std::string_view data,
                  std::string_view signature) {
    const std::unique_ptr<BIO, FreeBio> bio(
        BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())));
    const std::unique_ptr<EVP_PKEY, FreeKey> key(
        PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_MD_CTX, FreeDigest> digest(EVP_MD_CTX_new());
    EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get());
    return EVP_DigestVerify(digest.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                            signature.size(), reinterpret_cast<const unsigned char*>(data.data()),
                            data.size()) == 1;
}

std::string base64url_decode(std::string text) {
    for (char& c : text) {
        if (c == '-') c = '+';
        if (c == '_') c = '/';
    }
    while (text.size() % 4 != 0) text += '=';
    return base64_decode(text);
}

}  // namespace barid::support
