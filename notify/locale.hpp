// Which language a user reads, and how foreign values sit inside it. Pure, thread-safe.
//
// The chain for "ar-EG" is ar-EG → ar → the default language ("en"); a text in any regional
// variant of a wanted language beats a text in another language. A value whose direction differs
// from its sentence's is isolated (U+2068 … U+2069), so that an order number keeps its place in
// an Arabic sentence; direction controls inside a value are dropped, so that none can break out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace barid::notify {

/// "AR_eg" → "ar-EG", "zh-hant-tw" → "zh-Hant-TW"; text that is no language tag gives "".
std::string normalize_locale(std::string_view tag);

/// Most wanted first; without repeats.
std::vector<std::string> locale_chain(std::string_view locale, std::string_view fallback);

/// Index into `available` of the text to show; the last resort is the first one. `available` must
/// not be empty.
std::size_t choose_locale(std::span<const std::string> chain,
                          std::span<const std::string> available);

bool is_rtl(std::string_view locale);

/// Whether `text` (valid UTF-8) has letters of the direction that `locale` doesn't have.
bool has_foreign_letters(std::string_view text, std::string_view locale);

/// `value` (valid UTF-8) ready to stand inside a sentence of `locale`.
std::string isolate(std::string_view value, std::string_view locale);

}  // namespace barid::notify
