#include "translate/document.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"

namespace barid::translate {
namespace {

using Texts = std::vector<std::string>;

Texts segments(Format format, const std::string& text) {
    Texts out;
    const Document document(format, text);
    for (const Segment& segment : document.segments()) out.push_back(segment.text);
    return out;
}

Texts html(const std::string& text) {
    return segments(Format::html, text);
}

TEST(Document, CutsPlainTextAtLineBreaks) {
    EXPECT_EQ(segments(Format::text, "  Red shirt\r\n\r\nMade of cotton \n12-34\n{name}\n"),
              (Texts{"Red shirt", "Made of cotton"}));
    const Document document(Format::text, " Red\r\n\tBlue \n");
    EXPECT_EQ(document.rebuild({"أحمر", "أزرق"}), " أحمر\r\n\tأزرق \n");
}

TEST(Document, FindsWhatReadersSee) {
    EXPECT_EQ(html("<p>Soft <b>cotton</b> shirt</p><!-- hidden --><img alt='Alt' title=\"T\">"),
              (Texts{"Soft", "cotton", "shirt"}));
    EXPECT_EQ(html("Fish &amp; chips &lt;b&gt; caf&eacute;"), Texts{"Fish & chips <b> café"});
}

TEST(Document, LeavesMarkedTextAlone) {
    EXPECT_EQ(html("<script>var a = 'Text';</script><style>p{content:'Text'}</style>"
                   "<code>int main</code><pre>keep this</pre><textarea>typed</textarea>"
                   "<p translate=no>Brand <b>Name</b></p><p translate=\"NO\">Brand</p>"
                   "<p class='x notranslate'>Brand</p><p class='notranslated'>words</p>"),
              Texts{"words"});
}

TEST(Document, RebuildsEveryOtherByteExactly) {
    const std::string source =
        "<DIV  class='a'\tdata-x=\"1 > 2\">\n  Red&nbsp;shirt <BR/>&copy; <i >5 &lt; 6</i\n></DIV  "
        ">"
        "<!-- c --><a href=\"/x?a=1&b=2\">Buy</a>";
    const Document document(Format::html, source);
    ASSERT_EQ(document.segments().size(), 2U);
    EXPECT_EQ(document.rebuild({"قميص", "اشتر"}),
              "<DIV  class='a'\tdata-x=\"1 > 2\">\n  قميص <BR/>&copy; <i >5 &lt; 6</i\n></DIV  >"
              "<!-- c --><a href=\"/x?a=1&b=2\">اشتر</a>");
}

TEST(Document, EscapesWhatAMachineAnswers) {
    const Document document(Format::html, "<p>Hello &amp; welcome</p>");
    EXPECT_EQ(document.rebuild({"<script>alert(1)</script> & <!-- "}),
              "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;!-- </p>");
    const Document entity(Format::html, "<p>&lt;img src=x onerror=alert(1)&gt; is text</p>");
    EXPECT_EQ(entity.segments()[0].text, "<img src=x onerror=alert(1)> is text");
    EXPECT_EQ(entity.rebuild({entity.segments()[0].text}),
              "<p>&lt;img src=x onerror=alert(1)&gt; is text</p>");
}

TEST(Document, SurvivesTornMarkup) {
    for (const std::string torn :
         {"<p>one</b>two", "</p>text", "<b><p>x</b>y</p>", "<table>lost<tr><td>cell</table>",
          "<select><option>A<div translate=no>B</div></select>", "<p <b>x", "text <", "<a href='x",
          "<frameset>x</frameset>", "<svg><title>t</title><![CDATA[ x > y ]]></svg>z",
          "<math><mi>x</mi></math>", "<template><p>inside</p></template>",
          "<body>a</body>b</html>c", "<plaintext>all<b>this", "<title>t</title>x",
          "&#0;&#xD800; &unknown; &amp", "<p>a\rb\r\n"}) {
        const Document document(Format::html, torn);
        ASSERT_FALSE(document.problem()) << torn;
        Texts same;
        for (const Segment& segment : document.segments()) {
            same.push_back("X");
            EXPECT_EQ(segment.text.find('\0'), std::string::npos);
        }
        const auto rebuilt = document.rebuild(same);
        ASSERT_TRUE(rebuilt) << torn;
        std::string expected;
        std::size_t at = 0;
        for (const Segment& segment : document.segments()) {
            ASSERT_GE(segment.begin, at) << torn;
            expected += torn.substr(at, segment.begin - at) + "X";
            at = segment.end;
        }
        EXPECT_EQ(*rebuilt, expected + torn.substr(at));
    }
}

TEST(Document, NeverTranslatesAcrossIgnoredTags) {
    EXPECT_EQ(html("<p>one</b>two</p>"), (Texts{"one", "two"}));
    EXPECT_EQ(html("<table>lost<tr><td>cell</td></tr></table>"), (Texts{"lost", "cell"}));
}

TEST(Document, KeepsMarkupForRandomHtml) {
    const Texts parts = {"<p>",
                         "</p>",
                         "<b>",
                         "</b>",
                         "<i class='x'>",
                         "</i>",
                         "text ",
                         "قميص ",
                         "&amp;",
                         "&lt;",
                         "<",
                         ">",
                         "\"",
                         "<br/>",
                         "<!-- c -->",
                         "<table>",
                         "</table>",
                         "<td>",
                         "<a href=\"?a&b\">",
                         "</a>",
                         "<script>x</script>",
                         "<code>",
                         "</code>",
                         "<li>",
                         "\n",
                         "<!",
                         "</",
                         "<textarea>",
                         "</textarea>",
                         "<svg>",
                         "</svg>"};
    std::mt19937 random(11);
    for (int round = 0; round < 3000; ++round) {
        std::string source;
        for (unsigned n = random() % 25; n > 0; --n) source += parts[random() % parts.size()];
        const Document document(Format::html, source);
        if (document.problem()) continue;
        const Texts answers(document.segments().size(), "</p><script>&");
        const auto rebuilt = document.rebuild(answers);
        ASSERT_TRUE(rebuilt) << source;
        const Document again(Format::html, *rebuilt);
        ASSERT_FALSE(again.problem());
    }
}

TEST(Document, RefusesHostileTextsQuickly) {
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += "<div>";
    EXPECT_TRUE(Document(Format::html, deep + "x").problem());
    std::string formatting;
    for (int i = 0; i < 8'000; ++i) formatting += "<b id=1><p>";
    EXPECT_TRUE(Document(Format::html, formatting).problem());
    EXPECT_TRUE(Document(Format::text, "a\xFF").problem());
    EXPECT_TRUE(Document(Format::html, std::string("a\0b", 3)).problem());
    EXPECT_TRUE(Document(Format::html, "x").rebuild({"y"}));
    EXPECT_THROW(static_cast<void>(Document(Format::html, "x").rebuild({})), Error);
    const std::string large(10'000'000, 'a');
    EXPECT_EQ(Document(Format::html, large).segments().size(), 1U);
    EXPECT_EQ(Document(Format::text, "'; DROP TABLE barid.job; --").segments().size(), 1U);
}

}  // namespace
}  // namespace barid::translate
