#include "media/stores/digest.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/crypto.hpp"
#include "media/error.hpp"

namespace barid::media {
namespace {

std::string hex_of(const std::array<unsigned char, EVP_MAX_MD_SIZE>& bytes, unsigned size) {
    return to_hex(std::string(bytes.begin(), bytes.begin() + size));
}

void require(bool worked) {
    if (!worked) throw Error(Error::Retry::permanent, "digest_failed", "OpenSSL can't hash");
}

}  // namespace

void Sha256Stream::Free::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
    require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256Stream::add(std::string_view piece) {
    require(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1);
}

std::string Sha256Stream::finish_hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) == 1);
    return hex_of(bytes, size);
}

std::string md5_hex(std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    require(EVP_Digest(data.data(), data.size(), bytes.data(), &size, EVP_md5(), nullptr) == 1);
    return hex_of(bytes, size);
}

}  // namespace barid::media
