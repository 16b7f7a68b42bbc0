#include "translate/attribute_phrases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "translate/attribute_words.hpp"
#include "translate/words.hpp"

namespace barid::translate {
namespace {

constexpr std::size_t kLongestPhrase = 12;  // words
constexpr std::size_t kLongestEntry = 5;

enum class Kind { shade, colour, trait, material, thing };

struct Entry {
    Kind kind = Kind::colour;
    const Describing* describing = nullptr;
    const Material* material = nullptr;
    const Thing* thing = nullptr;
    bool plural = false;
    bool clear = true;
    bool describes = false;  ///< an Arabic material as an adjective, or behind "من"
};

struct Phrase {
    const Describing* shade = nullptr;
    const Describing* colour = nullptr;
    const Describing* trait = nullptr;
    const Material* material = nullptr;
    const Thing* thing = nullptr;
    bool plural = false;
    bool clear = true;
};

using Dictionary = std::unordered_map<std::string, std::vector<Entry>>;

/// The first entry of a kind keeps a spelling: the tables begin with the usual words.
void add(Dictionary& dictionary, std::string_view spellings, const Entry& entry) {
    for (const std::string& spelling : spellings_of(spellings)) {
        std::vector<Entry>& known = dictionary[attribute_key(spelling)];
        if (std::ranges::find(known, entry.kind, &Entry::kind) == known.end()) {
            known.push_back(entry);
        }
    }
}

Dictionary english_dictionary() {
    Dictionary out;
    for (const Describing& d : colours()) {
        add(out, d.english, {.kind = Kind::colour, .describing = &d, .clear = d.clear});
    }
    for (const Describing& d : shades()) {
        add(out, d.english, {.kind = Kind::shade, .describing = &d});
    }
    for (const Describing& d : sizes_and_patterns()) {
        add(out, d.english, {.kind = Kind::trait, .describing = &d, .clear = d.clear});
    }
    for (const Material& m : materials()) {
        add(out, m.english, {.kind = Kind::material, .material = &m});
    }
    for (const Thing& t : things()) {
        add(out, t.english, {.kind = Kind::thing, .thing = &t});
        add(out, t.english_plural, {.kind = Kind::thing, .thing = &t, .plural = true});
    }
    return out;
}

bool ends_with_shade(std::string_view spelling) {
    return std::ranges::any_of(shades(), [&](const Describing& shade) {
        return spelling.ends_with(" " + std::string(first_spelling(shade.masculine))) ||
               spelling.ends_with(" " + std::string(first_spelling(shade.feminine)));
    });
}

Dictionary arabic_dictionary() {
    Dictionary out;
    for (const Describing& d : colours()) {
        // A loan word that never changes may be the plant or the sweet itself.
        const Entry entry{
            .kind = Kind::colour, .describing = &d, .clear = d.clear || d.masculine != d.feminine};
        for (const std::string_view forms : {d.masculine, d.feminine}) {
            for (const std::string& form : spellings_of(forms)) {
                // "أزرق فاتح" is a light blue, whatever else has that name.
                if (!ends_with_shade(form)) add(out, form, entry);
            }
        }
    }
    for (const Describing& d : shades()) {
        for (const std::string_view forms : {d.masculine, d.feminine}) {
            add(out, forms, {.kind = Kind::shade, .describing = &d});
        }
    }
    for (const Describing& d : sizes_and_patterns()) {
        for (const std::string_view forms : {d.masculine, d.feminine}) {
            add(out, forms, {.kind = Kind::trait, .describing = &d});
        }
    }
    for (const Material& m : materials()) {
        add(out, m.arabic, {.kind = Kind::material, .material = &m});
        const Entry adjective{.kind = Kind::material, .material = &m, .describes = true};
        add(out, m.masculine, adjective);
        add(out, m.feminine, adjective);
        for (const std::string_view forms : {m.arabic, m.definite}) {
            for (const std::string& form : spellings_of(forms)) add(out, "من " + form, adjective);
        }
    }
    for (const Thing& t : things()) {
        add(out, t.arabic, {.kind = Kind::thing, .thing = &t});
        add(out, t.arabic_plural, {.kind = Kind::thing, .thing = &t, .plural = true});
    }
    return out;
}

const Dictionary& dictionary(Language language) {
    static const Dictionary english = english_dictionary();
    static const Dictionary arabic = arabic_dictionary();
    return language == Language::ar ? arabic : english;
}

/// Adds an entry behind what is there, or says that it can't stand there.
bool extend(Phrase& phrase, const Entry& entry, Language language) {
    const bool arabic = language == Language::ar;
    const bool closed = !arabic && phrase.thing != nullptr;  // an English thing stands last
    if (closed) return false;
    switch (entry.kind) {
        case Kind::shade:
            // "light blue", "أزرق فاتح"
            if (phrase.shade != nullptr || (phrase.colour != nullptr) != arabic) return false;
            phrase.shade = entry.describing;
            return true;
        case Kind::colour:
            if (phrase.colour != nullptr || (!arabic && phrase.material != nullptr)) return false;
            if (arabic && phrase.trait != nullptr && phrase.thing == nullptr) return false;
            phrase.colour = entry.describing;
            phrase.clear = phrase.clear && entry.clear;
            return true;
        case Kind::trait:
            if (phrase.trait != nullptr || (!arabic && phrase.material != nullptr)) return false;
            // A shade is followed by its colour.
            if (!arabic && phrase.shade != nullptr && phrase.colour == nullptr) return false;
            phrase.trait = entry.describing;
            phrase.clear = phrase.clear && entry.clear;
            return true;
        case Kind::material:
            if (phrase.material != nullptr) return false;
            if (!arabic && phrase.shade != nullptr && phrase.colour == nullptr) return false;
            // "قطني" describes something; "قطن" may be what is described.
            if (arabic && entry.describes && phrase.thing == nullptr) return false;
            if (arabic && phrase.thing == nullptr && phrase.colour != nullptr) return false;
            phrase.material = entry.material;
            return true;
        case Kind::thing:
            if (phrase.thing != nullptr) return false;
            if (arabic && (phrase.colour != nullptr || phrase.trait != nullptr ||
                           phrase.material != nullptr)) {
                return false;
            }
            if (phrase.shade != nullptr && phrase.colour == nullptr) return false;
            phrase.thing = entry.thing;
            phrase.plural = entry.plural;
            return true;
    }
    return false;
}

bool is_whole(const Phrase& phrase) {
    if (phrase.shade != nullptr && phrase.colour == nullptr) return false;
    if (phrase.thing != nullptr) return true;
    if (phrase.trait != nullptr) return phrase.colour == nullptr && phrase.material == nullptr;
    return phrase.colour != nullptr || phrase.material != nullptr;
}

/// Longest words first; the first reading that takes every word is the phrase.
bool read(const std::vector<std::string>& words, std::size_t at, Language language,
          Phrase& phrase) {
    if (at == words.size()) return is_whole(phrase);
    const std::size_t most = std::min(kLongestEntry, words.size() - at);
    for (std::size_t count = most; count > 0; --count) {
        std::string key = words[at];
        for (std::size_t i = 1; i < count; ++i) key += ' ' + words[at + i];
        const auto found = dictionary(language).find(key);
        if (found == dictionary(language).end()) continue;
        for (const Entry& entry : found->second) {
            Phrase next = phrase;
            if (!extend(next, entry, language) || !read(words, at + count, language, next)) {
                continue;
            }
            phrase = next;
            return true;
        }
    }
    return false;
}

std::optional<Phrase> read_phrase(const std::string& key, Language language) {
    std::vector<std::string> words(1);
    for (const char c : key) {
        if (c != ' ')
            words.back() += c;
        else if (!words.back().empty())
            words.emplace_back();
    }
    if (words.size() > kLongestPhrase || words.back().empty()) return std::nullopt;
    Phrase phrase;
    if (!read(words, 0, language, phrase)) return std::nullopt;
    return phrase;
}

bool is_feminine(const Phrase& phrase) {
    if (phrase.thing != nullptr) return phrase.plural || phrase.thing->gender == Gender::feminine;
    return phrase.material != nullptr && phrase.material->gender == Gender::feminine;
}

void join(std::string& out, std::string_view word) {
    if (word.empty()) return;
    if (!out.empty()) out += ' ';
    out += word;
}

std::string write_arabic(const Phrase& phrase) {
    std::string out;
    const auto agreeing = [&](const Describing* d) {
        if (d == nullptr) return std::string_view();
        return first_spelling(is_feminine(phrase) ? d->feminine : d->masculine);
    };
    if (phrase.thing != nullptr) {
        join(out,
             first_spelling(phrase.plural ? phrase.thing->arabic_plural : phrase.thing->arabic));
    } else if (phrase.material != nullptr) {
        join(out, first_spelling(phrase.material->arabic));
    }
    join(out, agreeing(phrase.colour));
    join(out, agreeing(phrase.shade));
    join(out, agreeing(phrase.trait));
    if (phrase.thing != nullptr && phrase.material != nullptr) {
        join(out, "من");
        join(out, first_spelling(phrase.material->definite));
    }
    return out;
}

std::string write_english(const Phrase& phrase) {
    std::string out;
    if (phrase.trait != nullptr) join(out, first_spelling(phrase.trait->english));
    if (phrase.shade != nullptr) join(out, first_spelling(phrase.shade->english));
    if (phrase.colour != nullptr) join(out, first_spelling(phrase.colour->english));
    if (phrase.material != nullptr) join(out, first_spelling(phrase.material->english));
    if (phrase.thing != nullptr) {
        join(out,
             first_spelling(phrase.plural ? phrase.thing->english_plural : phrase.thing->english));
    }
    return out;
}

/// "قميصان", "حقيبتان"; nothing when the word's end or length leaves a doubt.
std::optional<std::string> dual_of(std::string_view word) {
    if (word.empty() || word.find(' ') != std::string_view::npos) return std::nullopt;
    if (word.ends_with("ة")) return std::string(word.substr(0, word.size() - 2)) + "تان";
    if (word.ends_with("اء")) return std::string(word.substr(0, word.size() - 2)) + "وان";
    for (const std::string_view doubtful : {"ى", "ا", "و", "ٍ", "ً", "ء"}) {
        if (word.ends_with(doubtful)) return std::nullopt;
    }
    return std::string(word) + "ان";
}

std::optional<std::string> write_two(const Phrase& phrase) {
    // "حذاء" has its own dual, and more than one adjective is read in more than one way.
    if (phrase.shade != nullptr || phrase.trait != nullptr) return std::nullopt;
    const std::string_view thing = first_spelling(phrase.thing->arabic);
    if (thing.ends_with("اء")) return std::nullopt;
    std::optional<std::string> out = dual_of(thing);
    if (!out) return std::nullopt;
    if (phrase.colour != nullptr) {
        // A word that does not change has no dual: "بيج".
        if (phrase.colour->masculine == phrase.colour->feminine) return std::nullopt;
        const bool feminine = phrase.thing->gender == Gender::feminine;
        const auto colour =
            dual_of(first_spelling(feminine ? phrase.colour->feminine : phrase.colour->masculine));
        if (!colour) return std::nullopt;
        join(*out, *colour);
    }
    if (phrase.material != nullptr) {
        join(*out, "من");
        join(*out, first_spelling(phrase.material->definite));
    }
    return out;
}

}  // namespace

std::string attribute_key(std::string_view text) {
    std::string key = lookup_key(text);
    std::ranges::replace(key, '-', ' ');
    key = lookup_key(key);
    while (key.ends_with('.')) key.pop_back();
    return key;
}

std::string_view first_spelling(std::string_view spellings) {
    return spellings.substr(0, spellings.find('|'));
}

std::vector<std::string> spellings_of(std::string_view spellings) {
    std::vector<std::string> out;
    while (!spellings.empty()) {
        const std::size_t bar = std::min(spellings.find('|'), spellings.size());
        if (bar > 0) out.emplace_back(spellings.substr(0, bar));
        spellings.remove_prefix(std::min(bar + 1, spellings.size()));
    }
    return out;
}

std::optional<std::string> translate_phrase(const std::string& key, Language target,
                                            bool colour_expected) {
    const Language source = target == Language::ar ? Language::en : Language::ar;
    const std::optional<Phrase> phrase = read_phrase(key, source);
    if (!phrase || (!phrase->clear && !colour_expected)) return std::nullopt;
    if (colour_expected && phrase->colour == nullptr) return std::nullopt;
    return target == Language::ar ? write_arabic(*phrase) : write_english(*phrase);
}

std::optional<std::string> translate_counted_phrase(int count, const std::string& key,
                                                    Language target) {
    if (target != Language::ar || count < 2 || count > 10) return std::nullopt;
    const std::optional<Phrase> phrase = read_phrase(key, Language::en);
    if (!phrase || !phrase->clear || phrase->thing == nullptr || !phrase->plural) {
        return std::nullopt;
    }
    if (count == 2) return write_two(*phrase);
    return fmt::format("{} {}", count, write_arabic(*phrase));
}

bool is_curated_word(const std::string& key) {
    return dictionary(Language::en).contains(key);
}

}  // namespace barid::translate
