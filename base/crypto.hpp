// Digests, MACs, encodings and random values on OpenSSL 3. Pure and thread-safe; a failure of
// OpenSSL itself throws a permanent Error.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace barid {

using Sha256Digest = std::array<unsigned char, 32>;

Sha256Digest sha256(std::string_view data);
std::string sha256_hex(std::string_view data);
Sha256Digest hmac_sha256(std::string_view key, std::string_view data);

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);
std::string to_hex(const Sha256Digest& digest);

std::string base64_encode(std::string_view bytes);
/// RFC 4648 §5 without padding, as JWT (RFC 7515) wants it.
std::string base64url_encode(std::string_view bytes);
/// Its strict inverse: nothing for padding, other characters, or bits that no encoder sets.
std::optional<std::string> base64url_decode(std::string_view text);
/// Standard alphabet with padding; throws a permanent Error on anything else.
std::string base64_decode(std::string_view text);

/// The key inside of a webhook's secret, "whsec_" and 24 to 64 bytes in base64 (Standard Webhooks);
/// nothing when it isn't one.
std::optional<std::string> webhook_key(std::string_view secret);

/// Takes as long for a near miss as for a far one; for secrets and seals.
bool same_bytes(std::string_view a, std::string_view b);

/// From the operating system's generator.
std::string random_bytes(std::size_t size);
std::uint64_t random_u64();
/// Random (version 4) UUID in its text form.
std::string random_uuid();

/// RSASSA-PKCS1-v1_5 with SHA-256 over `data` by a PEM private key (JWT's RS256).
std::string rs256_sign(const std::string& pem_private_key, std::string_view data);

}  // namespace barid
