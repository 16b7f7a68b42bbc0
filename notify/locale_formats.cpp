#include "notify/locale_formats.hpp"

#include <unicode/currunit.h>
#include <unicode/fieldpos.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <array>
#include <utility>

#include "notify/locale.hpp"

namespace barid::notify {
namespace {

using icu::number::NumberFormatter;
using icu::number::Precision;
using icu::number::Scale;

bool failed(UErrorCode status) {
    return U_FAILURE(status) != 0;
}

icu::UnicodeString utf16(std::string_view text) {
    return icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<int>(text.size())));
}

icu::Locale locale_of(const std::string& tag, Digits digits) {
    std::string full = tag + "-u";
    if (tag.ends_with("-SA") || tag.find("-SA-") != std::string::npos) full += "-ca-gregory";
    full += digits == Digits::latin ? "-nu-latn" : "-nu-native";
    UErrorCode status = U_ZERO_ERROR;
    icu::Locale locale = icu::Locale::forLanguageTag(full, status);
    return failed(status) ? icu::Locale::getRoot() : locale;
}

bool append(const icu::number::FormattedNumber& number, UErrorCode status, std::string& out) {
    const icu::UnicodeString text = number.toTempString(status);
    if (failed(status)) return false;
    text.toUTF8String(out);
    return true;
}

bool skeleton(std::string_view style) {
    return style.starts_with("::");
}

icu::DateFormat::EStyle date_style(std::string_view style) {
    if (style == "short") return icu::DateFormat::kShort;
    if (style == "long") return icu::DateFormat::kLong;
    if (style == "full") return icu::DateFormat::kFull;
    return icu::DateFormat::kMedium;
}

bool known_date_style(std::string_view style) {
    return style.empty() || style == "short" || style == "medium" || style == "long" ||
           style == "full";
}

}  // namespace

LocaleFormats::LocaleFormats(std::string_view locale, Digits digits)
    : tag_(normalize_locale(locale)), locale_(locale_of(tag_, digits)) {
    UErrorCode status = U_ZERO_ERROR;
    cardinals_.reset(icu::PluralRules::forLocale(locale_, UPLURAL_TYPE_CARDINAL, status));
    ordinals_.reset(icu::PluralRules::forLocale(locale_, UPLURAL_TYPE_ORDINAL, status));
    plain_ = make_number("", "");
}

std::unique_ptr<LocaleFormats::Number> LocaleFormats::make_number(std::string_view style,
                                                                  std::string_view currency) const {
    UErrorCode status = U_ZERO_ERROR;
    auto wanted = NumberFormatter::with();
    if (skeleton(style)) {
        wanted = NumberFormatter::forSkeleton(utf16(style.substr(2)), status);
    } else if (style == "integer") {
        wanted = wanted.precision(Precision::integer());
    } else if (style == "percent") {
        wanted = wanted.unit(icu::NoUnit::percent())
                     .scale(Scale::powerOfTen(2))
                     .precision(Precision::integer());
    } else if (!style.empty() && !(style == "currency" && !currency.empty())) {
        return nullptr;
    }
    if (!currency.empty()) {
        wanted = wanted.unit(icu::CurrencyUnit(icu::StringPiece(std::string(currency)), status));
    }
    if (failed(status) || wanted.copyErrorTo(status) != 0) return nullptr;
    return std::make_unique<Number>(std::move(wanted).locale(locale_));
}

LocaleFormats::Number* LocaleFormats::number_format(std::string_view style,
                                                    std::string_view currency) {
    if (style.empty() && currency.empty()) return plain_.get();
    std::string key(style);
    key.append("\n").append(currency);
    return numbers_.get(key, [&](std::string_view) { return make_number(style, currency); }).get();
}

bool LocaleFormats::number(const Decimal& value, std::string_view style, std::string& out) {
    const Number* format = number_format(style, "");
    if (format == nullptr) return false;
    UErrorCode status = U_ZERO_ERROR;
    return append(format->formatDecimal(value.text, status), status, out);
}

bool LocaleFormats::whole(std::int64_t value, std::string& out) {
    UErrorCode status = U_ZERO_ERROR;
    return append(plain_->formatInt(value, status), status, out);
}

