#include "queue/pg/params.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "base/text.hpp"
#include "queue/pg/error.hpp"

namespace barid::pg {
namespace {

void require_storable(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        throw Error("22021", "a text parameter contains a NUL character");
    }
    if (!is_valid_utf8(text)) throw Error("22021", "a text parameter is not valid UTF-8");
}

/// Reads exactly the digits `text` starts with and removes them.
int take_int(std::string_view& text) {
    int value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc()) throw Error("22007", "unreadable timestamp");
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

void take_char(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) throw Error("22007", "unreadable timestamp");
    text.remove_prefix(1);
}

std::chrono::microseconds take_fraction(std::string_view& text) {
    if (text.empty() || text.front() != '.') return {};
    text.remove_prefix(1);
    std::int64_t micros = 0;
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits < 6) {
            micros = micros * 10 + (text.front() - '0');
            ++digits;
        }
        text.remove_prefix(1);
    }
    for (; digits < 6; ++digits) micros *= 10;
    return std::chrono::microseconds(micros);
}

std::chrono::seconds take_offset(std::string_view& text) {
    if (text.empty()) return {};
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    std::chrono::seconds offset = std::chrono::hours(take_int(text));
    if (!text.empty() && text.front() == ':') {
        text.remove_prefix(1);
        offset += std::chrono::minutes(take_int(text));
    }
    return offset * sign;
}

}  // namespace

void ArrayBuilder::comma() {
    if (text_.size() > 1) text_ += ',';
}

void ArrayBuilder::add(std::int64_t value) {
    comma();
    char digits[24];
    const auto [end, ec] = std::to_chars(digits, digits + sizeof digits, value);
    text_.append(digits, end);
}

void ArrayBuilder::add(std::string_view value) {
    require_storable(value);
    comma();
    text_ += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') text_ += '\\';
        text_ += c;
    }
    text_ += '"';
}

void ArrayBuilder::add_null() {
    comma();
    text_ += "NULL";
}

std::string ArrayBuilder::finish() && {
    text_ += '}';
    return std::move(text_);
}

void Params::add(double value) { values_.emplace_back(fmt::format("{}", value)); }

void Params::add(std::string_view value) {
    require_storable(value);
    values_.emplace_back(value);
}

void Params::add(SystemTime value) { values_.emplace_back(format_timestamp(value)); }

void Params::add(std::chrono::microseconds value) {
    values_.emplace_back(fmt::format("{} microseconds", value.count()));
}

void Params::add(std::span<const std::int64_t> values) {
    ArrayBuilder array;
    array.reserve(values.size() * 12);
    for (const std::int64_t value : values) array.add(value);
    add(std::move(array));
}

void Params::add(std::span<const std::string> values) {
    ArrayBuilder array;
    for (const std::string& value : values) array.add(value);
    add(std::move(array));
}

std::string format_timestamp(SystemTime time) {
    if (time == SystemTime::min()) return "-infinity";
    if (time == SystemTime::max()) return "infinity";
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(time - days);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}+00", int(date.year()),
                       unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

SystemTime parse_timestamp(std::string_view text) {
    if (text == "infinity") return SystemTime::max();
    if (text == "-infinity") return SystemTime::min();
    const std::chrono::year year(take_int(text));
    take_char(text, '-');
    const std::chrono::month month(static_cast<unsigned>(take_int(text)));
    take_char(text, '-');
    const std::chrono::day day(static_cast<unsigned>(take_int(text)));
    take_char(text, ' ');
    SystemTime time = std::chrono::sys_days(year / month / day);
    time += std::chrono::hours(take_int(text));
    take_char(text, ':');
    time += std::chrono::minutes(take_int(text));
    take_char(text, ':');
    time += std::chrono::seconds(take_int(text));
    time += take_fraction(text);
    return time - take_offset(text);
}

}  // namespace barid::pg
