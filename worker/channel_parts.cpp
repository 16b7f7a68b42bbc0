#include "worker/channel_parts.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/http_curl.hpp"
#include "base/trace_http.hpp"
#include "notify/unsubscribe.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

Mailbox mailbox(const char* key, const std::string& text) {
    auto parsed = parse_mailbox(text);
    if (!parsed) {
        throw Error(Error::Retry::permanent, fmt::format("notify.email.{} is no address", key));
    }
    return *std::move(parsed);
}

notify::SmtpChannelOptions email_options(const config::Email& settings) {
    notify::SmtpChannelOptions options{.from = mailbox("from", settings.from)};
    if (!settings.reply_to.empty()) options.reply_to = mailbox("reply_to", settings.reply_to);
    options.envelope_from = settings.envelope_from;
    options.unsubscribe_url = settings.unsubscribe_url;
    options.unsubscribe_secret = settings.unsubscribe_secret;
    if (!options.unsubscribe_url.empty() && !notify::is_unsubscribe_url(options.unsubscribe_url)) {
        throw Error(Error::Retry::permanent,
                    "notify.email.unsubscribe_url: after the host it may hold {user}, {category}, "
                    "{notification} and {token}, and no other braces");
    }
    return options;
}

smtp::ClientOptions mail_options(const config::Email& settings) {
    smtp::ClientOptions options{.url = settings.url};
    options.username = settings.username;
    options.password = settings.password;
    options.require_tls = settings.require_tls;
    options.ca_file = settings.ca_file;
    options.connections = static_cast<std::size_t>(settings.concurrency);
    options.total_timeout = settings.timeout;
    return options;
}

notify::WebhookOptions webhook_options(const config::NotifyWebhook& settings) {
    notify::WebhookOptions options{.url = settings.url, .secrets = settings.secrets};
    options.timeout = settings.timeout;
    options.concurrency = static_cast<std::size_t>(settings.concurrency);
    options.allow_private = settings.allow_private;
    return options;
}

}  // namespace

ChannelParts make_channels(asio::io_context& io, const Clock& clock, const config::Notify& settings,
                           notify::NotificationChannel& push, const trace::Tracer& tracer,
                           CallMeter* meter) {
    ChannelParts parts;
    if (!settings.email.url.empty()) {
        parts.mail = std::make_unique<smtp::Client>(mail_options(settings.email));
        parts.email = std::make_unique<notify::SmtpChannel>(*parts.mail, clock,
                                                            email_options(settings.email));
    }
    if (!settings.webhook.url.empty()) {
        http::ClientOptions options{.user_agent = fmt::format("barid/{}", kVersion)};
        options.max_host_connections = settings.webhook.concurrency;
        options.max_connections = std::max(options.max_connections, settings.webhook.concurrency);
        parts.webhook_http = std::make_unique<trace::TracedHttp>(
            std::make_unique<http::CurlHttpClient>(io, std::move(options)), tracer, meter);
        parts.webhook = std::make_unique<notify::WebhookChannel>(*parts.webhook_http, clock,
                                                                 webhook_options(settings.webhook));
    }
    parts.router = std::make_unique<notify::ChannelRouter>(notify::ChannelRouter::Channels{
        .push = &push, .email = parts.email.get(), .webhook = parts.webhook.get()});
    return parts;
}

}  // namespace barid::worker
