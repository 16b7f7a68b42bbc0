#include "translate/words.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

// Shorter rests are words of their own: "كل" is not "ك" with something.
constexpr std::size_t kRestOfParticle = 3;
constexpr std::size_t kRestOfArticle = 2;
constexpr std::size_t kLongestWord = 64;

constexpr std::array<std::u32string_view, 3> kConjunctions = {U"", U"و", U"ف"};
constexpr std::array<std::u32string_view, 4> kPrepositions = {U"", U"ب", U"ك", U"ل"};
// Folded: the accusative's alef, and what belongs to somebody.
constexpr std::array<std::u32string_view, 12> kSuffixes = {
    U"ها", U"هما", U"هم", U"هن", U"كما", U"كم", U"كن", U"نا", U"ه", U"ك", U"ي", U"ا"};

bool is_mark(char32_t c) {
    return u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK;
}

bool is_blank(char32_t c) {
    return (c >= U'\t' && c <= U'\r') || c == U' ' || c == 0xA0 || c == 0x202F;
}

struct Lead {
    std::size_t size;
    Prefix kind;
};

/// The lengths of everything that may be written in front.
std::vector<Lead> leads(std::u32string_view word) {
    std::vector<Lead> out{{0, Prefix::none}};
    const auto add = [&](std::size_t size, Prefix kind, std::size_t rest) {
        if (word.size() >= size + rest) out.push_back({size, kind});
    };
    for (const std::u32string_view conjunction : kConjunctions) {
        if (!word.starts_with(conjunction)) continue;
        const std::u32string_view after = word.substr(conjunction.size());
        for (const std::u32string_view preposition : kPrepositions) {
            if (!after.starts_with(preposition)) continue;
            const std::size_t size = conjunction.size() + preposition.size();
            const bool bare = size == 0;
            if (!bare) add(size, Prefix::particle, kRestOfParticle);
            if (word.substr(size).starts_with(U"ال")) {
                add(size + 2, bare ? Prefix::article : Prefix::particle_and_article,
                    kRestOfArticle);
            }
        }
        if (after.starts_with(U"لل")) {
            add(conjunction.size() + 2, Prefix::particle_and_article, kRestOfArticle);
        }
    }
    return out;
}

void add_plural_stems(std::vector<Stem>& out, std::u32string_view word) {
    const auto add = [&](std::u32string text) {
        out.push_back({.text = std::move(text), .suffixed = true});
    };
    if (word.size() < 3 || !word.ends_with(U's')) return;
    add(std::u32string(word.substr(0, word.size() - 1)));
    if (word.ends_with(U"es")) add(std::u32string(word.substr(0, word.size() - 2)));
    if (word.ends_with(U"ies")) add(std::u32string(word.substr(0, word.size() - 3)) + U'y');
}

}  // namespace

char32_t fold(char32_t c) {
    if (c < 0x80) return c >= U'A' && c <= U'Z' ? c - U'A' + U'a' : c;
    switch (c) {
        case U'أ':
        case U'إ':
        case U'آ':
        case 0x0671:
            return U'ا';
        case U'ى':
        case U'ئ':
            return U'ي';
        case U'ة':
            return U'ه';
        case U'ؤ':
            return U'و';
        case 0x0640:
        case 0x0670:
        case 0x061C:
            return 0;
        default:
            break;
    }
    if ((c >= 0x064B && c <= 0x0655) || (c >= 0x200E && c <= 0x200F) ||
        (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) {
        return 0;
    }
    if (const int digit = digit_value(c); digit >= 0) return U'0' + static_cast<char32_t>(digit);
    return static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
}

std::string lookup_key(std::string_view text) {
    const std::string normal = normal_form(text);
    std::string out;
    bool blank = false;
    for (std::size_t i = 0; i < normal.size();) {
        const char32_t c = fold(next_code_point(normal, i));
        if (c == 0) continue;
        if (is_blank(c)) {
            blank = !out.empty();
            continue;
        }
        if (blank) out += ' ';
        blank = false;
        append_utf8(out, c);
    }
    return out;
}

std::vector<Word> split_words(std::string_view text) {
    std::vector<Word> words;
    bool open = false;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t at = i;
        const char32_t c = next_code_point(text, i);
        const bool sign = is_mark(c) || (c == 0x0640 && open);
        if (sign && open) {
            words.back().end = i;
            // A combining sign that folding keeps is part of the word.
            if (const char32_t kept = fold(c); kept != 0) {
                words.back().folded += kept;
                words.back().offsets.push_back(at);
            }
            continue;
        }
        const bool digit = digit_value(c) >= 0;
        if (!digit && !is_letter(c)) {
            open = false;
            continue;
        }
        const bool arabic = is_arabic_letter(c);
        const bool begins = !open || (!digit && arabic != words.back().arabic) ||
                            (digit && words.back().arabic) ||
                            words.back().end - words.back().begin > 1024;
        if (begins) {
            words.emplace_back();
            words.back().begin = at;
            words.back().arabic = arabic;
            open = true;
        }
        Word& word = words.back();
        word.end = i;
        if (const char32_t kept = fold(c); kept != 0) {
            word.folded += kept;
            word.offsets.push_back(at);
        }
    }
    std::erase_if(words, [](const Word& word) { return word.folded.empty(); });
    return words;
}

std::vector<Stem> stems(const Word& word, bool plurals) {
    std::vector<Stem> out{{.text = word.folded}};
    if (word.folded.size() > kLongestWord) return out;
    if (!word.arabic) {
        if (plurals) add_plural_stems(out, word.folded);
        return out;
    }
    for (const auto& [size, kind] : leads(word.folded)) {
        const std::u32string_view rest = std::u32string_view(word.folded).substr(size);
        if (size != 0) out.push_back({std::u32string(rest), size, kind, false});
        for (const std::u32string_view suffix : kSuffixes) {
            if (!rest.ends_with(suffix) || rest.size() < suffix.size() + kRestOfParticle) continue;
            std::u32string stem(rest.substr(0, rest.size() - suffix.size()));
            // حقيبة, حقيبتها: the ta is open before a pronoun.
            if (stem.ends_with(U'ت')) {
                std::u32string closed = stem;
                closed.back() = U'ه';
                out.push_back({std::move(closed), size, kind, true});
            }
            out.push_back({std::move(stem), size, kind, true});
        }
    }
    return out;
}

}  // namespace barid::translate
