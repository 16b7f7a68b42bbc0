// The keys of [notify.email] and [notify.webhook].
#include "base/crypto.hpp"
#include "base/email_address.hpp"
#include "config/key_types.hpp"

#define BARID_AT(member) [](auto& settings) -> auto& { return settings.notify.member; }

namespace barid::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHostCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";

/// smtp:// or smtps://, a host, perhaps a port; a path would be taken for our name in EHLO.
bool is_smtp_url(std::string_view text) {
    for (const std::string_view scheme : {"smtp://", "smtps://"}) {
        if (!text.starts_with(scheme)) continue;
        const std::string_view host = text.substr(scheme.size());
        return !host.empty() && host.front() != ':' &&
               host.find_first_not_of(kHostCharacters) == host.npos;
    }
    return false;
}

/// As notify::is_unsubscribe_url has it, roughly; the worker looks closer.
bool is_https_template(std::string_view text) {
    return text.starts_with("https://") && text.size() > 8 && text.size() <= 500 &&
           text.find_first_of(" <>\"\r\n") == text.npos;
}

}  // namespace

std::vector<Key> notify_channel_keys() {
    const TextKey mailbox = {
        .allowed = "an address like \"orders@shop.example\" or \"My shop <orders@shop.example>\"",
        .valid = [](std::string_view text) { return parse_mailbox(text).has_value(); }};
    const SecretsKey secrets = {
        .allowed =
            "a list of webhook secrets, each \"whsec_\" and 24 to 64 bytes in base64; make one "
            "with: echo whsec_$(openssl rand -base64 32)",
        .valid = [](std::string_view item) { return webhook_key(item).has_value(); }};
    return {
        text_key("notify.email.url", BARID_AT(email.url),
                 {.allowed = "a mail server like \"smtp://mail.example:587\" or "
                             "\"smtps://mail.example:465\", without user and path",
                  .valid = is_smtp_url}),
        text_key("notify.email.username", BARID_AT(email.username)),
        secret_key("notify.email.password", BARID_AT(email.password)),
        text_key("notify.email.from", BARID_AT(email.from), mailbox),
        text_key("notify.email.reply_to", BARID_AT(email.reply_to), mailbox),
        text_key(
            "notify.email.envelope_from", BARID_AT(email.envelope_from),
            {.allowed = "an address like \"bounces@shop.example\"", .valid = is_email_address}),
        text_key("notify.email.unsubscribe_url", BARID_AT(email.unsubscribe_url),
                 {.allowed = "an https URL of at most 500 bytes, with places of {user}, "
                             "{category}, {notification} and {token}",
                  .valid = is_https_template}),
        secret_key("notify.email.unsubscribe_secret", BARID_AT(email.unsubscribe_secret)),
        boolean_key("notify.email.require_tls", BARID_AT(email.require_tls)),
        text_key("notify.email.ca_file", BARID_AT(email.ca_file),
                 {.allowed = "the path of a PEM file",
                  .valid = [](std::string_view text) { return !text.contains('\0'); }}),
        integer_key("notify.email.concurrency", BARID_AT(email.concurrency), 1, 64),
        duration_key("notify.email.timeout", BARID_AT(email.timeout), 5s, 10min),

        text_key("notify.webhook.url", BARID_AT(webhook.url),
                 {.allowed = "an http or https URL without user, query or fragment, like "
                             "\"https://shop.example/webhooks\"",
                  .valid = is_http_url}),
        secrets_key("notify.webhook.secrets", BARID_AT(webhook.secrets), secrets),
        integer_key("notify.webhook.concurrency", BARID_AT(webhook.concurrency), 1, 1000),
        duration_key("notify.webhook.timeout", BARID_AT(webhook.timeout), 100ms, 5min),
        boolean_key("notify.webhook.allow_private", BARID_AT(webhook.allow_private)),
    };
}

}  // namespace barid::config
