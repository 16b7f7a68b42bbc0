// E-mail behind the seam: builds the message, hands it to the mail server, says what came of it.
//
// The Message-ID is made of the notification's id and so the same in every attempt: a mailbox or a
// person can tell a double. A message to a category that is not critical carries the link to leave
// it. smtp_verdict.hpp has the table of what replies mean. Not thread-safe: io thread only.
// References must outlive it.
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "base/smtp_client.hpp"
#include "notify/channel.hpp"
#include "notify/email_message.hpp"
#include "notify/send_gate.hpp"

namespace barid::notify {

struct SmtpChannelOptions {
    Mailbox from;
    std::optional<Mailbox> reply_to = {};
    std::string envelope_from = {};    ///< where bounces go; empty: `from`
    std::string unsubscribe_url = {};  ///< unsubscribe.hpp; empty: no such header
    Secret unsubscribe_secret = {};
};

class SmtpChannel final : public NotificationChannel {
  public:
    SmtpChannel(smtp::Client& client, const Clock& clock, SmtpChannelOptions options);

    awaitable<SendResult> send(const Target& target, const PushMessage& message) override;
    [[nodiscard]] std::size_t max_concurrency() const override {
        return client_.options().connections;
    }

  private:
    [[nodiscard]] Email email(const Target& target, const PushMessage& message) const;

    smtp::Client& client_;
    const Clock& clock_;
    SmtpChannelOptions options_;
    SendGate gate_;
};

}  // namespace barid::notify
