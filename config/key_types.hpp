// Builders of `Key`, one for each kind of value. Used by the files of keys only.
//
// `at` is a stateless generic lambda that maps the settings (const or not) to the member; it is
// what ties reading and showing of a key to the same place. Bounds are checked here, so that no
// value outside them ever reaches the settings.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "config/key.hpp"
#include "config/value.hpp"

namespace barid::config {

inline constexpr std::size_t kMaxTextBytes = 4096;
inline constexpr std::size_t kMaxItems = 100;

using Complaint = std::optional<std::string>;  ///< what is wrong with one value, or nothing

struct TextKey {
    std::string allowed = "a text of at most 4096 bytes";
    bool (*valid)(std::string_view) = [](std::string_view) { return true; };
    std::string usual_variable = {};
};

/// Letters, digits and . _ : - (at most 128).
bool is_name(std::string_view text);

inline const TextKey kUrl{.allowed =
                              "an http or https URL without user, query or fragment, "
                              "like \"https://cdn.example.com/media\"",
                          .valid = is_http_url};
inline const TextKey kName{.allowed = "letters, digits and . _ : - (at most 128)",
                           .valid = is_name};

/// Empty always means "not set".
template <class At>
Key text_key(std::string name, At at, TextKey rule = {}) {
    Key key{.name = std::move(name), .allowed = rule.allowed, .shape = Shape::text};
    key.usual_variable = rule.usual_variable;
    key.assign = [at, rule](Settings& settings, const Value& value) -> Complaint {
        const auto& text = std::get<std::string>(value);
        if (text.size() > kMaxTextBytes) return "must have at most 4096 bytes";
        if (!text.empty() && !rule.valid(text)) return "must be " + rule.allowed;
        at(settings) = text;
        return std::nullopt;
    };
    key.show = [at](const Settings& settings) { return show_value(Value(at(settings))); };
    return key;
}

template <class At>
Key secret_key(std::string name, At at, std::string usual_variable = {}) {
    Key key{.name = std::move(name), .allowed = "a text of at most 64 KiB", .secret = true};
    key.usual_variable = std::move(usual_variable);
    key.assign = [at](Settings& settings, const Value& value) -> Complaint {
        const auto& text = std::get<std::string>(value);
        if (text.size() > std::size_t{64} * 1024) return "must have at most 64 KiB";
        if (text == kMask) return "is the mask that `barid config print` shows, not the secret";
        at(settings) = Secret(text);
        return std::nullopt;
    };
    key.show = [at](const Settings& settings) {
        return at(settings).empty() ? "\"\"" : fmt::format("\"{}\"", kMask);
    };
    return key;
}

struct SecretsKey {
    std::string allowed;  ///< of the whole list
    bool (*valid)(std::string_view item);
};

/// A list whose items are never shown. KEY_file names a file with one on each line.
template <class At>
Key secrets_key(std::string name, At at, SecretsKey rule) {
    Key key{.name = std::move(name), .allowed = rule.allowed, .shape = Shape::texts};
    key.secret = true;
    key.assign = [at, rule](Settings& settings, const Value& value) -> Complaint {
        const auto& items = std::get<Texts>(value);
        if (items.size() > kMaxItems) return "must be " + rule.allowed;
        std::vector<Secret> secrets;
        for (const std::string& item : items) {
            if (item == kMask) {
                return "holds the mask that `barid config print` shows, not the secret";
            }
            if (!rule.valid(item)) {
                return fmt::format("must be {}; item {} is not", rule.allowed, secrets.size() + 1);
            }
            secrets.emplace_back(item);
        }
        at(settings) = std::move(secrets);
        return std::nullopt;
    };
    key.show = [at](const Settings& settings) {
        return show_value(Value(Texts(at(settings).size(), kMask)));
    };
    return key;
}

template <class At>
Key integer_key(std::string name, At at, std::int64_t min, std::int64_t max) {
    Key key{.name = std::move(name), .shape = Shape::integer};
    key.allowed = fmt::format("an integer from {} to {}", min, max);
    key.assign = [at, min, max, allowed = key.allowed](Settings& settings,
                                                       const Value& value) -> Complaint {
        const auto number = std::get<std::int64_t>(value);
        if (number < min || number > max) return "must be " + allowed;
        at(settings) = static_cast<std::decay_t<decltype(at(settings))>>(number);
        return std::nullopt;
    };
    key.show = [at](const Settings& settings) { return std::to_string(at(settings)); };
    return key;
}

template <class At>
Key boolean_key(std::string name, At at) {
    Key key{.name = std::move(name), .allowed = "true or false", .shape = Shape::boolean};
    key.assign = [at](Settings& settings, const Value& value) -> Complaint {
        at(settings) = std::get<bool>(value);
        return std::nullopt;
    };
    key.show = [at](const Settings& settings) { return at(settings) ? "true" : "false"; };
    return key;
}

template <class At>
Key duration_key(std::string name, At at, Duration min, Duration max) {
    Key key{.name = std::move(name)};
    key.allowed = fmt::format("a duration from {} to {}, written like \"250ms\", \"30s\" or \"5m\"",
                              show_duration(min), show_duration(max));
    key.assign = [at, min, max, allowed = key.allowed](Settings& settings,
                                                       const Value& value) -> Complaint {
        const auto duration = parse_duration(std::get<std::string>(value));
        if (!duration || *duration < min || *duration > max) return "must be " + allowed;
        at(settings) = *duration;
        return std::nullopt;
    };
    key.show = [at](const Settings& settings) { return json_quote(show_duration(at(settings))); };
    return key;
}

template <class At>
Key size_key(std::string name, At at, std::uint64_t min, std::uint64_t max) {
    Key key{.name = std::move(name)};
    key.allowed = fmt::format("a size from {} to {}, written like \"64KiB\" or \"8MiB\"",
                              show_size(min), show_size(max));
    key.assign = [at, min, max, allowed = key.allowed](Settings& settings,
                                                       const Value& value) -> Complaint {
        const auto size = parse_size(std::get<std::string>(value));
        if (!size || *size < min || *size > max) return "must be " + allowed;
        at(settings) = *size;
        return std::nullopt;
    };
    key.show = [at](const Settings& settings) { return json_quote(show_size(at(settings))); };
    return key;
}

template <class Enum>
using Choices = std::vector<std::pair<std::string, Enum>>;

template <class Enum, class At>
Key choice_key(std::string name, At at, Choices<Enum> choices) {
    Texts names;
    for (const auto& choice : choices) names.push_back(choice.first);
    Key key{.name = std::move(name)};
    key.allowed = fmt::format("one of: {}", fmt::join(names, ", "));
    key.assign = [at, choices, names, allowed = key.allowed](Settings& settings,
                                                             const Value& value) -> Complaint {
        const auto& text = std::get<std::string>(value);
        const auto found = std::ranges::find(choices, text, &std::pair<std::string, Enum>::first);
        if (found == choices.end()) return "must be " + allowed;
        at(settings) = found->second;
        return std::nullopt;
    };
    key.show = [at, choices](const Settings& settings) {
        const auto found =
            std::ranges::find(choices, at(settings), &std::pair<std::string, Enum>::second);
        return json_quote(found->first);
    };
    return key;
}

struct TextsKey {
    std::string allowed;  ///< of the whole list
    bool (*valid)(std::string_view item);
    bool (*valid_together)(const Texts& items) = [](const Texts&) { return true; };
    std::size_t min_items = 0;
};

/// A list without duplicates. An item that is bad is named in the problem.
template <class At>
Key texts_key(std::string name, At at, TextsKey rule) {
    Key key{.name = std::move(name), .allowed = rule.allowed, .shape = Shape::texts};
    key.assign = [at, rule](Settings& settings, const Value& value) -> Complaint {
        const auto& items = std::get<Texts>(value);
        if (items.size() < rule.min_items || items.size() > kMaxItems) {
            return "must be " + rule.allowed;
        }
        for (auto item = items.begin(); item != items.end(); ++item) {
            const std::string shown = json_quote(truncate_utf8(*item, 80));
            if (!rule.valid(*item)) {
                return fmt::format("must be {}; {} is not", rule.allowed, shown);
            }
            if (std::find(items.begin(), item, *item) != item) return shown + " is there twice";
        }
        if (!rule.valid_together(items)) return "must be " + rule.allowed;
        at(settings) = items;
        return std::nullopt;
    };
    key.show = [at](const Settings& settings) { return show_value(Value(at(settings))); };
    return key;
}

}  // namespace barid::config
