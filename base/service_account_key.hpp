// A Google service account's key file (Firebase, Cloud Translation), as the console hands it out.
// Immutable after `parse`.
//
// Errors name the file and the field and never quote a value: the file is a secret.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace barid::oauth {

struct ServiceAccountKey {
    std::string project_id = {};
    std::string client_email = {};
    std::string private_key_id = {};
    Secret private_key = {};  ///< PEM
    std::string token_uri = "https://oauth2.googleapis.com/token";

    /// `source` is what errors call the text (a file name). Throws a permanent Error that lists
    /// every field that is missing or wrong.
    static ServiceAccountKey parse(std::string_view json_text, const std::string& source);
    /// Reads at most 64 KiB. Throws a permanent Error when the file can't be read.
    static ServiceAccountKey from_file(const std::string& path);
};

}  // namespace barid::oauth
