#include "notify/fcm_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>

#include "base/text.hpp"

namespace barid::notify {
namespace {

constexpr std::size_t kMaxProblems = 20;
constexpr std::size_t kMaxTextBytes = 1024;

using Check = bool (*)(const json::value&);

struct Rule {
    std::string_view path;  ///< keys with '/' between them
    Check fits;
    std::string_view must_be;
};

bool is_text(const json::value& value) {
    const json::string* text = value.if_string();
    return text != nullptr && !text->empty() && text->size() <= kMaxTextBytes &&
           text->find('\0') == text->npos;
}

bool is_flag(const json::value& value) {
    return value.is_bool();
}

bool is_count(const json::value& value) {
    const std::int64_t* number = value.if_int64();
    return number != nullptr && *number >= 0 && *number <= 1'000'000'000;
}

bool is_zero_or_one(const json::value& value) {
    const std::int64_t* number = value.if_int64();
    return number != nullptr && (*number == 0 || *number == 1);
}

bool is_ratio(const json::value& value) {
    boost::system::error_code ec;
    const double number = value.is_number() ? value.to_number<double>(ec) : -1;
    return !ec && number >= 0 && number <= 1;
}

bool is_color(const json::value& value) {
    const json::string* text = value.if_string();
    return text != nullptr && text->size() == 7 && text->front() == '#' &&
           std::string_view(*text).find_first_not_of("0123456789abcdefABCDEF", 1) ==
               std::string_view::npos;
}

bool is_https(const json::value& value) {
    const json::string* text = value.if_string();
    return is_text(value) && text->starts_with("https://") && text->size() > 12 &&
           std::ranges::all_of(*text, [](char c) { return c > ' ' && c != '"' && c != '<'; });
}

bool is_label(const json::value& value) {
    const json::string* text = value.if_string();
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~%";
    return text != nullptr && !text->empty() && text->size() <= 50 &&
           std::string_view(*text).find_first_not_of(kAllowed) == std::string_view::npos;
}

template <std::size_t N>
bool is_one_of(const json::value& value, const std::string_view (&choices)[N]) {
    const json::string* text = value.if_string();
    return text != nullptr && std::ranges::find(choices, std::string_view(*text)) != choices + N;
}

bool is_notification_priority(const json::value& value) {
    return is_one_of(value, {"PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH",
                             "PRIORITY_MAX"});
}

bool is_visibility(const json::value& value) {
    return is_one_of(value, {"PRIVATE", "PUBLIC", "SECRET"});
}

bool is_interruption_level(const json::value& value) {
    return is_one_of(value, {"passive", "active", "time-sensitive", "critical"});
}

bool is_direction(const json::value& value) {
    return is_one_of(value, {"auto", "ltr", "rtl"});
}

/// "1.5s", at most 20 of them.
bool are_durations(const json::value& value) {
    const json::array* items = value.if_array();
    const auto is_duration = [](const json::value& item) {
        const json::string* text = item.if_string();
        return text != nullptr && text->size() >= 2 && text->size() <= 12 && text->back() == 's' &&
               std::string_view(*text)
                       .substr(0, text->size() - 1)
                       .find_first_not_of("0123456789.") == std::string_view::npos;
    };
    return items != nullptr && items->size() <= 20 && std::ranges::all_of(*items, is_duration);
}

bool are_counts(const json::value& value) {
    const json::array* items = value.if_array();
    return items != nullptr && items->size() <= 20 && std::ranges::all_of(*items, is_count);
}

/// A name, or Apple's {"critical": 1, "name": "…", "volume": 1.0}.
bool is_sound(const json::value& value) {
    const json::object* sound = value.if_object();
    if (sound == nullptr) return is_text(value);
    return std::ranges::all_of(*sound, [](const auto& part) {
        if (part.key() == "critical") return is_zero_or_one(part.value());
        if (part.key() == "name") return is_text(part.value());
        return part.key() == "volume" && is_ratio(part.value());
    });
}

bool are_actions(const json::value& value) {
    const json::array* items = value.if_array();
    const auto is_action = [](const json::value& item) {
        const json::object* action = item.if_object();
        return action != nullptr && action->contains("action") && action->contains("title") &&
               std::ranges::all_of(*action, [](const auto& part) {
                   const bool known = part.key() == "action" || part.key() == "title";
                   return known ? is_text(part.value())
                                : part.key() == "icon" && is_https(part.value());
               });
    };
    return items != nullptr && items->size() <= 4 && std::ranges::all_of(*items, is_action);
}

constexpr std::string_view kText = "a text of 1 to 1024 bytes";
constexpr std::string_view kFlag = "true or false";
constexpr std::string_view kCount = "a whole number from 0";
constexpr std::string_view kBit = "0 or 1";
constexpr std::string_view kHttps = "an https URL";
constexpr std::string_view kLabel = "1 to 50 of letters, digits and - _ . ~ %";

constexpr Rule kRules[] = {
    {"analytics_label", is_label, kLabel},
    {"android/direct_boot_ok", is_flag, kFlag},
    {"android/fcm_options/analytics_label", is_label, kLabel},
    {"android/restricted_package_name", is_text, kText},
    {"android/notification/channel_id", is_text, kText},
    {"android/notification/click_action", is_text, kText},
    {"android/notification/color", is_color, "a colour like \"#0a7f3f\""},
    {"android/notification/default_light_settings", is_flag, kFlag},
    {"android/notification/default_sound", is_flag, kFlag},
    {"android/notification/default_vibrate_timings", is_flag, kFlag},
    {"android/notification/icon", is_text, kText},
    {"android/notification/image", is_https, kHttps},
    {"android/notification/local_only", is_flag, kFlag},
    {"android/notification/notification_count", is_count, kCount},
    {"android/notification/notification_priority", is_notification_priority,
     "PRIORITY_MIN, PRIORITY_LOW, PRIORITY_DEFAULT, PRIORITY_HIGH or PRIORITY_MAX"},
    {"android/notification/sound", is_text, kText},
    {"android/notification/sticky", is_flag, kFlag},
    {"android/notification/ticker", is_text, kText},
    {"android/notification/vibrate_timings", are_durations, "a list of times like \"0.5s\""},
    {"android/notification/visibility", is_visibility, "PRIVATE, PUBLIC or SECRET"},
    {"apns/fcm_options/analytics_label", is_label, kLabel},
    {"apns/fcm_options/image", is_https, kHttps},
    {"apns/payload/aps/badge", is_count, kCount},
    {"apns/payload/aps/category", is_text, kText},
    {"apns/payload/aps/content-available", is_zero_or_one, kBit},
    {"apns/payload/aps/filter-criteria", is_text, kText},
    {"apns/payload/aps/interruption-level", is_interruption_level,
     "passive, active, time-sensitive or critical"},
    {"apns/payload/aps/mutable-content", is_zero_or_one, kBit},
    {"apns/payload/aps/relevance-score", is_ratio, "a number from 0 to 1"},
    {"apns/payload/aps/sound", is_sound,
     "a name, or an object of critical (0 or 1), name and volume (0 to 1)"},
    {"apns/payload/aps/target-content-id", is_text, kText},
    {"apns/payload/aps/thread-id", is_text, kText},
    {"webpush/fcm_options/analytics_label", is_label, kLabel},
    {"webpush/fcm_options/link", is_https, kHttps},
    {"webpush/notification/actions", are_actions,
     "at most 4 objects of action, title and icon (an https URL)"},
    {"webpush/notification/badge", is_https, kHttps},
    {"webpush/notification/dir", is_direction, "auto, ltr or rtl"},
    {"webpush/notification/icon", is_https, kHttps},
    {"webpush/notification/image", is_https, kHttps},
    {"webpush/notification/lang", is_text, kText},
    {"webpush/notification/renotify", is_flag, kFlag},
    {"webpush/notification/requireInteraction", is_flag, kFlag},
    {"webpush/notification/silent", is_flag, kFlag},
    {"webpush/notification/timestamp", is_count, kCount},
    {"webpush/notification/vibrate", are_counts, "a list of milliseconds"},
};

const Rule* rule_of(std::string_view path) {
    const auto* found = std::ranges::find(kRules, path, &Rule::path);
    return found != std::end(kRules) ? found : nullptr;
}

/// True when rules begin with `path` and go on.
bool is_block(std::string_view path) {
    return std::ranges::any_of(kRules, [path](const Rule& rule) {
        return rule.path.size() > path.size() && rule.path.starts_with(path) &&
               rule.path[path.size()] == '/';
    });
}

struct Walk {
    std::function<void(std::string_view path, const json::value& value)> good;
    std::function<void(std::string path, std::string problem)> bad;

