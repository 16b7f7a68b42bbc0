// Small text helpers that more than one folder needs. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace barid {

/// `text` as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

/// True when `text` is well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlongs).
bool is_valid_utf8(std::string_view text);

/// Every ill-formed byte replaced by U+FFFD.
std::string scrub_utf8(std::string_view text);

/// At most `max_bytes` of `text`, never cutting a code point; "…" marks the cut and is counted.
std::string truncate_utf8(std::string_view text, std::size_t max_bytes);

/// For the text of an element of XML or HTML: `&`, `<` and `>` as entities. Not for attributes.
[[nodiscard]] std::string escape_markup(std::string_view text);

}  // namespace barid
