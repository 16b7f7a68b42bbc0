// What holds for every text and every value, and for every text that ICU renders too.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unicode/msgfmt.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "notify/locale.hpp"
#include "notify/message_format.hpp"

namespace barid::notify {
namespace {

const std::vector<std::string> kLetters{
    "{",      "}", "'", "#",      "|",      ",",      "n",      "plural", "other",  "ا",
    "ب",      "٣", "5", "\u200F", "\u2066", "\u2067", "\u2068", "\u2069", "\u202A", "\u202E",
    "\u202C", "<", "&", "\"",     " ",      "\n",     "🎁",     "ש",      "A-1042"};

rc::Gen<std::string> text() {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kLetters)),
                        [](const std::vector<std::string>& parts) {
                            std::string out;
                            for (const std::string& part : parts) out += part;
                            return out;
                        });
}

rc::Gen<std::string> locale() {
    return rc::gen::elementOf(std::vector<std::string>{"ar", "ar-EG", "en", "he", "fr", "ja"});
}

std::size_t times(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

/// Every isolate is closed, none is closed twice, and nothing else changes the direction.
bool is_balanced(const std::string& text) {
    int open = 0;
    for (std::size_t at = 0; at + 2 < text.size(); ++at) {
        if (text.compare(at, 3, "\u2068") == 0) ++open;
        if (text.compare(at, 3, "\u2069") == 0 && --open < 0) return false;
    }
    return open == 0 && times(text, "\u202E") + times(text, "\u202A") + times(text, "\u2066") == 0;
}

std::string without_controls(std::string text) {
    for (const char* control :
         {"\u2066", "\u2067", "\u2068", "\u2069", "\u202A", "\u202C", "\u202E"}) {
        for (std::size_t at = text.find(control); at != std::string::npos;
             at = text.find(control)) {
            text.erase(at, 3);
        }
    }
    return text;
}

/// The text as a pattern that renders to itself.
std::string as_pattern(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'')
            out += "''";
        else if (c == '{' || c == '}')
            out += std::string("'") + c + "'";
        else
            out += c;
    }
    return out;
}

const VariableSchema kSchema{{"a", {}},
                             {"b", {}},
                             {"n", {.type = VariableType::integer}},
                             {"x", {.type = VariableType::number}},
                             {"price", {.type = VariableType::money}}};

TemplateRenderer& renderer() {
    static TemplateRenderer one;
    return one;
}

RC_GTEST_PROP(MessageProperty, ValuesComeOutLiterally, ()) {
    const std::string value = *text();
    const RenderResult r = renderer().render({.locale = *locale(), .title = "{a}", .body = "{a}"},
                                             {{"a", value}}, kSchema);
    RC_ASSERT(r.problems.empty());
    RC_ASSERT(without_controls(r.body) == without_controls(value));
}

RC_GTEST_PROP(MessageProperty, EveryIsolateIsClosed, ()) {
    const std::string words = without_controls(*text());
    const json::object vars{{"a", *text()},
                            {"b", *text()},
                            {"n", *rc::gen::inRange(-5, 120)},
                            {"price",
                             {{"amount", *rc::gen::inRange(-9, 9999)},
                              {"currency", *rc::gen::element("SAR", "USD", "KWD")}}}};
    const TemplateText content{.locale = *locale(),
                               .title = "{a}{b}",
                               .body = as_pattern(words) + "{a}{n, plural, other {#{b}{price}}}{a}",
                               .html = "{a}<b>{b}</b>"};
    const RenderResult r = renderer().render(content, vars, kSchema);
    RC_ASSERT(r.problems.empty());
    for (const std::string& shown : {r.title, r.body, r.html}) {
        RC_ASSERT(is_balanced(shown));
        RC_ASSERT(is_valid_utf8(shown));
    }
}

RC_GTEST_PROP(MessageProperty, NoValueAddsATagToHtml, ()) {
    const RenderResult r = renderer().render(
        {.locale = *locale(), .title = "x", .body = "x", .html = "<p title=\"{a}\">{b}</p>"},
        {{"a", *text()}, {"b", *text()}}, kSchema);
    RC_ASSERT(times(r.html, "<") == 2U);
    RC_ASSERT(times(r.html, "\"") == 2U);
}

RC_GTEST_PROP(MessageProperty, AnyPatternAndAnyValuesMakeProblemsAtMost, ()) {
    const json::value value =
        *rc::gen::element<json::value>(nullptr, true, 5, -1.5, "5", "", "2026-11-22",
                                       json::array{1}, json::object{{"amount", "1"}});
    const RenderResult r = renderer().render(
        {.locale = *text(), .title = *text(), .body = *text() + "{a}{x, number}{price}"},
        {{"a", value}, {"x", value}, {"price", value}}, kSchema, {.time_zone = *text()});
    RC_ASSERT(is_valid_utf8(r.title));
}

// ICU's own formatter, on texts without strings and money, whose rendering is ours.
std::string by_icu(const std::string& pattern, const std::string& locale, int n, double x) {
    UErrorCode status = U_ZERO_ERROR;
    UParseError where{};
    const icu::Locale language = icu::Locale::forLanguageTag(locale + "-u-nu-latn", status);
    icu::MessageFormat format(icu::UnicodeString::fromUTF8(pattern), language, where, status);
    const icu::UnicodeString names[] = {u"n", u"x"};
    const icu::Formattable values[] = {n, x};
    icu::UnicodeString out;
    format.format(names, values, 2, out, status);
    std::string text;
    if (U_SUCCESS(status) != 0) out.toUTF8String(text);
    return text;
}

RC_GTEST_PROP(MessageProperty, SaysWhatIcuSays, ()) {
    const auto piece = rc::gen::elementOf(std::vector<std::string>{
        "{n}", "{x}", "{n, number}", "{x, number, integer}", "{x, number, percent}",
        "{x, number, ::currency/SAR}", "{x, number, ::.00}", "{x, number, ::compact-short}",
        "{n, plural, =1 {one} one {# a} two {# b} few {# c} many {# d} other {# e}}",
        "{n, plural, offset:1 =0 {none} one {# a} few {# c} other {{x} and #}}",
        "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}", "it's ", "'{'#'}'", "''",
        "{n, plural, other {'#' # it's '{#}'}}", "{x, plural, one {# l} other {# ls}}", " طلب "});
    std::string pattern;
    for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) {
        pattern += part;
    }
    const std::string language = *locale();
    const int n = *rc::gen::inRange(-3, 125);
    const double x = *rc::gen::inRange(-400, 40'000) / 8.0;
    const RenderResult r = renderer().render({.locale = language, .title = "x", .body = pattern},
                                             {{"n", n}, {"x", x}}, kSchema);
    RC_ASSERT(r.problems.empty());
    RC_ASSERT(without_controls(r.body) == without_controls(by_icu(pattern, language, n, x)));
}

}  // namespace
}  // namespace barid::notify
