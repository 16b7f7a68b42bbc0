// A field's text as a list of segments to translate, and back again.
//
// Plain text is cut at line breaks. HTML is parsed (libgumbo), and only what a reader sees as text
// becomes a segment, entities decoded: never an attribute, nor anything inside script, style,
// code, pre, textarea and their like, or under translate="no" or class="notranslate". `rebuild`
// puts translations into exactly those byte ranges, escaped, and keeps every other byte; a segment
// that is given back as it was keeps its bytes, too.
// Pure, thread-safe; a Document keeps its own copy of the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "translate/language.hpp"

namespace barid::translate {

struct Segment {
    std::string text;       ///< decoded, without the blanks around it
    std::size_t begin = 0;  ///< in the document's bytes
    std::size_t end = 0;
};

/// Letters outside of everything that is protected. A text without them ("500 ml") needs no
/// translator, but perhaps another unit.
bool has_words(std::string_view text);

class Document {
  public:
    Document(Format format, std::string text);

    [[nodiscard]] Format format() const { return format_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    /// Only segments with letters, be it those of a unit; the others stay as they are.
    [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
    /// Why the text can't be cut safely ("html: tags are nested too deeply"), or nothing.
    [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

    /// `translations` has one text per segment, or a permanent Error is thrown. Nothing when the
    /// result's markup would not be byte for byte the source's: such a text must not be published.
    [[nodiscard]] std::optional<std::string> rebuild(
        const std::vector<std::string>& translations) const;

  private:
    void cut_lines();
    void cut_html();
    void add_segment(std::size_t begin, std::size_t end);

    Format format_;
    std::string text_;
    std::vector<Segment> segments_;
    std::optional<std::string> problem_;
};

}  // namespace barid::translate
