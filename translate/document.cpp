#include "translate/document.hpp"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "translate/html_lexer.hpp"
#include "translate/mask.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

constexpr std::array<GumboTag, 13> kLeftAlone = {
    GUMBO_TAG_SCRIPT,   GUMBO_TAG_STYLE,  GUMBO_TAG_CODE, GUMBO_TAG_PRE,  GUMBO_TAG_TEXTAREA,
    GUMBO_TAG_KBD,      GUMBO_TAG_SAMP,   GUMBO_TAG_VAR,  GUMBO_TAG_MATH, GUMBO_TAG_TEMPLATE,
    GUMBO_TAG_NOSCRIPT, GUMBO_TAG_IFRAME, GUMBO_TAG_XMP};

struct GumboDeleter {
    void operator()(GumboOutput* output) const noexcept {
        gumbo_destroy_output(&kGumboDefaultOptions, output);
    }
};
using GumboHandle = std::unique_ptr<GumboOutput, GumboDeleter>;

GumboHandle parse(std::string_view html) {
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0;
    GumboHandle output(gumbo_parse_with_options(&options, html.data(), html.size()));
    if (!output) throw Error(Error::Retry::permanent, "the HTML parser gave no answer");
    return output;
}

struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
};

bool has_class(std::string_view classes, std::string_view wanted) {
    for (std::size_t i = 0; i < classes.size();) {
        const std::size_t first = classes.find_first_not_of(" \t\n\f\r", i);
        if (first == std::string_view::npos) return false;
        const std::size_t last =
            std::min(classes.find_first_of(" \t\n\f\r", first), classes.size());
        if (classes.substr(first, last - first) == wanted) return true;
        i = last;
    }
    return false;
}

/// Whether the element's text is left alone, given its parent's answer.
bool left_alone(const GumboElement& element, bool inherited) {
    if (std::ranges::find(kLeftAlone, element.tag) != kLeftAlone.end()) return true;
    if (const GumboAttribute* classes = gumbo_get_attribute(&element.attributes, "class")) {
        if (has_class(classes->value, "notranslate")) return true;
    }
    const GumboAttribute* translate = gumbo_get_attribute(&element.attributes, "translate");
    if (translate == nullptr) return inherited;
    std::string value(translate->value);
    std::ranges::transform(value, value.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (value == "no") return true;
    // An inner translate="yes" does not lift an outer "no": leaving text alone is the safe side.
    return inherited;
}

/// The byte ranges of the parser's visible text nodes. Iterative: depth is the sender's choice.
std::vector<Range> text_ranges(std::string_view html, const GumboOutput& output) {
    struct Visit {
        const GumboNode* node;
        bool alone;
    };
    std::vector<Range> ranges;
    std::vector<Visit> stack{{output.root, false}};
    while (!stack.empty()) {
        const auto [node, alone] = stack.back();
        stack.pop_back();
        if (node->type == GUMBO_NODE_TEXT && !alone) {
            const GumboStringPiece& piece = node->v.text.original_text;
            const bool inside = piece.data >= html.data() && piece.length <= html.size() &&
                                piece.data + piece.length <= html.data() + html.size();
            if (!inside) continue;
            const auto begin = static_cast<std::size_t>(piece.data - html.data());
            ranges.push_back({begin, begin + piece.length});
        } else if (node->type == GUMBO_NODE_ELEMENT) {
            const GumboElement& element = node->v.element;
            const bool inner = left_alone(element, alone);
            for (unsigned i = 0; i < element.children.length; ++i) {
                stack.push_back({static_cast<const GumboNode*>(element.children.data[i]), inner});
            }
        }
    }
    std::ranges::sort(ranges, {}, &Range::begin);
    return ranges;
}

std::string decode_entities(std::string_view text) {
    if (text.find('&') == std::string_view::npos) return std::string(text);
    const std::string html = "<body>" + std::string(text);
    const GumboHandle output = parse(html);
    std::string decoded;
    const GumboVector& roots = output->root->v.element.children;
    for (unsigned i = 0; i < roots.length; ++i) {
        const auto* body = static_cast<const GumboNode*>(roots.data[i]);
        if (body->type != GUMBO_NODE_ELEMENT || body->v.element.tag != GUMBO_TAG_BODY) continue;
        const GumboVector& children = body->v.element.children;
        for (unsigned k = 0; k < children.length; ++k) {
            const auto* child = static_cast<const GumboNode*>(children.data[k]);
            if (child->type == GUMBO_NODE_TEXT || child->type == GUMBO_NODE_WHITESPACE) {
                decoded += child->v.text.text;
            }
        }
    }
    return decoded;
}

/// Words, or an amount with a unit of letters; not an address, a code or a placeholder alone.
bool worth_translating(std::string_view text) {
    if (has_words(text)) return true;
    const std::vector<Mask> masks = find_masks(text);
    return std::ranges::any_of(masks, [&](const Mask& mask) {
        return mask.kind == MaskKind::measure &&
               has_letters(text.substr(mask.begin, mask.end - mask.begin));
    });
}

/// The markup of a text, in order: what translation must not change by a byte.
std::vector<std::string_view> markup_of(std::string_view html) {
    std::vector<std::string_view> markup;
    for (const HtmlToken& token : lex_html(html)) {
        if (token.kind == TokenKind::text) continue;
        markup.push_back(html.substr(token.begin, token.end - token.begin));
    }
    return markup;
}

}  // namespace

