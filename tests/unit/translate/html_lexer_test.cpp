#include "translate/html_lexer.hpp"

#include <gtest/gtest.h>

namespace barid::translate {
namespace {

std::vector<std::string> pieces(const std::string& html, TokenKind kind) {
    std::vector<std::string> out;
    for (const HtmlToken& token : lex_html(html)) {
        if (token.kind == kind) out.push_back(html.substr(token.begin, token.end - token.begin));
    }
    return out;
}

using Texts = std::vector<std::string>;

TEST(LexHtml, CoversEveryByteOnce) {
    for (const std::string html :
         {"<p class=\"a>b\">x</p>", "a < b <c", "<!-- x > y -->z", "<!--", "<", "</", "<a",
          "<a b='", "</>", "<?php ?>t", "<script>if (a<b) {}</script>t", "<title></titl></title>x",
          ""}) {
        std::size_t at = 0;
        for (const HtmlToken& token : lex_html(html)) {
            EXPECT_EQ(token.begin, at) << html;
            EXPECT_GT(token.end, token.begin) << html;
            at = token.end;
        }
        EXPECT_EQ(at, html.size()) << html;
    }
}

TEST(LexHtml, KnowsTextFromMarkup) {
    EXPECT_EQ(pieces("<p title='1 > 2' x=\"</p>\">one</p>two", TokenKind::text),
              (Texts{"one", "two"}));
    EXPECT_EQ(pieces("a < b > c", TokenKind::text), Texts{"a < b > c"});
    EXPECT_EQ(pieces("<!--> a -->b", TokenKind::text), Texts{" a -->b"});
    EXPECT_EQ(pieces("<!-- a --!>b<!-- c", TokenKind::text), Texts{"b"});
    EXPECT_EQ(pieces("<STYLE>p{}</Style >x", TokenKind::raw_text), Texts{"p{}"});
    EXPECT_EQ(pieces("<script>\"</scripty>\"</script>x", TokenKind::raw_text),
              Texts{"\"</scripty>\""});
}

TEST(TooComplex, LetsOrdinaryTextsPass) {
    std::string html;
    for (int i = 0; i < 3000; ++i) html += "<li><b>Colour</b>: <em>red</em><br></li>";
    EXPECT_EQ(too_complex(lex_html(html)), nullptr);
    EXPECT_EQ(too_complex(lex_html("<p>one<p>two<br/><img src=x />")), nullptr);
}

TEST(TooComplex, RefusesWhatWouldCostTheParserDearly) {
    const auto times = [](int n, const std::string& text) {
        std::string out;
        for (int i = 0; i < n; ++i) out += text;
        return out;
    };
    EXPECT_NE(too_complex(lex_html(times(10'000, "<div>"))), nullptr);
    EXPECT_NE(too_complex(lex_html(times(10'000, "<div>") + times(10'000, "</div>"))), nullptr);
    EXPECT_NE(too_complex(lex_html(times(10'000, "<div/>"))), nullptr);
    EXPECT_NE(too_complex(lex_html(times(2'000, "<b id=1>") + times(2'000, "<p>"))), nullptr);
    EXPECT_NE(too_complex(lex_html("<p " + times(1'000, "a ") + ">")), nullptr);
    EXPECT_NE(too_complex(lex_html(times(50'000, "<p></p>"))), nullptr);
}

}  // namespace
}  // namespace barid::translate
