#include "translate/glossary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/crypto.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t kLongestGap = 8;  // bytes between two words of a term

bool is_blank_or_hyphen(char32_t c) {
    return c == U' ' || c == U'\t' || c == 0xA0 || c == 0x202F || c == U'-' || c == 0x2010 ||
           c == 0x2011;
}

/// "gift box", "gift-box" and "gift  box" are one term; every apostrophe is the same.
std::string fold_gap(std::string_view gap) {
    std::string out;
    for (std::size_t i = 0; i < gap.size();) {
        const char32_t c = next_code_point(gap, i);
        if (is_blank_or_hyphen(c)) {
            if (!out.ends_with(' ')) out += ' ';
        } else if (c == 0x2019 || c == 0x2018 || c == 0x02BC || c == U'`') {
            out += '\'';
        } else if (fold(c) != 0) {
            append_utf8(out, c);
        }
    }
    return out;
}

/// The word's letters with their case, vowel signs and tatweel left out.
std::u32string exact_letters(std::string_view text, const Word& word) {
    std::u32string out;
    for (std::size_t i = word.begin; i < word.end;) {
        const char32_t c = next_code_point(text, i);
        if (fold(c) != 0) out += c;
    }
    return out;
}

bool may_hold_terms(MaskKind kind) {
    return kind == MaskKind::sku || kind == MaskKind::measure;
}

bool covers(const Mask& mask, std::size_t begin, std::size_t end) {
    return mask.begin < end && begin < mask.end;
}

}  // namespace

struct Glossary::Text {
    explicit Text(std::string_view source, bool plural_stems)
        : text(source), words(split_words(source)) {
        of.reserve(words.size());
        for (const Word& word : words) of.push_back(stems(word, plural_stems));
    }
    [[nodiscard]] std::string_view gap(std::size_t before) const {
        return text.substr(words[before].end, words[before + 1].begin - words[before].end);
    }

    std::string_view text;
    std::vector<Word> words;
    std::vector<std::vector<Stem>> of;
};

struct Glossary::Hit {
    const Pattern* pattern = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t words = 0;
    bool exact = false;  ///< without a prefix or suffix
};

Glossary::Glossary(Language source, Language target, std::vector<Term> terms)
    : target_(target), terms_(std::move(terms)) {
    (void)source;
    for (const Term& term : terms_) {
        if (term.kind == TermKind::forbid) {
            add(forbidden_, forbidden_by_word_, compile(term.text, term));
            for (const std::string& form : term.forms) {
                add(forbidden_, forbidden_by_word_, compile(form, term));
            }
            continue;
        }
        add(wanted_, wanted_by_word_, compile(term.text, term));
        for (const std::string& form : term.source_forms) {
            add(wanted_, wanted_by_word_, compile(form, term));
        }
    }
}

std::optional<Glossary::Pattern> Glossary::compile(const std::string& text, const Term& term) {
    const std::vector<Word> words = split_words(text);
    if (words.empty()) return std::nullopt;
    Pattern pattern;
    pattern.term = &term;
    for (std::size_t i = 0; i < words.size(); ++i) {
        pattern.words.push_back(words[i].folded);
        pattern.exact.push_back(exact_letters(text, words[i]));
        if (i + 1 == words.size()) break;
        const std::string_view gap =
            std::string_view(text).substr(words[i].end, words[i + 1].begin - words[i].end);
        pattern.gaps.push_back(fold_gap(gap));
    }
    pattern.before = text.substr(0, words.front().begin);
    pattern.after = text.substr(words.back().end);
    return pattern;
}

void Glossary::add(std::vector<Pattern>& patterns, Buckets& buckets,
                   std::optional<Pattern> pattern) {
    if (!pattern) return;
    buckets[pattern->words.front()].push_back(patterns.size());
    patterns.push_back(std::move(*pattern));
}

/// Whether the pattern stands at word `at`, whose stem `first` is the pattern's first word.
bool Glossary::fits(const Pattern& pattern, const Text& text, std::size_t at, const Stem& first,
                    std::size_t& last_end) {
    const std::size_t count = pattern.words.size();
    if (at + count > text.words.size()) return false;
    if (first.suffixed && count > 1) return false;
    // A name has no article and belongs to nobody: "الماس" is a diamond, not ال and "ماس".
    const bool name_like =
        !first.suffixed && (first.prefix == Prefix::none || first.prefix == Prefix::particle);
    if (pattern.term->kind == TermKind::keep && !name_like) return false;
    for (std::size_t i = 0; i < count; ++i) {
        const Word& word = text.words[at + i];
        if (pattern.term->case_sensitive && !word.arabic &&
            exact_letters(text.text, word) != pattern.exact[i]) {
            return false;
        }
        if (i == 0) continue;
        const std::string_view gap = text.gap(at + i - 1);
        if (gap.size() > kLongestGap || fold_gap(gap) != pattern.gaps[i - 1]) return false;
        // Behind the first word only the article may be written onto a word: a definite noun's
        // adjective has it too. A pronoun stands at the end.
        const bool found = std::ranges::any_of(text.of[at + i], [&](const Stem& stem) {
            const bool grammatical =
                (stem.prefix == Prefix::none || stem.prefix == Prefix::article) &&
                (!stem.suffixed || i + 1 == count);
            return grammatical && stem.text == pattern.words[i];
        });
        if (!found) return false;
    }
    last_end = text.words[at + count - 1].end;
    const std::string_view head = text.text.substr(0, text.words[at].begin);
    return head.ends_with(pattern.before) && text.text.substr(last_end).starts_with(pattern.after);
}

