// What a shop may add to a push for each platform: a list of what is allowed, with its types.
//
// {"android": {…}, "apns": {…}, "webpush": {…}, "analytics_label": "…"} in FCM's own spelling. What
// Barid itself decides (target, texts, tag, collapse ids, time to live, priority) is not on the
// list. Anything else is refused when the notification is asked for, and left out when it is sent.
// Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace barid::notify {

struct OptionProblem {
    std::string at;       ///< a JSON pointer: "/android/notification/color"
    std::string problem;  ///< "must be …"
};

/// At most 20; empty when all of it can be used.
std::vector<OptionProblem> options_problems(const json::object& options);

/// Puts what is allowed into an FCM message, of one platform's block ("android", "apns", "webpush")
/// and of what all share.
void merge_options(const json::object& options, std::string_view block, json::object& message);

}  // namespace barid::notify