    // As deep as the rules are, whatever the object is.
    // NOLINTNEXTLINE(misc-no-recursion)
    void object(const json::object& object, const std::string& prefix) const {
        for (const auto& [key, value] : object) {
            const std::string path =
                prefix.empty() ? std::string(key) : prefix + "/" + std::string(key);
            const bool plain = key.find('/') == key.npos;
            if (const Rule* const rule = plain ? rule_of(path) : nullptr) {
                if (rule->fits(value)) {
                    good(path, value);
                } else {
                    bad(path, "must be " + std::string(rule->must_be));
                }
            } else if (plain && is_block(path)) {
                if (const json::object* const inner = value.if_object()) {
                    this->object(*inner, path);
                } else {
                    bad(path, "must be an object");
                }
            } else {
                bad(prefix + "/" + truncate_utf8(std::string_view(key), 60),
                    "is not among the options that may be set");
            }
        }
    }
};

/// Sets `value` at `path` ("a/b/c") of `root`; what is on the way becomes an object.
void put(json::object& root, std::string_view path, const json::value& value) {
    json::object* at = &root;
    for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/')) {
        json::value& next = (*at)[path.substr(0, slash)];
        if (!next.is_object()) next.emplace_object();
        at = &next.get_object();
        path.remove_prefix(slash + 1);
    }
    (*at)[path] = value;
}

}  // namespace

std::vector<OptionProblem> options_problems(const json::object& options) {
    std::vector<OptionProblem> problems;
    Walk{.good = [](std::string_view, const json::value&) {},
         .bad =
             [&](std::string path, std::string problem) {
                 if (problems.size() >= kMaxProblems) return;
                 const char* slash = path.starts_with('/') ? "" : "/";
                 problems.push_back({slash + path, std::move(problem)});
             }}
        .object(options, "");
    return problems;
}

void merge_options(const json::object& options, std::string_view block, json::object& message) {
    if (options.empty()) return;
    Walk{.good =
             [&](std::string_view path, const json::value& value) {
                 if (path == "analytics_label") {
                     put(message, "fcm_options/analytics_label", value);
                 } else if (path.starts_with(block) && path[block.size()] == '/') {
                     put(message, path, value);
                 }
             },
         .bad = [](const std::string&, const std::string&) {}}
        .object(options, "");
}

}  // namespace barid::notify
