// The words of a text as they are compared: folded, with what Arabic writes onto a word taken off.
//
// Folding is for finding only, never for what is kept or shown: lower case, no vowel signs and no
// tatweel, one letter for the spellings of alef, ya, ta marbuta and hamza, Western digits (the
// database's barid.lookup_key folds alike). A stem is a word without و ف ب ك ل ال لل in front and
// without a pronoun behind; a word has several, since spelling alone can't tell which is meant.
// Pure, thread-safe; any bytes are fine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace barid::translate {

/// What stays of a character when texts are compared; 0: nothing.
char32_t fold(char32_t c);

/// The same text as barid.lookup_key gives.
std::string lookup_key(std::string_view text);

struct Word {
    std::size_t begin = 0;  ///< in the text's bytes
    std::size_t end = 0;
    std::u32string folded;
    std::vector<std::size_t> offsets = {};  ///< of each folded letter, in the text's bytes
    bool arabic = false;
};

/// Letters and digits in a row; a change between Arabic and other letters ends a word ("وNike").
std::vector<Word> split_words(std::string_view text);

/// What was taken off in front.
enum class Prefix {
    none,
    article,               ///< ال
    particle,              ///< و ف ب ك ل, or two of them
    particle_and_article,  ///< وال بال لل …
};

struct Stem {
    std::u32string text;
    std::size_t skipped = 0;  ///< letters taken off in front
    Prefix prefix = Prefix::none;
    bool suffixed = false;  ///< something was taken off behind
};

/// The word itself first, then whatever may be its stem. English: a plural's singular, when
/// `plurals` is set.
std::vector<Stem> stems(const Word& word, bool plurals = false);

}  // namespace barid::translate
