// Opaque cursors of keyset pages: versioned, bound to the request's filters, and sealed with an
// HMAC, so that nobody can make one up. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace barid::api {

/// The key is shared by all processes of a database (barid.admin_key).
using CursorKey = Secret;

/// `filters` is any text that says what the pages are of.
std::string seal_cursor(const CursorKey& key, std::string_view filters, std::string_view position);
/// The position, or nothing when it was sealed by another key, for other filters, or isn't one.
std::optional<std::string> open_cursor(const CursorKey& key, std::string_view filters,
                                       std::string_view cursor);

}  // namespace barid::api
