#include "base/json_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"

namespace barid {
namespace {

constexpr std::size_t kMaxShown = 20;

std::string describe(const std::vector<Violation>& violations) {
    std::string text = "invalid payload";
    for (std::size_t i = 0; i < violations.size() && i < kMaxShown; ++i) {
        text += fmt::format("{} {}: {}", i == 0 ? ":" : ";", violations[i].at,
                            violations[i].problem);
    }
    if (violations.size() > kMaxShown) {
        text += fmt::format("; and {} more", violations.size() - kMaxShown);
    }
    return text;
}

/// Checks one text against its rule; returns the problem or nothing.
std::optional<std::string> check_text(std::string_view text, const TextRule& rule) {
    if (text.size() < rule.min_bytes) {
        return rule.min_bytes == 1 ? "must not be empty"
                                   : fmt::format("must have at least {} bytes", rule.min_bytes);
    }
    if (text.size() > rule.max_bytes) {
        return fmt::format("has {} bytes, at most {} are allowed", text.size(), rule.max_bytes);
    }
    if (text.find('\0') != std::string_view::npos) return "must not contain a NUL character";
    if (!is_valid_utf8(text)) return "must be valid UTF-8";
    if (!rule.one_of.empty() && std::ranges::find(rule.one_of, text) == rule.one_of.end()) {
        return fmt::format("must be one of: {}", fmt::join(rule.one_of, ", "));
    }
    return std::nullopt;
}

std::string pointer(std::string_view key) {
    std::string at = "/";
    for (const char c : truncate_utf8(key, 100)) {
        if (c == '~') at += "~0";
        else if (c == '/') at += "~1";
        else at += c;
    }
    return at;
}

}  // namespace

PayloadError::PayloadError(std::vector<Violation> violations)
    : Error(Retry::permanent, describe(violations)), violations_(std::move(violations)) {}

JsonReader::JsonReader(const json::value& value) : object_(value.if_object()) {
    if (object_ == nullptr) violations_.push_back({"", "must be a JSON object"});
}

const json::value* JsonReader::find(std::string_view key, bool required) {
    known_.emplace(key);
    if (object_ == nullptr) return nullptr;
    const json::value* value = object_->if_contains(key);
    if (value != nullptr && value->is_null()) value = nullptr;
    if (value == nullptr && required) violations_.push_back({pointer(key), "is required"});
    return value;
}

std::string JsonReader::text(std::string_view key, const TextRule& rule) {
    if (find(key, true) == nullptr) return {};
    return optional_text(key, rule).value_or("");
}

std::optional<std::string> JsonReader::optional_text(std::string_view key, const TextRule& rule) {
    const json::value* value = find(key, false);
    if (value == nullptr) return std::nullopt;
    const json::string* text = value->if_string();
    if (text == nullptr) {
        violations_.push_back({pointer(key), "must be a string"});
        return std::nullopt;
    }
    if (auto problem = check_text(std::string_view(*text), rule)) {
        violations_.push_back({pointer(key), std::move(*problem)});
        return std::nullopt;
    }
    return std::string(*text);
}

std::int64_t JsonReader::integer(std::string_view key, const IntegerRule& rule) {
    if (find(key, true) == nullptr) return 0;
    return optional_integer(key, rule).value_or(0);
}

std::optional<std::int64_t> JsonReader::optional_integer(std::string_view key,
                                                         const IntegerRule& rule) {
    const json::value* value = find(key, false);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code ec;
    const auto number = value->to_number<std::int64_t>(ec);
    if (!value->is_number() || ec) {
        violations_.push_back({pointer(key), "must be a whole number"});
        return std::nullopt;
    }
    if (number < rule.min || number > rule.max) {
        violations_.push_back(
            {pointer(key), fmt::format("must be between {} and {}", rule.min, rule.max)});
        return std::nullopt;
    }
    return number;
}

std::optional<bool> JsonReader::optional_boolean(std::string_view key) {
    const json::value* value = find(key, false);
    if (value == nullptr) return std::nullopt;
    if (!value->is_bool()) {
        violations_.push_back({pointer(key), "must be true or false"});
        return std::nullopt;
    }
    return value->get_bool();
}

std::vector<std::string> JsonReader::optional_texts(std::string_view key, std::size_t max_items,
                                                    const TextRule& rule) {
    const json::value* value = find(key, false);
    if (value == nullptr) return {};
    const json::array* items = value->if_array();
    if (items == nullptr) {
        violations_.push_back({pointer(key), "must be a list of strings"});
        return {};
    }
    if (items->size() > max_items) {
        violations_.push_back(
            {pointer(key), fmt::format("has {} items, at most {} are allowed", items->size(),
                                       max_items)});
        return {};
    }
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < items->size(); ++i) {
        const json::string* text = (*items)[i].if_string();
        auto problem = text == nullptr ? std::optional<std::string>("must be a string")
                                       : check_text(std::string_view(*text), rule);
        if (problem) {
            violations_.push_back({fmt::format("{}/{}", pointer(key), i), std::move(*problem)});
        } else {
            texts.emplace_back(*text);
        }
    }
    return texts;
}

const json::value* JsonReader::optional_value(std::string_view key) { return find(key, false); }

const json::object* JsonReader::optional_object(std::string_view key) {
    const json::value* value = find(key, false);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) violations_.push_back({pointer(key), "must be a JSON object"});
    return value->if_object();
}

const json::object* JsonReader::object(std::string_view key) {
    if (find(key, true) == nullptr) return nullptr;
    return optional_object(key);
}

void JsonReader::violate(std::string_view at, std::string problem) {
    violations_.push_back({std::string(at), std::move(problem)});
}

void JsonReader::finish() {
    if (object_ != nullptr) {
        for (const auto& item : *object_) {
            const std::string_view key = item.key();
            if (known_.find(key) == known_.end()) {
                violations_.push_back({pointer(key), "is not a known key"});
            }
        }
    }
    if (!violations_.empty()) throw PayloadError(std::move(violations_));
}

}  // namespace barid
