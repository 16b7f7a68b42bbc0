#include "translate/html_lexer.hpp"

#include <algorithm>
#include <array>

namespace barid::translate {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t kMaxTokens = 40'000;
constexpr std::size_t kMaxTokensIfCrooked = 5'000;
constexpr std::size_t kMaxDepth = 256;
constexpr std::size_t kMaxFormattingWork = 2'000'000;
constexpr std::size_t kMaxAttributes = 256;

constexpr std::array<std::string_view, 9> kRawText = {
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"};
constexpr std::array<std::string_view, 16> kVoid = {
    "area", "base", "br",    "col",    "embed", "hr",  "img",      "input",
    "link", "meta", "param", "source", "track", "wbr", "basefont", "bgsound"};
constexpr std::array<std::string_view, 14> kFormatting = {
    "a",    "b", "big",   "code",   "em",     "font", "i",
    "nobr", "s", "small", "strike", "strong", "tt",   "u"};

bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
}

class Lexer {
  public:
    explicit Lexer(std::string_view html) : html_(html) {}

    std::vector<HtmlToken> run() {
        while (at_ < html_.size()) {
            if (html_[at_] == '<' && markup()) continue;
            // A '<' that opens nothing is text.
            const std::size_t next = html_.find('<', at_ + 1);
            add(TokenKind::text, std::min(next, html_.size()));
        }
        return std::move(tokens_);
    }

  private:
    HtmlToken& add(TokenKind kind, std::size_t end) {
        const bool joins =
            kind == TokenKind::text && !tokens_.empty() && tokens_.back().kind == TokenKind::text;
        if (joins)
            tokens_.back().end = end;
        else
            tokens_.push_back({.kind = kind, .begin = at_, .end = end});
        at_ = end;
        return tokens_.back();
    }

    bool markup() {
        const char next = at_ + 1 < html_.size() ? html_[at_ + 1] : '\0';
        if (is_alpha(next)) return tag(TokenKind::start_tag, at_ + 1);
        if (next == '/') {
            const char name = at_ + 2 < html_.size() ? html_[at_ + 2] : '\0';
            if (is_alpha(name)) return tag(TokenKind::end_tag, at_ + 2);
            if (at_ + 2 >= html_.size()) return false;
            return bogus_comment();
        }
        if (next == '!')
            return html_.substr(at_ + 2).starts_with("--") ? comment() : bogus_comment();
        return next == '?' && bogus_comment();
    }

    bool bogus_comment() {
        const std::size_t end = html_.find('>', at_ + 1);
        add(TokenKind::comment, end == npos ? html_.size() : end + 1);
        return true;
    }

    bool comment() {
        const std::size_t body = at_ + 4;
        if (html_.substr(body).starts_with('>')) return add(TokenKind::comment, body + 1), true;
        if (html_.substr(body).starts_with("->")) return add(TokenKind::comment, body + 2), true;
        for (std::size_t i = html_.find("--", body); i != npos; i = html_.find("--", i + 1)) {
            const std::string_view rest = html_.substr(i + 2);
            if (rest.starts_with('>')) return add(TokenKind::comment, i + 3), true;
            if (rest.starts_with("!>")) return add(TokenKind::comment, i + 4), true;
        }
        add(TokenKind::comment, html_.size());
        return true;
    }

    bool tag(TokenKind kind, std::size_t name_at) {
        std::size_t i = name_at;
        while (i < html_.size() && !is_space(html_[i]) && html_[i] != '/' && html_[i] != '>') ++i;
        std::string name(html_.substr(name_at, std::min<std::size_t>(i - name_at, 64)));
        std::ranges::transform(name, name.begin(), lower);
        std::size_t attributes = 0;
        bool self_closing = false;
        while (i < html_.size() && html_[i] != '>') {
            if (is_space(html_[i]) || html_[i] == '/') {
                self_closing = html_[i] == '/';
                ++i;
                continue;
            }
            self_closing = false;
            ++attributes;
            i = attribute(i);
        }
        const bool closed = i < html_.size();
        HtmlToken& token = add(kind, closed ? i + 1 : html_.size());
        token.name = std::move(name);
        token.attributes = attributes;
        token.self_closing = self_closing;
        if (closed && kind == TokenKind::start_tag && contains(kRawText, token.name)) {
            raw_text(token.name);
        }
        return true;
    }

