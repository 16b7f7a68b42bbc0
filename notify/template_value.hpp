// Values that go into a template, read strictly from JSON. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace barid::notify {

/// An exact decimal ("149.50"): at most 15 digits before the point and 9 after it.
struct Decimal {
    std::string text = {};
    double value = 0;
    bool integral = true;
};

/// A JSON number, or a text that is one ("149.50").
std::optional<Decimal> read_decimal(const json::value& value);

/// What a text shows for a variable that is a string: the text, or a number as it is written.
std::optional<std::string> read_text(const json::value& value);

struct Money {
    Decimal amount = {};
    std::string currency = {};  ///< three capital letters
};

/// {"amount": "149.50", "currency": "SAR"}
std::optional<Money> read_money(const json::value& value);

struct Instant {
    double epoch_ms = 0;
    bool date_only = false;  ///< a day of the calendar, the same in every time zone
};

/// "2026-11-22T07:30:00+03:00" (or Z, or a space for the T), or a day alone: "2026-11-22".
std::optional<Instant> read_instant(std::string_view text);

}  // namespace barid::notify
