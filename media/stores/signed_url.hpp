// Addresses that work until a moment: those of the local store, and of a Bunny pull zone with token
// authentication. S3's are in sigv4.hpp.
//
// Local: `?expires=<Unix time>&signature=<64 hex digits>`, an HMAC-SHA256 by the configured secret
// over "<key>\n<Unix time>". Bunny: `?token=<base64url>&expires=<Unix time>`, the SHA-256 over the
// zone's key, the path and the time (docs.bunny.net, "Token authentication", SHA256). Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace barid::media {

/// "expires=…&signature=…", to go behind the address of `key`.
std::string sign_local(const Secret& secret, std::string_view key,
                       std::chrono::sys_seconds expires);

/// True for the query that `sign_local` made for this key, until it expires. Takes the same time
/// for every wrong signature.
bool verify_local(const Secret& secret, std::string_view key, std::string_view query,
                  std::chrono::sys_seconds now);

/// The same at this moment; without a secret everything may be read.
bool may_read(const Secret& secret, std::string_view key, std::string_view query);

/// "token=…&expires=…"; `path` starts with a slash, as it is sent.
std::string sign_bunny(const Secret& token_key, std::string_view path,
                       std::chrono::sys_seconds expires);

}  // namespace barid::media
