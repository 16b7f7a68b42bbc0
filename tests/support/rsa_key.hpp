// An RSA key pair made once per process, and a way to check what was signed with it.
#pragma once

#include <string>
#include <string_view>

namespace barid::support {

struct RsaKey {
    std::string private_pem;
    std::string public_pem;
};

const RsaKey& rsa_key();

bool rs256_verify(const std::string& public_pem, std::string_view data, std::string_view signature);

/// Without padding.
std::string base64url_decode(std::string text);

}  // namespace barid::support
