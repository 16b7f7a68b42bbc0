// Notifications for the shop's own system: one POST each, signed by Standard Webhooks.
//
//     {"type": "notification", "timestamp": when it was made,
//      "data": {"id", "user", "category", "locale", "title", "body", "image", "data"}}
//
// `webhook-id` is the notification's id in every attempt, so the receiver takes a repeat for one:
//
// | answer                            | class                                                   |
// |-----------------------------------|---------------------------------------------------------|
// | 2xx                               | accepted                                                |
// | 429, and 503 with Retry-After     | lane_paused: nobody asks before                         |
// | 410                               | lane_paused for an hour: the endpoint wants no more     |
// | 408, 5xx, an answer that broke off, a timeout | ambiguous                                   |
// | 3xx, 401, 403, 404, 405, 407, 421, 425        | retry: somebody mends it                    |
// | every other 4xx                   | payload_rejected                                        |
// | no connection                     | retry                                                   |
// | an address that is not public     | lane_paused: the settings want mending                  |
//
// Redirects are not followed. Not thread-safe: io thread only. References must outlive it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/secret.hpp"
#include "notify/channel.hpp"
#include "notify/send_gate.hpp"

namespace barid::notify {

struct WebhookOptions {
    std::string url = {};
    std::vector<Secret> secrets = {};  ///< "whsec_…"; all of them sign
    std::chrono::milliseconds timeout{15'000};
    std::size_t concurrency = 10;
    bool allow_private = false;
};

/// The body, the same in every attempt. `now` is for ids that tell no time.
std::string webhook_body(const Target& target, const PushMessage& message, SystemTime now);

SendResult judge_webhook(const http::Response& answer, SystemTime now);
SendResult judge_webhook(const http::Error& error);

class WebhookChannel final : public NotificationChannel {
  public:
    /// Throws a permanent Error when a secret is none.
    WebhookChannel(http::HttpClient& http, const Clock& clock, WebhookOptions options);

    awaitable<SendResult> send(const Target& target, const PushMessage& message) override;
    [[nodiscard]] std::size_t max_concurrency() const override { return options_.concurrency; }

  private:
    http::HttpClient& http_;
    const Clock& clock_;
    WebhookOptions options_;
    std::vector<std::string> keys_;
    SendGate gate_;
};

}  // namespace barid::notify
