// What FCM's answer means: the provider's error table as a pure function. Thread-safe.
//
// The answer's FcmError code is looked at first, then the HTTP status. The rule behind each line:
// never repeat what may have been delivered without saying so, and never throw a working device
// away for a fault of ours.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/http_client.hpp"
#include "notify/channel.hpp"

namespace barid::notify {

inline constexpr std::chrono::seconds kMinRetryAfter{10};
inline constexpr std::chrono::seconds kMaxRetryAfter{3600};
inline constexpr std::chrono::seconds kLanePause{60};  ///< when the provider names no time

/// `retry_after` is the header's value, already read, not yet clamped.
SendResult classify(int http_status, std::string_view body,
                    std::optional<std::chrono::seconds> retry_after);

/// No whole answer came.
SendResult classify(const http::Error& error);

}  // namespace barid::notify
