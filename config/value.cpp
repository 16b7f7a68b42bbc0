#include "config/value.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace barid::config {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Largest first, so that showing a value finds its shortest exact form.
constexpr std::array kDurationUnits = {Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                                       Unit{"ms", 1}};
constexpr std::array kSizeUnits = {Unit{"GiB", std::uint64_t{1} << 30},
                                   Unit{"MiB", std::uint64_t{1} << 20},
                                   Unit{"KiB", std::uint64_t{1} << 10}, Unit{"B", 1}};

constexpr std::uint64_t kMaxMilliseconds = std::uint64_t{3'650} * 24 * 3'600'000;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 50;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, ec] = std::from_chars(text.data(), end, number);
    if (ec != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return number;
}

template <std::size_t N>
std::optional<std::uint64_t> parse_scaled(std::string_view text, const std::array<Unit, N>& units,
                                          std::uint64_t max) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number<std::uint64_t>(text.substr(0, digits));
    const auto* unit = std::ranges::find(units, text.substr(digits), &Unit::name);
    if (!number || unit == units.end() || *number > max / unit->factor) return std::nullopt;
    return *number * unit->factor;
}

template <std::size_t N>
std::string show_scaled(std::uint64_t value, const std::array<Unit, N>& units,
                        std::string_view zero) {
    if (value == 0) return std::string(zero);
    const auto* unit =
        std::ranges::find_if(units, [&](const Unit& u) { return value % u.factor == 0; });
    return fmt::format("{}{}", value / unit->factor, unit->name);
}

bool is_address(int family, const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> binary{};
    return inet_pton(family, text.c_str(), binary.data()) == 1;
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Texts split(std::string_view text) {
    Texts parts;
    if (trim(text).empty()) return parts;
    for (std::size_t begin = 0;;) {
        const std::size_t comma = text.find(',', begin);
        parts.emplace_back(trim(text.substr(begin, comma - begin)));
        if (comma == std::string_view::npos) return parts;
        begin = comma + 1;
    }
}

/// Edits between two words, where swapping two neighbours counts once; `a` and `b` are short.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[a.size()][b.size()];
}

std::string_view last_part(std::string_view dotted) {
    return dotted.substr(dotted.rfind('.') + 1);  // npos + 1 is 0: the whole word
}

struct ShowValue {
    std::string operator()(const std::string& text) const { return json_quote(text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    template <class Item>
    std::string operator()(const std::vector<Item>& items) const {
        std::string text = "[";
        for (const auto& item : items) {
            if (text.size() > 1) text += ", ";
            text += (*this)(item);
        }
        return text + "]";
    }
};

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    const auto ms = parse_scaled(text, kDurationUnits, kMaxMilliseconds);
    if (!ms) return std::nullopt;
    return Duration(static_cast<std::int64_t>(*ms));
}

std::string show_duration(Duration duration) {
    return show_scaled(static_cast<std::uint64_t>(duration.count()), kDurationUnits, "0s");
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse_scaled(text, kSizeUnits, kMaxBytes);
}

std::string show_size(std::uint64_t bytes) {
    return show_scaled(bytes, kSizeUnits, "0B");
}

std::optional<Bind> parse_bind(std::string_view text) {
    if (text.empty() || text == "off") return Bind{};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    std::string address(text.substr(0, colon));
    if (!port) return std::nullopt;
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
        if (!is_address(AF_INET6, address)) return std::nullopt;
    } else if (!is_address(AF_INET, address)) {
        return std::nullopt;
    }
    return Bind{address, *port};
}

std::string show_bind(const Bind& bind) {
    if (bind.address.empty()) return "";
    const bool six = bind.address.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", six ? "[" : "", bind.address, six ? "]" : "", bind.port);
}

bool is_http_url(std::string_view text) {
    const auto url = boost::urls::parse_uri(text);
    return url && (url->scheme() == "http" || url->scheme() == "https") && !url->host().empty() &&
           !url->has_userinfo() && !url->has_query() && !url->has_fragment();
}

bool is_host(std::string_view text) {
    if (is_address(AF_INET6, std::string(text))) return true;
    constexpr std::string_view kCharacters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' &&
           text.find_first_not_of(kCharacters) == std::string_view::npos;
}

std::optional<Value> parse_variable(Shape shape, std::string_view text) {
    switch (shape) {
        case Shape::text:
            return Value(std::string(text));
        case Shape::integer: {
            const auto number = parse_number<std::int64_t>(trim(text));
            if (!number) return std::nullopt;
            return Value(*number);
        }
        case Shape::boolean:
            if (text == "true") return Value(true);
            if (text == "false") return Value(false);
            return std::nullopt;
        case Shape::texts:
            return Value(split(text));
        case Shape::integers: {
            Integers numbers;
            for (const std::string& part : split(text)) {
                const auto number = parse_number<std::int64_t>(part);
                if (!number) return std::nullopt;
                numbers.push_back(*number);
            }
            return Value(std::move(numbers));
        }
    }
    return std::nullopt;
}

std::string show_value(const Value& value) {
    return std::visit(ShowValue{}, value);
}

std::optional<std::string> nearest(std::string_view word, const Texts& candidates) {
    constexpr std::size_t kMaxWord = 80;
    if (word.empty() || word.size() > kMaxWord) return std::nullopt;
    std::optional<std::string> best;
    std::size_t best_distance = std::numeric_limits<std::size_t>::max();
    for (const std::string& candidate : candidates) {
        // A right key in the wrong section is as good a guess as a misspelt one.
        std::size_t distance = edit_distance(word, candidate);
        if (last_part(word) == last_part(candidate)) distance = std::min<std::size_t>(distance, 2);
        const std::size_t limit = std::max<std::size_t>(2, candidate.size() / 5);
        if (distance <= limit && distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace barid::config
