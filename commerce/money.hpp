// Amounts of money: whole numbers of a currency's smallest unit, read from decimals exactly.
//
// Nothing here goes through floating point, and nothing is guessed: text that isn't understood to
// the last character is none, and who gets none holds the payment. Exponents are ISO 4217's (KWD,
// BHD, OMR, JOD: 3; JPY: 0). Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace barid::commerce {

struct Money {
    std::int64_t minor = 0;
    std::string currency = {};  ///< ISO 4217, in capitals
    friend bool operator==(const Money&, const Money&) = default;
};

/// How many decimals a currency has; nothing for one that isn't known here.
std::optional<int> currency_exponent(std::string_view currency);

/// "1,234.500" with at most 3 decimals → 1234500. Commas stand before each three digits or nowhere;
/// further decimals must be zeros. Nothing for signs, blanks, other digits, or more than an int64.
std::optional<std::int64_t> parse_minor(std::string_view text, int exponent);

/// "1,234.500 KWD". Knows what MyFatoorah writes for a currency besides its code ("KD", "SR").
std::optional<Money> parse_display_amount(std::string_view text);
/// The same of two texts.
std::optional<Money> parse_money(std::string_view amount, std::string_view currency);

/// "1234.500", as a request or a person takes it; nothing for a currency that isn't known.
std::optional<std::string> format_minor(const Money& money);

}  // namespace barid::commerce
