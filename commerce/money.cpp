#include "commerce/money.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace barid::commerce {
namespace {

struct Currency {
    std::string_view code;
    int exponent;
};

// Those that the gateway takes and pays out, and the usual ones of their neighbours.
constexpr std::array kCurrencies{
    Currency{"KWD", 3}, Currency{"BHD", 3}, Currency{"OMR", 3}, Currency{"JOD", 3},
    Currency{"TND", 3}, Currency{"IQD", 3}, Currency{"LYD", 3}, Currency{"SAR", 2},
    Currency{"AED", 2}, Currency{"QAR", 2}, Currency{"EGP", 2}, Currency{"USD", 2},
    Currency{"EUR", 2}, Currency{"GBP", 2}, Currency{"TRY", 2}, Currency{"INR", 2},
    Currency{"PKR", 2}, Currency{"CHF", 2}, Currency{"CAD", 2}, Currency{"AUD", 2},
    Currency{"CNY", 2}, Currency{"MAD", 2}, Currency{"LBP", 2}, Currency{"YER", 2},
    Currency{"JPY", 0}, Currency{"KRW", 0}};

constexpr std::array<std::array<std::string_view, 2>, 5> kOtherNames{
    {{"KD", "KWD"}, {"BD", "BHD"}, {"JD", "JOD"}, {"SR", "SAR"}, {"QR", "QAR"}}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// "1,234" → "1234"; nothing when the commas stand anywhere else.
std::optional<std::string> whole_digits(std::string_view text) {
    std::string digits;
    const bool grouped = text.find(',') != text.npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t from_end = text.size() - i;
        if (grouped && from_end % 4 == 0) {
            if (text[i] != ',' || i == 0) return std::nullopt;
            continue;
        }
        if (!is_digit(text[i])) return std::nullopt;
        digits += text[i];
    }
    if (digits.empty()) return std::nullopt;
    return digits;
}

std::string_view known_code(std::string_view name) {
    for (const auto& [other, code] : kOtherNames) {
        if (name == other) return code;
    }
    return name;
}

}  // namespace

std::optional<int> currency_exponent(std::string_view currency) {
    const auto* const found = std::ranges::find(kCurrencies, currency, &Currency::code);
    if (found == kCurrencies.end()) return std::nullopt;
    return found->exponent;
}

std::optional<std::int64_t> parse_minor(std::string_view text, int exponent) {
    const std::size_t point = text.find('.');
    auto digits = whole_digits(text.substr(0, point));
    if (!digits) return std::nullopt;
    std::string_view fraction;
    if (point != text.npos) {
        fraction = text.substr(point + 1);
        if (fraction.empty() || !std::ranges::all_of(fraction, is_digit)) return std::nullopt;
    }
    const auto places = static_cast<std::size_t>(exponent);
    if (fraction.size() > places) {
        if (fraction.find_first_not_of('0', places) != fraction.npos) return std::nullopt;
        fraction = fraction.substr(0, places);
    }
    digits->append(fraction);
    digits->append(places - fraction.size(), '0');
    std::int64_t minor = 0;
    for (const char c : *digits) {
        const int digit = c - '0';
        if (minor > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return std::nullopt;
        minor = minor * 10 + digit;
    }
    return minor;
}

std::optional<Money> parse_money(std::string_view amount, std::string_view currency) {
    const std::string_view code = known_code(currency);
    const auto exponent = currency_exponent(code);
    if (!exponent) return std::nullopt;
    const auto minor = parse_minor(amount, *exponent);
    if (!minor) return std::nullopt;
    return Money{.minor = *minor, .currency = std::string(code)};
}

std::optional<Money> parse_display_amount(std::string_view text) {
    const std::size_t blank = text.find(' ');
    if (blank == text.npos) return std::nullopt;
    return parse_money(text.substr(0, blank), text.substr(blank + 1));
}

std::optional<std::string> format_minor(const Money& money) {
    const auto exponent = currency_exponent(money.currency);
    if (!exponent || money.minor < 0) return std::nullopt;
    std::string digits = std::to_string(money.minor);
    const auto places = static_cast<std::size_t>(*exponent);
    if (places == 0) return digits;
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, 1, '.');
    return digits;
}

}  // namespace barid::commerce
