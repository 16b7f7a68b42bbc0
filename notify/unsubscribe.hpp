// The link by which a reader of an e-mail takes themselves off its category, and the token in it.
//
// The shop gives a URL with places: {user}, {category}, {notification} and {token}. The token is
// an HMAC over user and category with a key that only the shop has, so that nobody can unsubscribe
// anybody else by guessing. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace barid::notify {

/// True when `url` is an https URL whose braces are all places of the four kinds.
bool is_unsubscribe_url(std::string_view url);

/// HMAC-SHA256 over "user\ncategory", in base64url without padding.
std::string unsubscribe_token(const Secret& key, std::string_view user, std::string_view category);

/// `url` with its places filled in, percent-encoded.
std::string unsubscribe_link(std::string_view url, const Secret& key, std::string_view user,
                             std::string_view category, std::string_view notification);

}  // namespace barid::notify
