// FCM HTTP v1's message as JSON: what one device gets. Pure, thread-safe.
//
// Only the device's own platform block is written, since every byte counts against FCM's 4,096.
// The notification's id stands everywhere a platform can tell a repeat by: data.nid, Android's
// tag, apns-collapse-id and web push's tag. The shop's own options (fcm_options.hpp) are put in
// beside that. A message without texts is data alone, which wakes the app and shows nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "notify/channel.hpp"

namespace barid::notify {

inline constexpr std::size_t kMaxPayloadBytes = 4096;
inline constexpr std::size_t kMaxDataKeys = 64;

/// Why FCM, or Barid, would refuse this key of `data`; nothing when it may be used.
std::optional<std::string> data_key_problem(std::string_view key);

/// Why the URL can't be shown by a phone; nothing when it can.
std::optional<std::string> image_problem(std::string_view url);

/// UTF-8 bytes of the message without its target, for the platform where it is largest.
std::size_t payload_bytes(const PushMessage& message);

/// The same for one platform.
std::size_t payload_bytes(std::string_view platform, const PushMessage& message);

/// The request body. `now` turns the time to live into APNs' date of expiry.
/// `validate_only`: FCM checks it and sends nothing.
std::string fcm_request_body(const Target& target, const PushMessage& message, SystemTime now,
                             bool validate_only = false);

}  // namespace barid::notify