bool LocaleFormats::money(const Money& value, std::string_view style, std::string& out) {
    const Number* format = number_format(style, value.currency);
    if (format == nullptr) return false;
    UErrorCode status = U_ZERO_ERROR;
    return append(format->formatDecimal(value.amount.text, status), status, out);
}

std::unique_ptr<icu::DateFormat> LocaleFormats::make_date(PatternNode::Kind kind,
                                                          std::string_view style) const {
    UErrorCode status = U_ZERO_ERROR;
    if (skeleton(style)) {
        std::unique_ptr<icu::DateFormat> made(
            icu::DateFormat::createInstanceForSkeleton(utf16(style.substr(2)), locale_, status));
        if (failed(status)) made.reset();
        return made;
    }
    if (!known_date_style(style)) return nullptr;
    icu::DateFormat* made = nullptr;
    if (kind == PatternNode::Kind::date) {
        made = icu::DateFormat::createDateInstance(date_style(style), locale_);
    } else if (kind == PatternNode::Kind::time) {
        made = icu::DateFormat::createTimeInstance(date_style(style), locale_);
    } else {
        made = icu::DateFormat::createDateTimeInstance(icu::DateFormat::kShort,
                                                       icu::DateFormat::kShort, locale_);
    }
    return std::unique_ptr<icu::DateFormat>(made);
}

icu::DateFormat* LocaleFormats::date_format(PatternNode::Kind kind, std::string_view style) {
    std::string key(1, kind == PatternNode::Kind::date   ? 'd'
                       : kind == PatternNode::Kind::time ? 't'
                                                         : 'v');
    key += style;
    return dates_.get(key, [&](std::string_view) { return make_date(kind, style); }).get();
}

icu::Calendar* LocaleFormats::calendar(const std::string& time_zone) {
    const auto make = [&](std::string_view name) {
        UErrorCode status = U_ZERO_ERROR;
        // An unknown name gives ICU's "Etc/Unknown", which is UTC.
        std::unique_ptr<icu::Calendar> made(icu::Calendar::createInstance(
            icu::TimeZone::createTimeZone(utf16(name)), locale_, status));
        if (failed(status)) made.reset();
        return made;
    };
    return calendars_.get(time_zone, make).get();
}

bool LocaleFormats::instant(const Instant& value, PatternNode::Kind kind, std::string_view style,
                            const std::string& time_zone, std::string& out) {
    const icu::DateFormat* format = date_format(kind, style);
    // A day of the calendar is the same day everywhere.
    icu::Calendar* when = calendar(value.date_only ? "UTC" : time_zone);
    if (format == nullptr || when == nullptr) return false;
    UErrorCode status = U_ZERO_ERROR;
    when->setTime(value.epoch_ms, status);
    icu::UnicodeString text;
    icu::FieldPosition anywhere(icu::FieldPosition::DONT_CARE);
    format->format(*when, text, anywhere);
    if (failed(status)) return false;
    text.toUTF8String(out);
    return true;
}

std::string_view LocaleFormats::plural(double value, bool ordinal) const {
    static constexpr std::array<std::string_view, 5> kWords{"zero", "one", "two", "few", "many"};
    const auto& rules = ordinal ? ordinals_ : cardinals_;
    if (!rules) return "other";
    const icu::UnicodeString chosen = rules->select(value);
    for (const std::string_view word : kWords) {
        if (chosen.length() != static_cast<std::int32_t>(word.size())) continue;
        std::int32_t same = 0;
        while (same < chosen.length() &&
               chosen.charAt(same) == static_cast<char16_t>(word[static_cast<std::size_t>(same)])) {
            ++same;
        }
        if (same == chosen.length()) return word;
    }
    return "other";
}

bool LocaleFormats::knows(PatternNode::Kind kind, std::string_view style) {
    if (kind == PatternNode::Kind::number) {
        if (style == "currency") return true;  // of a variable that is money
        const Decimal one{.text = "1", .value = 1};
        std::string out;
        return number(one, style, out);
    }
    return date_format(kind, style) != nullptr;
}

}  // namespace barid::notify
