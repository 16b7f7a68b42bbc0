#include "admin/api/query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace barid::api {
namespace {

constexpr std::size_t kMaxPairs = 100;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    if (out.find('\0') != out.npos || scrub_utf8(out) != out) return std::nullopt;
    return out;
}

bool are_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// What is wrong with one value, or "".
std::string problem_of(const Parameter& parameter, const std::string& value) {
    using enum Parameter::Type;
    switch (parameter.type) {
        case integer: {
            std::int64_t number = 0;
            const auto* end = value.data() + value.size();
            const auto [stop, problem] = std::from_chars(value.data(), end, number);
            if (problem != std::errc() || stop != end || number < parameter.min ||
                number > parameter.max) {
                return fmt::format("must be an integer from {} to {}", parameter.min,
                                   parameter.max);
            }
            return "";
        }
        case boolean:
            return value == "true" || value == "false" ? "" : "must be true or false";
        case time:
            return is_rfc3339(value) ? ""
                                     : "must be a time with its zone, like 2026-11-22T10:00:00Z";
        case text:
        case texts:
            break;
    }
    if (value.empty() || value.size() > parameter.max_bytes) {
        return fmt::format("must have 1 to {} bytes", parameter.max_bytes);
    }
    if (!parameter.one_of.empty() &&
        std::ranges::find(parameter.one_of, value) == parameter.one_of.end()) {
        return fmt::format("must be one of: {}", fmt::join(parameter.one_of, ", "));
    }
    return "";
}

}  // namespace

bool is_rfc3339(std::string_view text) {
    // 0123456789012345678
    // 2026-11-22T10:00:00
    if (text.size() < 20 || text.size() > 35) return false;
    const auto digits = [&](std::size_t at, std::size_t n) {
        return are_digits(text.substr(at, n));
    };
    if (!digits(0, 4) || text[4] != '-' || !digits(5, 2) || text[7] != '-' || !digits(8, 2) ||
        (text[10] != 'T' && text[10] != ' ') || !digits(11, 2) || text[13] != ':' ||
        !digits(14, 2) || text[16] != ':' || !digits(17, 2)) {
        return false;
    }
    auto rest = text.substr(19);
    if (rest.starts_with('.')) {
        const auto end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
        if (end < 2) return false;
        rest.remove_prefix(end);
    }
    if (rest == "Z" || rest == "z") return true;
    return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' &&
           are_digits(rest.substr(1, 2)) && are_digits(rest.substr(4, 2));
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query,
                                                             std::vector<Violation>& violations) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        if (pairs.size() == kMaxPairs) {
            violations.push_back({"query", fmt::format("more than {} parameters", kMaxPairs)});
            break;
        }
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals));
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) {
            violations.push_back({"query", "isn't percent-encoded UTF-8"});
            continue;
        }
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

Values check_parameters(const Route& route, const std::map<std::string, std::string>& path,
                        std::string_view query, std::vector<Violation>& violations) {
    Values values;
    const auto take = [&](const std::string& place, const std::string& name,
                          const std::string& value) {
        const auto known = std::ranges::find(route.parameters, name, &Parameter::name);
        const auto at = place + "/" + name.substr(0, 100);
        if (known == route.parameters.end() || (place == "query" && path.contains(name))) {
            violations.push_back({at, "isn't a parameter here"});
        } else if (auto problem = problem_of(*known, value); !problem.empty()) {
            violations.push_back({at, std::move(problem)});
        } else if (known->type != Parameter::Type::texts && values.contains(name)) {
            violations.push_back({at, "is given more than once"});
        } else {
            values[name].push_back(value);
        }
    };
    for (const auto& [name, value] : path) take("path", name, value);
    for (const auto& [name, value] : parse_query(query, violations)) {
        // An emptied field of a form says nothing.
        if (!value.empty()) take("query", name, value);
    }
    for (const auto& parameter : route.parameters) {
        if (parameter.required && !values.contains(parameter.name)) {
            violations.push_back({"query/" + parameter.name, "is missing"});
        }
    }
    return values;
}

}  // namespace barid::api
