#include "notify/smtp_channel.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "notify/locale.hpp"
#include "notify/smtp_verdict.hpp"
#include "notify/unsubscribe.hpp"

namespace barid::notify {

SmtpChannel::SmtpChannel(smtp::Client& client, const Clock& clock, SmtpChannelOptions options)
    : client_(client),
      clock_(clock),
      options_(std::move(options)),
      gate_(client.options().connections) {
    if (options_.envelope_from.empty()) options_.envelope_from = options_.from.address;
}

Email SmtpChannel::email(const Target& target, const PushMessage& message) const {
    Email email{.id = message.nid, .from = options_.from, .reply_to = options_.reply_to};
    email.to = target.target;
    email.subject = message.title;
    email.text = message.body;
    email.html = message.html;
    email.locale = normalize_locale(message.locale);
    email.date = clock_.system_now();
    if (!options_.unsubscribe_url.empty() && !message.critical) {
        email.unsubscribe = unsubscribe_link(options_.unsubscribe_url, options_.unsubscribe_secret,
                                             target.user_id, message.category, message.nid);
    }
    return email;
}

awaitable<SendResult> SmtpChannel::send(const Target& target, const PushMessage& message) {
    if (!is_email_address(target.target)) {
        co_return SendResult{.kind = SendClass::payload_rejected,
                             .reason = "bad_address",
                             .error = "the address can't be written to"};
    }
    std::string content;
    try {
        content = compose_email(email(target, message));
    } catch (const Error& error) {
        co_return SendResult{.kind = SendClass::payload_rejected,
                             .reason = "bad_message",
                             .error = truncate_utf8(error.what(), 300)};
    }
    const auto place = co_await gate_.enter(message.lane);
    if (!place) co_return SendResult{.kind = SendClass::not_sent, .reason = "cancelled"};
    const smtp::Outcome outcome = co_await client_.send(
        {.from = options_.envelope_from, .to = target.target, .content = std::move(content)});
    co_return judge_mail(outcome, target.target);
}

}  // namespace barid::notify
