// May this notification use this channel? One pure function with a written order:
// critical > category+channel > category > channel > global > default. Thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace barid::notify {

/// One choice of a user; "*" stands for every category, or every channel.
struct Preference {
    std::string category = {};
    std::string channel = {};
    bool enabled = true;
};

struct PreferenceDecision {
    bool allowed = true;
    /// Which rule decided: critical, category_channel, category, channel, global or default.
    std::string_view rule = "default";
};

PreferenceDecision decide_preference(bool critical, std::string_view category,
                                     std::string_view channel,
                                     std::span<const Preference> preferences,
                                     bool allowed_by_default = true);

}  // namespace barid::notify
