// ICU's formatters of one language with one kind of digits, each made once. Values come out as
// UTF-8, appended to `out`. A style that ICU doesn't know makes the functions return false.
//
// Dates of Saudi Arabia are Gregorian, as they are in its trade; other regions keep what their
// users' calendars say. Not thread-safe: io thread only.
#pragma once

#include <unicode/calendar.h>
#include <unicode/datefmt.h>
#include <unicode/locid.h>
#include <unicode/numberformatter.h>
#include <unicode/plurrule.h>

#include <memory>
#include <string>
#include <string_view>

#include "notify/lru.hpp"
#include "notify/message_format.hpp"
#include "notify/message_pattern.hpp"
#include "notify/template_value.hpp"

namespace barid::notify {

class LocaleFormats {
  public:
    LocaleFormats(std::string_view locale, Digits digits);

    [[nodiscard]] const std::string& tag() const { return tag_; }

    bool number(const Decimal& value, std::string_view style, std::string& out);
    bool whole(std::int64_t value, std::string& out);
    bool money(const Money& value, std::string_view style, std::string& out);
    /// `kind` is date, time, or value for both of them.
    bool instant(const Instant& value, PatternNode::Kind kind, std::string_view style,
                 const std::string& time_zone, std::string& out);

    /// ICU's word for the plural class: "few". The view lives as long as the program.
    std::string_view plural(double value, bool ordinal) const;

    /// Whether ICU can format with this style.
    bool knows(PatternNode::Kind kind, std::string_view style);

    /// The parsed patterns of this language.
    Lru<Pattern>& patterns() { return patterns_; }

  private:
    using Number = icu::number::LocalizedNumberFormatter;
    std::unique_ptr<Number> make_number(std::string_view style, std::string_view currency) const;
    std::unique_ptr<icu::DateFormat> make_date(PatternNode::Kind kind,
                                               std::string_view style) const;
    Number* number_format(std::string_view style, std::string_view currency);
    icu::DateFormat* date_format(PatternNode::Kind kind, std::string_view style);
    icu::Calendar* calendar(const std::string& time_zone);

    std::string tag_;
    icu::Locale locale_;
    std::unique_ptr<icu::PluralRules> cardinals_;
    std::unique_ptr<icu::PluralRules> ordinals_;
    std::unique_ptr<Number> plain_;
    Lru<std::unique_ptr<Number>> numbers_{128};
    Lru<std::unique_ptr<icu::DateFormat>> dates_{64};
    Lru<std::unique_ptr<icu::Calendar>> calendars_{64};
    Lru<Pattern> patterns_{256};
};

}  // namespace barid::notify
