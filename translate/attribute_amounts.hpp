// Amounts, sizes, money and countries: "2 x 500 ml", "3 months", "EGP 1,200", "EU 42", "Egypt".
//
// Digits are written 0–9; the store's policy comes later (translate/polish.hpp). Countries and
// currencies have the names that ICU knows, read in both languages. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "translate/language.hpp"

namespace barid::translate {

/// `key` is an attribute_key of the whole amount.
std::optional<std::string> translate_amount(const std::string& key, Language target);

/// "500 EGP", "$20", "٥٠٠ ج.م".
std::optional<std::string> translate_money(const std::string& key, Language target);

/// "3 years", "12 pieces", "سنتان"; `genitive` behind a preposition or a noun: "ضمان سنتين".
std::optional<std::string> translate_count(const std::string& key, Language target,
                                           bool genitive = false);

/// The number at the beginning of `key` and its length; 0 when there is none or it is no whole
/// number below 10,000.
struct Count {
    int value = 0;
    std::size_t size = 0;
};
Count read_count(std::string_view key);

/// XL, 3XL, EU 42, 42: kept in both languages.
bool is_size_code(std::string_view key);

/// Also names that mean other things ("turkey"), so only where a country is expected.
std::optional<std::string> translate_country(const std::string& key, Language target);
std::optional<std::string> translate_currency(const std::string& key, Language target);

}  // namespace barid::translate
