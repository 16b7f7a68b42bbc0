// Signatures by Standard Webhooks (https://www.standardwebhooks.com). Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace barid {

/// `webhook-signature`: "v1,…" for each key, separated by a blank. A key is what webhook_key()
/// gives.
std::string webhook_signature(const std::vector<std::string>& keys, std::string_view id,
                              std::int64_t timestamp, std::string_view body);

/// "2026-03-01T09:30:00.000000Z", as webhook bodies have it.
std::string webhook_time(SystemTime time);

}  // namespace barid
