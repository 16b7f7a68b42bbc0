// The development channel: instead of a phone, a mailbox or the shop's endpoint, a table
// (`barid.dev_push`) gets what they would, one row per message that "arrived".
// Not thread-safe: io thread only.
#pragma once

#include "notify/channel.hpp"
#include "queue/pg/pool.hpp"

namespace barid::notify {

class DevChannel final : public NotificationChannel {
  public:
    explicit DevChannel(pg::Pool& pool) : pool_(pool) {}

    awaitable<SendResult> send(const Target& target, const PushMessage& message) override;
    [[nodiscard]] std::size_t max_concurrency() const override { return 4; }

  private:
    pg::Pool& pool_;
};

}  // namespace barid::notify
