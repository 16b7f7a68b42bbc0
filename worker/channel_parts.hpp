// E-mail and webhooks for a worker, made from its settings, beside the way to phones.
//
// Throws a permanent Error that names the setting that is wrong. A channel without settings is
// none: its messages wait for a process that has them. Io thread only; `clock` must outlive it.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/meter.hpp"
#include "base/smtp_client.hpp"
#include "base/trace.hpp"
#include "config/settings.hpp"
#include "notify/channel_router.hpp"
#include "notify/smtp_channel.hpp"
#include "notify/webhook_channel.hpp"

namespace barid::worker {

struct ChannelParts {
    std::unique_ptr<smtp::Client> mail;
    std::unique_ptr<notify::SmtpChannel> email;
    std::unique_ptr<http::HttpClient> webhook_http;  ///< connections of its own
    std::unique_ptr<notify::WebhookChannel> webhook;
    std::unique_ptr<notify::ChannelRouter> router;
};

ChannelParts make_channels(asio::io_context& io, const Clock& clock, const config::Notify& settings,
                           notify::NotificationChannel& push,
                           const trace::Tracer& tracer = trace::Tracer::off(),
                           CallMeter* meter = nullptr);

}  // namespace barid::worker
