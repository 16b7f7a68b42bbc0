// What one worker process counted beside its jobs: its HTTP calls and its notifications.
//
// Kept by the Platform and by what it puts around clients and channels; read by /metrics. Io
// thread only.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/meter.hpp"
#include "notify/channel.hpp"

namespace barid::worker {

/// By notify::SendClass.
using SendCounts = std::array<std::uint64_t, 11>;

/// An endpoint of http.deliver.
struct EndpointHealth {
    std::string name;
    bool left_alone = false;  ///< its host fails: none or one request is tried
};

struct ProcessMeters {
    /// By what the calls are for: deliver, fcm, webhook, source, store, token, translate.
    std::map<std::string, CallMeter, std::less<>> http;
    std::map<std::string, SendCounts, std::less<>> sends;  ///< by channel: push, email, webhook
    /// The endpoints of http.deliver, when somebody asks.
    std::function<std::vector<EndpointHealth>()> endpoints;
};

/// Counts what became of each send.
class MeteredChannel final : public notify::NotificationChannel {
  public:
    /// Both must outlive it.
    MeteredChannel(notify::NotificationChannel& channel, ProcessMeters& meters)
        : channel_(channel), meters_(meters) {}

    awaitable<notify::SendResult> send(const notify::Target& target,
                                       const notify::PushMessage& message) override;
    [[nodiscard]] std::size_t max_concurrency() const override {
        return channel_.max_concurrency();
    }

  private:
    notify::NotificationChannel& channel_;
    ProcessMeters& meters_;
};

}  // namespace barid::worker
