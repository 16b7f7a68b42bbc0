// Boost.JSON with limits: input from outside is hostile until it has passed here.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace barid {

namespace json = boost::json;

inline constexpr std::size_t kMaxJsonDepth = 32;

/// Strict JSON, UTF-8, nesting at most `kMaxJsonDepth`; throws a permanent Error that names the
/// byte offset and the problem, never the text.
json::value parse_json(std::string_view text);

/// The text at a JSON pointer ("/a/0/b"), or nullptr when it is missing or not a string.
const json::string* find_string(const json::value& root, std::string_view pointer);

}  // namespace barid