std::optional<Glossary::Hit> Glossary::longest(const Text& text, std::size_t at,
                                               const std::vector<Pattern>& patterns,
                                               const Buckets& buckets) const {
    std::optional<Hit> best;
    for (const Stem& stem : text.of[at]) {
        const auto bucket = buckets.find(stem.text);
        if (bucket == buckets.end()) continue;
        for (const std::size_t index : bucket->second) {
            const Pattern& pattern = patterns[index];
            Hit hit{.pattern = &pattern, .words = pattern.words.size()};
            if (!fits(pattern, text, at, stem, hit.end)) continue;
            hit.begin = text.words[at].offsets[stem.skipped] - pattern.before.size();
            hit.end += pattern.after.size();
            hit.exact = stem.skipped == 0 && !stem.suffixed;
            const auto rank = [](const Hit& h) {
                return std::tuple(h.words, h.exact, h.pattern->term->case_sensitive,
                                  h.end - h.begin);
            };
            if (!best || rank(*best) < rank(hit)) best = hit;
        }
    }
    return best;
}

std::vector<TermMatch> Glossary::scan(std::string_view text, TermKind only, bool any_kind) const {
    std::vector<TermMatch> matches;
    if (wanted_.empty()) return matches;
    const Text split(text, false);
    const std::vector<Mask> masks = find_masks(text);
    auto mask = masks.begin();
    for (std::size_t i = 0; i < split.words.size();) {
        const auto hit = longest(split, i, wanted_, wanted_by_word_);
        if (!hit) {
            ++i;
            continue;
        }
        i += hit->words;
        while (mask != masks.end() && mask->end <= hit->begin) ++mask;
        bool inside = false;
        for (auto near = mask; near != masks.end() && near->begin < hit->end; ++near) {
            const bool whole = hit->begin <= near->begin && near->end <= hit->end;
            inside = inside || (covers(*near, hit->begin, hit->end) &&
                                !(may_hold_terms(near->kind) && whole));
        }
        if (inside || (!any_kind && hit->pattern->term->kind != only)) continue;
        matches.push_back({hit->begin, hit->end, hit->pattern->term});
    }
    return matches;
}

std::vector<TermMatch> Glossary::find(std::string_view source) const {
    return scan(source, TermKind::keep, true);
}

std::vector<Mask> Glossary::masks(std::string_view text) const {
    std::vector<Mask> out = find_masks(text);
    const std::vector<TermMatch> kept = scan(text, TermKind::keep, false);
    if (kept.empty()) return out;
    std::erase_if(out, [&](const Mask& mask) {
        return std::ranges::any_of(
            kept, [&](const TermMatch& term) { return covers(mask, term.begin, term.end); });
    });
    for (const TermMatch& term : kept) out.push_back({term.begin, term.end, MaskKind::term});
    std::ranges::sort(out, {}, &Mask::begin);
    return out;
}

std::string Glossary::key(std::string_view source) const {
    std::set<std::string> parts;
    for (const TermMatch& match : find(source)) {
        const Term& term = *match.term;
        std::string part =
            fmt::format("{}\n{}\n{}", static_cast<int>(term.kind), term.text, term.target);
        for (const std::string& form : term.forms) part += "\n" + form;
        parts.insert(std::move(part));
    }
    if (parts.empty()) return {};
    std::string all;
    for (const std::string& part : parts) all += part + "\n\n";
    return "terms-" + sha256_hex(all).substr(0, 16);
}

bool Glossary::holds_target(const Term& term, const Text& answer) const {
    std::vector<Pattern> patterns;
    Buckets buckets;
    add(patterns, buckets, compile(term.target, term));
    for (const std::string& form : term.forms) add(patterns, buckets, compile(form, term));
    for (std::size_t i = 0; i < answer.words.size(); ++i) {
        if (longest(answer, i, patterns, buckets)) return true;
    }
    return patterns.empty();
}

std::optional<GateFailure> Glossary::check(std::string_view source, std::string_view answer) const {
    if (empty()) return std::nullopt;
    const Text words(answer, target_ == Language::en);
    std::set<const Term*> asked;
    for (const TermMatch& match : find(source)) {
        const Term& term = *match.term;
        if (term.kind != TermKind::translate || !asked.insert(&term).second) continue;
        if (holds_target(term, words)) continue;
        return GateFailure{"glossary",
                           fmt::format("\"{}\" must be \"{}\"", term.text, term.target)};
    }
    if (forbidden_.empty()) return std::nullopt;
    for (std::size_t i = 0; i < words.words.size(); ++i) {
        if (const auto hit = longest(words, i, forbidden_, forbidden_by_word_)) {
            return GateFailure{"forbidden",
                               fmt::format("\"{}\" must not be used", hit->pattern->term->text)};
        }
    }
    return std::nullopt;
}

}  // namespace barid::translate
