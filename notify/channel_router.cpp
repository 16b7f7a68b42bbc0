#include "notify/channel_router.hpp"

#include <algorithm>

namespace barid::notify {

awaitable<SendResult> ChannelRouter::send(const Target& target, const PushMessage& message) {
    NotificationChannel* chosen = nullptr;
    if (target.channel == "push") chosen = channels_.push;
    if (target.channel == "email") chosen = channels_.email;
    if (target.channel == "webhook") chosen = channels_.webhook;
    if (chosen == nullptr) {
        co_return SendResult{.kind = SendClass::retry,
                             .reason = "no_channel",
                             .retry_after = std::chrono::seconds(60),
                             .error = "this worker has no settings for " + target.channel};
    }
    co_return co_await chosen->send(target, message);
}

std::size_t ChannelRouter::max_concurrency() const {
    std::size_t most = 1;
    for (const auto* channel : {channels_.push, channels_.email, channels_.webhook}) {
        if (channel != nullptr) most = std::max(most, channel->max_concurrency());
    }
    return most;
}

}  // namespace barid::notify
