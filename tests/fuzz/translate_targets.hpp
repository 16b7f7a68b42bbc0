// What must hold for any bytes that reach the translation code; the fuzzers and the test of the
// kept corpus run the same functions. A broken promise aborts.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "translate/document.hpp"
#include "translate/glossary.hpp"
#include "translate/mask.hpp"

namespace barid::translate::fuzz {

inline void promise(bool holds) {
    if (!holds) std::abort();
}

/// Any bytes as a description: putting each segment back as it was gives the same bytes.
inline void html(std::string_view bytes) {
    for (const Format format : {Format::html, Format::text}) {
        const Document document(format, std::string(bytes));
        std::vector<std::string> same;
        std::vector<std::string> other;
        std::size_t end = 0;
        for (const Segment& segment : document.segments()) {
            promise(end <= segment.begin && segment.begin < segment.end &&
                    segment.end <= bytes.size());
            end = segment.end;
            same.push_back(segment.text);
            other.push_back("<b>&\"" + segment.text);
        }
        if (!document.problem()) promise(document.rebuild(same) == std::string(bytes));
        (void)document.rebuild(other);
    }
}

inline void round_trip(std::string_view text, const std::vector<Mask>& masks) {
    std::size_t end = 0;
    for (const Mask& mask : masks) {
        promise(end <= mask.begin && mask.begin < mask.end && mask.end <= text.size());
        end = mask.end;
    }
    for (const TokenStyle style : {TokenStyle::plain, TokenStyle::xml, TokenStyle::html_span}) {
        const Protected sent = protect(text, style, masks);
        // A number has at most four digits in a token.
        if (sent.originals.size() > 9'999) continue;
        const auto back = restore(sent.text, sent, style);
        promise(back && *back == text);
    }
}

/// Any bytes protected and restored; and as an answer to something else.
inline void mask(std::string_view bytes) {
    round_trip(bytes, find_masks(bytes));
    for (const TokenStyle style : {TokenStyle::plain, TokenStyle::xml, TokenStyle::html_span}) {
        const Protected sent = protect("Buy {n} at AB-1", style);
        const auto answer = restore(bytes, sent, style);
        if (!answer) continue;
        promise(answer->find("{n}") != std::string::npos);
        promise(answer->find("AB-1") != std::string::npos);
    }
}

/// Lines of terms up to an empty line ("+kept", "-forbidden", "term=target"), then a source, an
/// empty line, and an answer.
inline void glossary(std::string_view bytes) {
    std::vector<Term> terms;
    const auto take_line = [&bytes] {
        const std::size_t end = std::min(bytes.find('\n'), bytes.size());
        const std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        return line;
    };
    while (!bytes.empty() && terms.size() < 64) {
        const std::string line(take_line());
        if (line.empty()) break;
        const std::size_t sign = line.find('=');
        if (line.front() == '+' || line.front() == '-') {
            terms.push_back({.kind = line.front() == '+' ? TermKind::keep : TermKind::forbid,
                             .text = line.substr(1),
                             .case_sensitive = line.size() % 2 == 1});
        } else if (sign != std::string::npos) {
            terms.push_back({.kind = TermKind::translate,
                             .text = line.substr(0, sign),
                             .target = line.substr(sign + 1)});
        }
    }
    const std::size_t parts = bytes.find("\n\n");
    const std::string source(bytes.substr(0, parts));
    const std::string answer(parts == std::string_view::npos ? source : bytes.substr(parts + 2));
    for (const Language language : {Language::en, Language::ar}) {
        const Language target = language == Language::en ? Language::ar : Language::en;
        const Glossary known(language, target, terms);
        std::size_t end = 0;
        for (const TermMatch& match : known.find(source)) {
            promise(end <= match.begin && match.begin < match.end && match.end <= source.size());
            end = match.end;
        }
        round_trip(source, known.masks(source));
        (void)known.check(source, answer);
        (void)check_translation(source, answer, target, GateOptions(), &known);
        promise(known.key(source) == known.key(source));
    }
}

}  // namespace barid::translate::fuzz
