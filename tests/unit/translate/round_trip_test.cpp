// restore(protect(x)) = x and rebuild(segments) = x, for anything; and the fuzzers' kept corpus.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/provider_targets.hpp"
#include "tests/fuzz/translate_targets.hpp"

namespace barid::translate {
namespace {

const std::vector<std::string>& parts() {
    static const std::vector<std::string> list = {"<p>",
                                                  "</p>",
                                                  "<b>",
                                                  "</b>",
                                                  "<i",
                                                  ">",
                                                  "<",
                                                  "/>",
                                                  "<br>",
                                                  "<ul><li>",
                                                  "</ul>",
                                                  "<!--",
                                                  "-->",
                                                  "<script>",
                                                  "</script>",
                                                  "<td>",
                                                  "</table>",
                                                  "<table>",
                                                  "<a href=\"x>y\">",
                                                  "</a>",
                                                  "<span translate=no>",
                                                  "</span>",
                                                  "<textarea>",
                                                  "</textarea>",
                                                  "&amp;",
                                                  "&lt;",
                                                  "&nbsp;",
                                                  "&copy",
                                                  "&#1575;",
                                                  "&",
                                                  ";",
                                                  "{name}",
                                                  "{{ x.y }}",
                                                  "${z}",
                                                  "%s",
                                                  "%1$d",
                                                  "%",
                                                  "{",
                                                  "}",
                                                  "https://shop.example/?a=1&b=2",
                                                  "help@shop.example",
                                                  "AB-1234",
                                                  "750 ml",
                                                  "20%",
                                                  "5\"",
                                                  "k0@m.invalid",
                                                  "k1",
                                                  "@m.invalid",
                                                  "<m id=\"0\"/>",
                                                  "<span class=\"notranslate\" id=\"k0\">",
                                                  "قميص",
                                                  "أحمر",
                                                  "وNike",
                                                  "Nike",
                                                  "gift box",
                                                  "gift",
                                                  "box",
                                                  " ",
                                                  "\n",
                                                  "\r\n",
                                                  "\t",
                                                  "،",
                                                  "؟",
                                                  "ـ",
                                                  "َ",
                                                  "\u200F",
                                                  "\u2068",
                                                  "\u2069",
                                                  "🌸",
                                                  "\xFF",
                                                  "é",
                                                  "e\u0301",
                                                  "-",
                                                  "'",
                                                  "\"",
                                                  "=",
                                                  "x"};
    return list;
}

std::string any_text() {
    std::string text;
    for (const int i : *rc::gen::container<std::vector<int>>(
             rc::gen::inRange(0, static_cast<int>(parts().size())))) {
        text += parts()[static_cast<std::size_t>(i)];
    }
    return text;
}

const Glossary& glossary() {
    static const Glossary known(
        Language::en, Language::ar,
        {{.kind = TermKind::keep, .text = "Nike"},
         {.kind = TermKind::keep, .text = "gift"},
         {.kind = TermKind::keep, .text = "قميص"},
         {.kind = TermKind::keep, .text = "AB-1234"},
         {.kind = TermKind::translate, .text = "gift box", .target = "صندوق هدايا"}});
    return known;
}

// The promises abort: a counterexample ends the program with its text on the way out.
RC_GTEST_PROP(RoundTrip, RestoreUndoesProtect, ()) {
    const std::string text = any_text();
    for (const std::vector<Mask>& masks : {find_masks(text), glossary().masks(text)}) {
        for (const TokenStyle style : {TokenStyle::plain, TokenStyle::xml, TokenStyle::html_span}) {
            const Protected sent = protect(text, style, masks);
            const auto back = restore(sent.text, sent, style);
            RC_ASSERT(back.has_value());
            RC_ASSERT(*back == text);
        }
    }
}

RC_GTEST_PROP(RoundTrip, RestoreUndoesProtectForAnyBytes, (std::string text)) {
    for (const TokenStyle style : {TokenStyle::plain, TokenStyle::xml, TokenStyle::html_span}) {
        const Protected sent = protect(text, style, glossary().masks(text));
        const auto back = restore(sent.text, sent, style);
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == text);
    }
}

RC_GTEST_PROP(RoundTrip, RebuildUndoesTheCut, ()) {
    const std::string text = any_text();
    for (const Format format : {Format::html, Format::text}) {
        const Document document(format, text);
        if (document.problem()) continue;
        std::vector<std::string> same;
        for (const Segment& segment : document.segments()) same.push_back(segment.text);
        const auto back = document.rebuild(same);
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == text);
    }
}

RC_GTEST_PROP(RoundTrip, ForeignMarkupNeverGetsIn, ()) {
    const Document document(Format::html, any_text());
    if (document.problem()) return;
    std::vector<std::string> hostile(document.segments().size(),
                                     "</p><script>alert(1)</script><b>&amp;");
    const auto built = document.rebuild(hostile);
    if (!built) return;
    std::size_t scripts = 0;
    for (std::size_t at = document.text().find("<script>"); at != std::string::npos;
         at = document.text().find("<script>", at + 1)) {
        ++scripts;
    }
    for (std::size_t at = built->find("<script>"); at != std::string::npos;
         at = built->find("<script>", at + 1)) {
        RC_ASSERT(scripts-- > 0U);
    }
}

void run_corpus(const std::string& target, void (*run)(std::string_view)) {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator(BARID_CORPUS "/" + target)) {
        std::ifstream in(file.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        SCOPED_TRACE(file.path().string());
        run(bytes);
        ++count;
    }
    EXPECT_GE(count, 5U) << target;
}

TEST(Corpus, KeepsItsPromises) {
    run_corpus("html", fuzz::html);
    run_corpus("mask", fuzz::mask);
    run_corpus("glossary", fuzz::glossary);
    run_corpus("provider_answer", fuzz::provider_answer);
}

}  // namespace
}  // namespace barid::translate
