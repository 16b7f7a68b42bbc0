#include "notify/unsubscribe.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/crypto.hpp"

namespace barid::notify {
namespace {

constexpr std::array<std::string_view, 4> kPlaces{"{user}", "{category}", "{notification}",
                                                  "{token}"};

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || std::string_view("-._~").contains(c);
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace

bool is_unsubscribe_url(std::string_view url) {
    if (!url.starts_with("https://") || url.size() > 500) return false;
    for (std::size_t at = 0; at < url.size();) {
        std::size_t step = 1;
        if (url[at] == '{') {
            step = 0;
            for (const std::string_view place : kPlaces) {
                if (url.substr(at).starts_with(place)) step = place.size();
            }
            // A place in the host would let a user's name choose who is told.
            if (url.substr(0, at).find('/', 8) == std::string_view::npos) return false;
        }
        const char c = url[at];
        if (step == 0 || c == '}' || c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == '"') {
            return false;
        }
        at += step;
    }
    return true;
}

std::string unsubscribe_token(const Secret& key, std::string_view user, std::string_view category) {
    const Sha256Digest mac = hmac_sha256(key.reveal(), fmt::format("{}\n{}", user, category));
    return base64url_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

std::string unsubscribe_link(std::string_view url, const Secret& key, std::string_view user,
                             std::string_view category, std::string_view notification) {
    std::string out;
    while (!url.empty()) {
        const std::size_t brace = url.find('{');
        out += url.substr(0, brace);
        if (brace == std::string_view::npos) break;
        url.remove_prefix(brace);
        const std::size_t end = url.find('}');
        const std::string_view place = url.substr(0, end + 1);
        if (place == "{user}") out += percent_encode(user);
        if (place == "{category}") out += percent_encode(category);
        if (place == "{notification}") out += percent_encode(notification);
        if (place == "{token}") out += unsubscribe_token(key, user, category);
        url.remove_prefix(place.size());
    }
    return out;
}

}  // namespace barid::notify
