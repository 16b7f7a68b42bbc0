#include "admin/api/cursor.hpp"

#include "base/crypto.hpp"

namespace barid::api {
namespace {

constexpr char kVersion = '1';
constexpr std::size_t kSealBytes = 16;  // of the HMAC: enough that nobody guesses one
constexpr std::size_t kMaxCursorBytes = 1000;

std::string seal_of(const CursorKey& key, std::string_view filters, std::string_view position) {
    std::string sealed(1, kVersion);
    sealed += std::to_string(filters.size());
    sealed += ':';
    sealed += filters;
    sealed += position;
    const auto mac = hmac_sha256(key.reveal(), sealed);
    return {mac.begin(), mac.begin() + kSealBytes};
}

}  // namespace

std::string seal_cursor(const CursorKey& key, std::string_view filters, std::string_view position) {
    return base64url_encode(seal_of(key, filters, position) + std::string(position));
}

std::optional<std::string> open_cursor(const CursorKey& key, std::string_view filters,
                                       std::string_view cursor) {
    if (cursor.size() > kMaxCursorBytes) return std::nullopt;
    const auto bytes = base64url_decode(cursor);
    if (!bytes || bytes->size() < kSealBytes) return std::nullopt;
    std::string position = bytes->substr(kSealBytes);
    const std::string wanted = seal_of(key, filters, position);
    if (!same_bytes(wanted, std::string_view(*bytes).substr(0, kSealBytes))) return std::nullopt;
    return position;
}

}  // namespace barid::api