    /// Behind one attribute that starts at `i`.
    std::size_t attribute(std::size_t i) const {
        ++i;  // even '=' may begin a name
        while (i < html_.size() && !is_space(html_[i]) && html_[i] != '/' && html_[i] != '>' &&
               html_[i] != '=') {
            ++i;
        }
        std::size_t value = i;
        while (value < html_.size() && is_space(html_[value])) ++value;
        if (value >= html_.size() || html_[value] != '=') return i;
        ++value;
        while (value < html_.size() && is_space(html_[value])) ++value;
        if (value >= html_.size() || html_[value] == '>') return value;
        if (html_[value] == '"' || html_[value] == '\'') {
            const std::size_t close = html_.find(html_[value], value + 1);
            return close == npos ? html_.size() : close + 1;
        }
        while (value < html_.size() && !is_space(html_[value]) && html_[value] != '>') ++value;
        return value;
    }

    void raw_text(std::string name) {
        std::size_t end = at_;
        while (name != "plaintext") {
            end = html_.find("</", end);
            if (end == npos) break;
            const std::string_view rest = html_.substr(end + 2);
            const bool same = rest.size() >= name.size() &&
                              std::ranges::equal(rest.substr(0, name.size()), name, {}, lower);
            const char behind = rest.size() > name.size() ? rest[name.size()] : '\0';
            if (same && (is_space(behind) || behind == '/' || behind == '>')) break;
            ++end;
        }
        if (name == "plaintext" || end == npos) end = html_.size();
        if (end > at_) add(TokenKind::raw_text, end);
    }

    std::string_view html_;
    std::size_t at_ = 0;
    std::vector<HtmlToken> tokens_;
};

}  // namespace

bool is_void_element(std::string_view name) {
    return contains(kVoid, name);
}

std::vector<HtmlToken> lex_html(std::string_view html) {
    return Lexer(html).run();
}

const char* too_complex(const std::vector<HtmlToken>& tokens) {
    if (tokens.size() > kMaxTokens) return "too many tags";
    std::vector<std::string_view> open;
    std::size_t deepest = 0;
    std::size_t formatting_open = 0;
    std::size_t most_formatting = 0;
    std::size_t formatting_total = 0;
    bool crooked = false;
    for (const HtmlToken& token : tokens) {
        if (token.attributes > kMaxAttributes) return "too many attributes in one tag";
        const bool formatting = contains(kFormatting, token.name);
        if (token.kind == TokenKind::start_tag) {
            formatting_total += formatting ? 1U : 0U;
            if (is_void_element(token.name) || token.self_closing) continue;
            open.push_back(token.name);
            formatting_open += formatting ? 1U : 0U;
        } else if (token.kind == TokenKind::end_tag) {
            if (open.empty() || open.back() != token.name) {
                crooked = true;
            } else {
                open.pop_back();
                formatting_open -= formatting ? 1U : 0U;
            }
        }
        deepest = std::max(deepest, open.size());
        most_formatting = std::max(most_formatting, formatting_open);
    }
    // Badly nested text: open elements can't be counted without a parser, so the worst is assumed.
    // A '/>' closes nothing in HTML, but counts as closed above.
    crooked = crooked || !open.empty() || std::ranges::any_of(tokens, [](const HtmlToken& token) {
                  return token.self_closing && !is_void_element(token.name);
              });
    if (crooked && tokens.size() > kMaxTokensIfCrooked) return "too many badly nested tags";
    if (!crooked && deepest > kMaxDepth) return "tags are nested too deeply";
    const std::size_t formatting = crooked ? formatting_total : most_formatting;
    if (formatting * tokens.size() > kMaxFormattingWork) return "too much open formatting";
    return nullptr;
}

}  // namespace barid::translate
