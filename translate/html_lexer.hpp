// Where the tags of an HTML text are, byte for byte (HTML standard §13.2.5, without the tree).
//
// It guards the real parser: gumbo's work and memory can grow with the product of nesting and
// size, so a text's shape is measured in linear time before gumbo sees it. It also proves, after
// translation, that not a byte of markup has changed. Pure, thread-safe; any bytes are fine.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace barid::translate {

enum class TokenKind { text, start_tag, end_tag, comment, raw_text };

struct HtmlToken {
    TokenKind kind = TokenKind::text;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string name = {};  ///< of a tag, in lower case
    std::size_t attributes = 0;
    bool self_closing = false;
};

/// Every byte belongs to exactly one token. `raw_text` is what script, style and their like hold.
std::vector<HtmlToken> lex_html(std::string_view html);

/// True for elements without content (br, img, …).
bool is_void_element(std::string_view name);

/// Why the text must not be parsed (too deep, too large a product of open formatting and size,
/// too many attributes), or nullptr.
const char* too_complex(const std::vector<HtmlToken>& tokens);

}  // namespace barid::translate
