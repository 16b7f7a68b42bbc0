#include "media/stores/md5.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/crypto.hpp"
#include "media/error.hpp"

namespace barid::media {

std::string md5_hex(std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (EVP_Digest(data.data(), data.size(), bytes.data(), &size, EVP_md5(), nullptr) != 1) {
        throw Error(Error::Retry::permanent, "digest_failed", "OpenSSL refuses to compute MD5");
    }
    return to_hex(std::string(bytes.begin(), bytes.begin() + size));
}

}  // namespace barid::media
