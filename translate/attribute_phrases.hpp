// Phrases of curated words: "light blue", "cotton", "red cotton shirts", "فساتين حمراء".
//
// A phrase is only understood when every word of it is known and stands where the language's
// grammar has it. Adjectives agree with what they describe; plurals of things take the feminine,
// as in "قمصان حمراء". Pure, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "translate/language.hpp"

namespace barid::translate {

/// How attributes are compared: `lookup_key` with blanks for hyphens, without a full stop.
std::string attribute_key(std::string_view text);

/// The first of several spellings parted by '|'.
std::string_view first_spelling(std::string_view spellings);

/// Every one of them.
std::vector<std::string> spellings_of(std::string_view spellings);

/// A table's rows by the keys of their spellings; the first row keeps a key.
template <class Row, class Spellings>
std::unordered_map<std::string, const Row*> by_spelling(std::span<const Row> rows,
                                                        Spellings spellings) {
    std::unordered_map<std::string, const Row*> index;
    for (const Row& row : rows) {
        for (const std::string& spelling : spellings_of(spellings(row))) {
            index.emplace(attribute_key(spelling), &row);
        }
    }
    return index;
}

/// `key` is an attribute_key. `colour_expected` lets in words that are colours only among
/// colours ("orange").
std::optional<std::string> translate_phrase(const std::string& key, Language target,
                                            bool colour_expected);

/// Two or three to ten of a thing: "2 red shirts" is "قميصان أحمران". Nothing above ten.
std::optional<std::string> translate_counted_phrase(int count, const std::string& key,
                                                    Language target);

/// Whether an English word alone is one of the curated words ("cotton", "shirt").
bool is_curated_word(const std::string& key);

}  // namespace barid::translate
