#include "notify/template_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace barid::notify {
namespace {

constexpr std::size_t kMaxWhole = 15;
constexpr std::size_t kMaxFraction = 9;
constexpr double kMaxDouble = 1e15;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes exactly `count` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
    if (text.size() < count || !std::ranges::all_of(text.substr(0, count), is_digit)) {
        return std::nullopt;
    }
    int value = 0;
    std::from_chars(text.data(), text.data() + count, value);
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Decimal> decimal_of(std::string_view text) {
    std::string_view rest = text;
    take(rest, '-');
    const std::size_t point = std::min(rest.find('.'), rest.size());
    const std::string_view whole = rest.substr(0, point);
    const std::string_view fraction =
        point < rest.size() ? rest.substr(point + 1) : rest.substr(0, 0);
    if (whole.empty() || whole.size() > kMaxWhole || fraction.size() > kMaxFraction) return {};
    if (point < rest.size() && fraction.empty()) return {};
    if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(fraction, is_digit))
        return {};
    Decimal out{.text = std::string(text)};
    std::from_chars(text.data(), text.data() + text.size(), out.value);
    out.integral = std::ranges::all_of(fraction, [](char c) { return c == '0'; });
    return out;
}

std::string text_of(double value) {
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::fixed);
    return {buffer.data(), end.ptr};
}

/// "HH:MM", then ":SS" and a fraction, if they are there; in milliseconds.
std::optional<std::int64_t> take_time_of_day(std::string_view& text) {
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    int second = 0;
    if (take(text, ':')) {
        const auto read = take_number(text, 2);
        if (!read || *read > 59) return std::nullopt;
        second = *read;
        if (take(text, '.')) {
            const auto end = std::ranges::find_if_not(text, is_digit);
            const auto digits = end - text.begin();
            if (digits < 1 || digits > 9) return std::nullopt;
            text.remove_prefix(static_cast<std::size_t>(digits));  // no format shows them
        }
    }
    return ((*hour * 60LL + *minute) * 60 + second) * 1000;
}

/// "Z", "+03", "+0300", "+03:00"; in minutes.
std::optional<int> take_offset(std::string_view& text) {
    if (take(text, 'Z')) return 0;
    const int sign = text.starts_with('-') ? -1 : 1;
    if (!take(text, '-') && !take(text, '+')) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 14) return std::nullopt;
    int minutes = 0;
    if (!text.empty()) {
        take(text, ':');
        const auto read = take_number(text, 2);
        if (!read || *read > 59) return std::nullopt;
        minutes = *read;
    }
    return sign * (*hours * 60 + minutes);
}

}  // namespace

std::optional<Decimal> read_decimal(const json::value& value) {
    if (value.is_int64()) return decimal_of(std::to_string(value.get_int64()));
    if (value.is_uint64()) return decimal_of(std::to_string(value.get_uint64()));
    if (const json::string* text = value.if_string()) return decimal_of(*text);
    if (!value.is_double() || !(std::abs(value.get_double()) < kMaxDouble)) return std::nullopt;
    std::string text = text_of(value.get_double());
    // More digits than anybody shows: a double such as 0.1 + 0.2 has seventeen of them.
    const std::size_t point = text.find('.');
    if (point != std::string::npos && text.size() - point - 1 > kMaxFraction) {
        text.resize(point + 1 + kMaxFraction);
    }
    return decimal_of(text);
}

std::optional<std::string> read_text(const json::value& value) {
    if (const json::string* text = value.if_string()) return std::string(*text);
    if (!value.is_number()) return std::nullopt;
    auto number = read_decimal(value);
    if (!number) return std::nullopt;
    return std::move(number->text);
}

std::optional<Money> read_money(const json::value& value) {
    const json::object* object = value.if_object();
    if (object == nullptr || object->size() != 2) return std::nullopt;
    const json::value* amount = object->if_contains("amount");
    const json::value* currency = object->if_contains("currency");
    if (amount == nullptr || currency == nullptr || !currency->is_string()) return std::nullopt;
    const std::string_view code = currency->get_string();
    const bool capital = std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
    auto read = read_decimal(*amount);
    if (!read || code.size() != 3 || !capital) return std::nullopt;
    return Money{.amount = std::move(*read), .currency = std::string(code)};
}

std::optional<Instant> read_instant(std::string_view text) {
    const auto year = take_number(text, 4);
    if (!year || *year == 0 || !take(text, '-')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t midnight = days * 86'400'000;
    if (text.empty()) return Instant{.epoch_ms = static_cast<double>(midnight), .date_only = true};
    if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
    const auto time = take_time_of_day(text);
    if (!time) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return Instant{.epoch_ms = static_cast<double>(midnight + *time - *offset * 60'000LL)};
}

}  // namespace barid::notify
