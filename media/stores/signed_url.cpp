#include "media/stores/signed_url.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/crypto.hpp"

namespace barid::media {
namespace {

/// Looks at every byte, so that the time tells nothing about where the first wrong one is.
bool equal(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned differ = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differ |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^
                                        static_cast<unsigned char>(b[i]));
    }
    return differ == 0;
}

}  // namespace

std::string sign_local(const Secret& secret, std::string_view key,
                       std::chrono::sys_seconds expires) {
    const auto at = expires.time_since_epoch().count();
    const Sha256Digest mac = hmac_sha256(secret.reveal(), fmt::format("{}\n{}", key, at));
    return fmt::format("expires={}&signature={}", at, to_hex(mac));
}

bool verify_local(const Secret& secret, std::string_view key, std::string_view query,
                  std::chrono::sys_seconds now) {
    constexpr std::string_view kBegin = "expires=";
    if (secret.empty() || !query.starts_with(kBegin)) return false;
    const std::string_view rest = query.substr(kBegin.size());
    std::int64_t at = 0;
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), at);
    if (problem != std::errc() || at <= 0 || at > (std::int64_t{1} << 40)) return false;
    const std::chrono::sys_seconds expires{std::chrono::seconds(at)};
    return equal(query, sign_local(secret, key, expires)) && now <= expires;
}

bool may_read(const Secret& secret, std::string_view key, std::string_view query) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return secret.empty() || verify_local(secret, key, query, now);
}

std::string sign_bunny(const Secret& token_key, std::string_view path,
                       std::chrono::sys_seconds expires) {
    const auto at = expires.time_since_epoch().count();
    const Sha256Digest hash = sha256(fmt::format("{}{}{}", token_key.reveal(), path, at));
    // Reading an object's bytes through char is what the language allows a cast for.
    const std::string_view bytes(reinterpret_cast<const char*>(hash.data()), hash.size());
    return fmt::format("token={}&expires={}", base64url_encode(bytes), at);
}

}  // namespace barid::media
