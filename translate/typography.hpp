// The store's typographic wishes, and the steps of `polish` that move or change whole signs.
//
// Every step leaves masks (translate/mask.hpp) byte for byte, except percentages, which belong to
// the language, and does nothing the second time. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "translate/language.hpp"

namespace barid::translate {

/// Which digits Arabic texts show; English texts always have 0–9.
enum class Digits {
    keep,          ///< as the translation has them
    latin,         ///< 0–9, usual in the Gulf and the Maghreb
    arabic_indic,  ///< ٠–٩, usual in Egypt and the Levant
};

enum class Quotes {
    keep,
    guillemets,  ///< «…» in Arabic; English always gets “…” for «…»
};

/// Where a sign stands in an Arabic text. English has "20%" and leaves money alone.
enum class SignPlace { keep, before, after };

struct Typography {
    Digits digits = Digits::keep;
    Quotes quotes = Quotes::guillemets;
    SignPlace percent = SignPlace::keep;
    SignPlace currency = SignPlace::keep;
};

/// What nobody can see and no text needs: zero-width spaces, byte order marks, soft hyphens.
std::string without_invisible(std::string_view text);

/// Tatweel inside words ("مبــارك"); the ones of "هـ" and of "بـ Nike" stay.
std::string without_tatweel(std::string_view text);

/// "…" and «…» as the language has them. A pair that is not closed on its line stays.
std::string with_quotes(std::string_view text, Language target, Quotes quotes);

/// "%20" and "20%", "EGP 500" and "500 EGP".
std::string with_signs_placed(std::string_view text, Language target, const Typography& typography);

/// No blanks before ، ؛ ؟ and their Latin sisters, one behind ، and ؛ when a word follows.
std::string with_mark_spacing(std::string_view text);

}  // namespace barid::translate
