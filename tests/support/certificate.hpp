// A self-signed certificate for 127.0.0.1 and localhost, made when it is needed.
#pragma once

#include <string>

namespace barid::support {

struct Certificate {
    std::string certificate_pem;
    std::string key_pem;
};

/// `name` becomes the subject's common name; each call makes another key.
Certificate make_certificate(const std::string& name);

}  // namespace barid::support