bool has_words(std::string_view text) {
    std::size_t at = 0;
    for (const Mask& mask : find_masks(text)) {
        if (has_letters(text.substr(at, mask.begin - at))) return true;
        at = mask.end;
    }
    return has_letters(text.substr(at));
}

Document::Document(Format format, std::string text) : format_(format), text_(std::move(text)) {
    if (!is_valid_utf8(text_) || text_.find('\0') != std::string::npos) {
        problem_ = "text: must be valid UTF-8 without NUL";
    } else if (format_ == Format::html) {
        cut_html();
    } else {
        cut_lines();
    }
}

void Document::add_segment(std::size_t begin, std::size_t end) {
    const std::string_view raw = std::string_view(text_).substr(begin, end - begin);
    const std::string_view core = trim(raw);
    if (core.empty()) return;
    Segment segment;
    segment.begin = static_cast<std::size_t>(core.data() - text_.data());
    segment.end = segment.begin + core.size();
    segment.text = format_ == Format::html ? decode_entities(core) : std::string(core);
    if (worth_translating(segment.text)) segments_.push_back(std::move(segment));
}

void Document::cut_lines() {
    for (std::size_t i = 0; i < text_.size();) {
        const std::size_t end = std::min(text_.find_first_of("\r\n", i), text_.size());
        add_segment(i, end);
        i = end + 1;
    }
}

void Document::cut_html() {
    const std::vector<HtmlToken> tokens = lex_html(text_);
    if (const char* why = too_complex(tokens)) {
        problem_ = std::string("html: ") + why;
        return;
    }
    const GumboHandle output = parse(text_);
    const std::vector<Range> ranges = text_ranges(text_, *output);
    // A text node may span tags that the parser ignored: only what both agree on is text.
    auto token = tokens.begin();
    for (const Range& range : ranges) {
        while (token != tokens.end() && token->end <= range.begin) ++token;
        for (auto cut = token; cut != tokens.end() && cut->begin < range.end; ++cut) {
            if (cut->kind != TokenKind::text) continue;
            const std::size_t begin =
                std::max({cut->begin, range.begin, segments_.empty() ? 0 : segments_.back().end});
            const std::size_t end = std::min(cut->end, range.end);
            if (begin < end) add_segment(begin, end);
        }
    }
}

std::optional<std::string> Document::rebuild(const std::vector<std::string>& translations) const {
    if (translations.size() != segments_.size()) {
        throw Error(Error::Retry::permanent, "the number of translated segments differs");
    }
    std::string out;
    out.reserve(text_.size() * 2);
    std::size_t at = 0;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        out.append(text_, at, segments_[i].begin - at);
        // What was not changed keeps its own spelling: "&nbsp;" and "&copy;" among them.
        if (translations[i] == segments_[i].text) {
            out.append(text_, segments_[i].begin, segments_[i].end - segments_[i].begin);
        } else {
            out += format_ == Format::html ? escape_markup(translations[i]) : translations[i];
        }
        at = segments_[i].end;
    }
    out.append(text_, at);
    if (format_ == Format::html && markup_of(out) != markup_of(text_)) return std::nullopt;
    return out;
}

}  // namespace barid::translate
