#include "media/digest.hpp"

#include <openssl/evp.h>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace barid::media {
namespace {

void require(bool ok) {
    if (!ok) throw barid::Error(barid::Error::Retry::permanent, "crypto: SHA-256 failed");
}

}  // namespace

void Sha256Stream::Free::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
    require(context_ != nullptr);
    require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256Stream::update(std::string_view piece) {
    require(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1);
}

std::string Sha256Stream::finish() {
    Sha256Digest digest;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return to_hex(digest);
}

}  // namespace barid::media
