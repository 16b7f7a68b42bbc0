// The path that a request's target names, decoded once, or why it names none. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace barid::web {

/// Percent-decoded path of an origin-form target ("/a%20b?c" gives "/a b"), or what is wrong with
/// the target, for the client. Refused are other forms of targets, bytes that a URL can't have,
/// and whatever a proxy and a server could take for different paths: empty, "." and ".."
/// segments, encoded slashes, backslashes, control characters and text that isn't UTF-8.
std::expected<std::string, std::string> clean_path(std::string_view target);

}  // namespace barid::web
