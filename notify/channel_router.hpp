// Which channel a message leaves by: `Target.channel` says. A channel that this process has no
// settings for sends nothing, and its messages wait (`no_channel`) for a process that has them.
// Owns nothing; the channels must outlive it. Not thread-safe: io thread only.
#pragma once

#include "notify/channel.hpp"

namespace barid::notify {

class ChannelRouter final : public NotificationChannel {
  public:
    struct Channels {
        NotificationChannel* push = nullptr;
        NotificationChannel* email = nullptr;
        NotificationChannel* webhook = nullptr;
    };
    explicit ChannelRouter(Channels channels) : channels_(channels) {}

    awaitable<SendResult> send(const Target& target, const PushMessage& message) override;
    /// The widest channel's; a narrower one lets its messages wait inside.
    [[nodiscard]] std::size_t max_concurrency() const override;

  private:
    Channels channels_;
};

}  // namespace barid::notify
