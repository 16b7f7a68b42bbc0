#include "notify/preference.hpp"

#include <array>

namespace barid::notify {

PreferenceDecision decide_preference(bool critical, std::string_view category,
                                     std::string_view channel,
                                     std::span<const Preference> preferences,
                                     bool allowed_by_default) {
    if (critical) return {.allowed = true, .rule = "critical"};
    struct Rule {
        std::string_view name, category, channel;
    };
    const std::array<Rule, 4> rules{{{"category_channel", category, channel},
                                     {"category", category, "*"},
                                     {"channel", "*", channel},
                                     {"global", "*", "*"}}};
    for (const Rule& rule : rules) {
        for (const Preference& choice : preferences) {
            if (choice.category == rule.category && choice.channel == rule.channel) {
                return {.allowed = choice.enabled, .rule = rule.name};
            }
        }
    }
    return {.allowed = allowed_by_default, .rule = "default"};
}

}  // namespace barid::notify
