// What a platform would show of a message, and how much of FCM's 4,096 bytes it takes. Pure,
// thread-safe.
//
// Where a text is cut depends on the device, its fonts and the version of its system: the lengths
// here are approximations, of a message that is not expanded. Letters are counted as people see
// them: a vowel sign is no letter of its own.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "notify/channel.hpp"

namespace barid::notify {

inline constexpr std::array<std::string_view, 3> kPlatforms{"android", "ios", "web"};

struct Preview {
    std::string platform = {};
    std::string title = {};  ///< with "…" where it is cut
    std::string body = {};
    bool title_cut = false;
    bool body_cut = false;
    bool right_to_left = false;
    std::size_t bytes = 0;  ///< of the 4,096, without the device's target
};

Preview preview(std::string_view platform, const PushMessage& message);

/// Names the bytes, the language and what to shorten when FCM would refuse the message for its
/// size; empty when it fits.
std::string budget_problem(const PushMessage& message);

}  // namespace barid::notify
