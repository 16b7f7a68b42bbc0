// What makes two source texts the same text, and the small Unicode questions that the other files
// ask. Pure, thread-safe; every function takes well-formed UTF-8 (`is_valid_utf8` comes first) and
// reads ill-formed bytes as U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "translate/language.hpp"

namespace barid::translate {

/// The code point at `i`, which moves behind it.
char32_t next_code_point(std::string_view text, std::size_t& i);
void append_utf8(std::string& out, char32_t c);
std::size_t count_code_points(std::string_view text);

bool is_letter(char32_t c);
bool is_arabic_letter(char32_t c);
bool is_latin_letter(char32_t c);
bool has_letters(std::string_view text);

/// 0–9 for ASCII, Arabic-Indic and Extended Arabic-Indic digits, otherwise -1.
int digit_value(char32_t c);

/// ASCII blanks, as in the database's btrim.
std::string_view trim(std::string_view text);

/// Without LRM, RLM and ALM, and without embeddings, overrides and isolates that are not closed
/// on their own line; balanced pairs stay. Editors and web pages leave the others behind.
std::string strip_stray_marks(std::string_view text);

/// NFC, no direction marks at all, no blanks around it: what is hashed and compared.
std::string normal_form(std::string_view text);

/// Hexadecimal SHA-256 of the format and the normal form; the same as the database's
/// `barid.translation_source_hash`.
std::string source_hash(Format format, std::string_view text);

}  // namespace barid::translate
