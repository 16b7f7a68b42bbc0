// What an e-mail's delivery becomes when the server, or the way to it, fails at each step.
#include "base/timeout.hpp"
#include "tests/integration/channels/smtp_fixture.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;
using testing::Not;

class SmtpFailure : public support::SmtpTest {
  protected:
    /// "class:reason" of a message sent under `json`.
    std::string under(const std::string& json) {
        rules(json);
        connect(client_options());
        last = send();
        return std::string(to_string(last.kind)) + ":" + last.reason;
    }

    SendResult last;
};

TEST_F(SmtpFailure, AnUnknownMailboxIsTheAddresssFault) {
    EXPECT_EQ(under(R"({"rcpt": {"reply": "550 5.1.1 <layla@example.com>: User unknown"}})"),
              "device_dead:mailbox_unknown");
    EXPECT_EQ(last.error, "550 5.1.1 <***>: User unknown");
    EXPECT_EQ(under(R"({"rcpt": {"reply": "550 No such user"}})"), "device_dead:mailbox_unknown");
    EXPECT_EQ(messages().size(), 0U);
    EXPECT_EQ(problems(), "[]");
}

TEST_F(SmtpFailure, ARefusalByPolicyKeepsTheAddress) {
    EXPECT_EQ(under(R"({"rcpt": {"reply": "550 5.7.1 Client host is on a blocklist"}})"),
              "payload_rejected:policy");
    EXPECT_EQ(under(R"({"rcpt": {"reply": "552 5.2.2 Mailbox full"}})"),
              "payload_rejected:mailbox_full");
    EXPECT_EQ(under(R"({"end": {"reply": "554 5.7.1 This looks like spam"}})"),
              "payload_rejected:policy");
    EXPECT_EQ(under(R"({"end": {"reply": "552 5.3.4 Too big"}})"), "payload_rejected:too_large");
}

TEST_F(SmtpFailure, WhatIsRefusedForNowIsTriedAgain) {
    EXPECT_EQ(under(R"({"rcpt": {"reply": "451 4.7.1 Greylisted"}})"), "retry:smtp_451");
    EXPECT_EQ(last.retry_after, std::chrono::seconds(60));
    EXPECT_EQ(under(R"({"mail": {"reply": "452 4.3.1 Out of space"}})"), "retry:smtp_452");
    EXPECT_EQ(under(R"({"data": {"reply": "451 4.3.0 Try later"}})"), "retry:smtp_451");
    EXPECT_EQ(under(R"({"end": {"reply": "450 4.2.0 Try later"}})"), "retry:smtp_450");
}

TEST_F(SmtpFailure, AServerThatIsClosedPausesTheLane) {
    EXPECT_EQ(under(R"({"greeting": {"reply": "421 4.3.2 Shutting down"}})"),
              "lane_paused:smtp_421");
    EXPECT_EQ(under(R"({"greeting": {"reply": "554 5.3.2 No service"}})"), "lane_paused:smtp_554");
    EXPECT_EQ(under(R"({"mail": {"reply": "553 5.7.1 Not your sender"}})"),
              "lane_paused:sender_refused");
    EXPECT_EQ(messages().size(), 0U);
}

TEST_F(SmtpFailure, AWrongPasswordPausesTheLaneAndIsToldNobody) {
    rules(R"({"user": "shop", "pass": "right"})");
    auto login = client_options();
    login.username = "shop";
    login.password = Secret("wrong-password");
    connect(login);
    const SendResult result = send();
    EXPECT_EQ(result.kind, SendClass::lane_paused);
    EXPECT_EQ(result.reason, "credentials");
    EXPECT_THAT(result.error, Not(HasSubstr("wrong-password")));
    // No login at all is the same mistake.
    connect(client_options());
    EXPECT_EQ(send().reason, "credentials");
}

TEST_F(SmtpFailure, EitherLoginIsTakenUnderTls) {
    for (const char* mechanism : {"PLAIN", "LOGIN"}) {
        rules(std::string(R"({"user": "shop@x.example", "pass": "p:w ü", "auth": [")") + mechanism +
              "\"]}");
        auto login = client_options();
        login.username = "shop@x.example";
        login.password = Secret("p:w ü");
        connect(login);
        const SendResult result = send();
        EXPECT_EQ(result.kind, SendClass::accepted) << mechanism << result.error;
    }
    EXPECT_EQ(messages()[0].at("user").as_string(), "shop@x.example");
    EXPECT_EQ(problems(), "[]");
}

TEST_F(SmtpFailure, NothingGoesInTheClearUnlessThatIsAllowed) {
    EXPECT_EQ(under(R"({"starttls": false})"), "lane_paused:tls");
    EXPECT_EQ(messages().size(), 0U);
    auto clear = client_options();
    clear.require_tls = false;
    connect(clear);
    EXPECT_EQ(send().kind, SendClass::accepted);
    EXPECT_FALSE(messages()[0].at("encrypted").as_bool());
    // A password never does.
    clear.username = "shop";
    clear.password = Secret("secret");
    connect(clear);
    EXPECT_EQ(send().reason, "tls");
    EXPECT_EQ(messages().size(), 1U);
}

TEST_F(SmtpFailure, AForeignCertificateIsNotTrusted) {
    auto strangers = client_options();
    strangers.ca_file = "";
    connect(strangers);
    EXPECT_EQ(send().reason, "tls");
    strangers.url = smtps;
    connect(strangers);
    EXPECT_EQ(send().reason, "tls");
    EXPECT_EQ(messages().size(), 0U);
    strangers.ca_file = directory / "cert.pem";
    connect(strangers);
    EXPECT_EQ(send().kind, SendClass::accepted);
    EXPECT_TRUE(messages()[0].at("encrypted").as_bool());
}

TEST_F(SmtpFailure, AConnectionLostBeforeTheEndTookNothing) {
    EXPECT_EQ(under(R"({"mail": {"close": true}})"), "retry:connection_lost");
    EXPECT_EQ(under(R"({"rcpt": {"close": true}})"), "retry:connection_lost");
    EXPECT_EQ(under(R"({"data": {"close": true}})"), "retry:connection_lost");
    EXPECT_EQ(messages().size(), 0U);
    auto nobody = client_options();
    nobody.url = "smtp://127.0.0.1:1";
    connect(nobody);
    EXPECT_EQ(send().reason, "connect_failed");
}

TEST_F(SmtpFailure, AConnectionLostAfterTheEndIsUnclearAndNothingIsSentAgain) {
    EXPECT_EQ(under(R"({"end": {"close": true}})"), "ambiguous:no_answer");
    EXPECT_EQ(messages().size(), 1U);
    // The same on a connection that had carried a message before.
    rules("{}");
    connect(client_options());
    ASSERT_EQ(send().kind, SendClass::accepted);
    rules(R"({"end": {"close": true}})");
    EXPECT_EQ(send().kind, SendClass::ambiguous);
    EXPECT_EQ(messages().size(), 3U);
}

TEST_F(SmtpFailure, ASilentServerIsGivenUpAtTheTimeLimit) {
    auto hasty = client_options();
    hasty.total_timeout = std::chrono::milliseconds(1500);
    rules(R"({"rcpt": {"hang": true}})");
    connect(hasty);
    EXPECT_EQ(send().kind, SendClass::retry);
    rules(R"({"end": {"hang": true}})");
    connect(hasty);
    EXPECT_EQ(send().kind, SendClass::ambiguous);
    EXPECT_EQ(messages().size(), 1U);
}

TEST_F(SmtpFailure, AConnectionThatTheServerClosedMeanwhileIsReplaced) {
    rules(R"({"end": {"reply": "250 2.0.0 queued", "then": "close"}})");
    ASSERT_EQ(send().kind, SendClass::accepted);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (seen().at("open").to_number<int>() > 0) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
    EXPECT_EQ(send().kind, SendClass::accepted);
    EXPECT_EQ(messages().size(), 2U);
}

TEST_F(SmtpFailure, AConnectionThatHasCarriedEnoughIsReplaced) {
    ASSERT_EQ(send().kind, SendClass::accepted);
    rules(R"({"mail": {"reply": "421 4.7.0 Too many messages", "times": 1}})");
    EXPECT_EQ(send().kind, SendClass::accepted);
    EXPECT_EQ(seen().at("connections").to_number<int>(), 2);
    EXPECT_EQ(messages().size(), 2U);
}

TEST_F(SmtpFailure, ACancelledSendIsBrokenOffAndSaysSo) {
    rules(R"({"rcpt": {"hang": true}})");
    SmtpChannel channel(*client, clock, options);
    const PushMessage message = letter();
    SendResult result;
    const auto send_and_note = [&]() -> awaitable<void> {
        result = co_await channel.send(target, message);
    };
    const auto given_up = [&]() -> awaitable<void> {
        co_await with_timeout(send_and_note(), std::chrono::milliseconds(300), "mail");
    };
    const auto started = std::chrono::steady_clock::now();
    EXPECT_THROW(io.run(given_up()), TimeoutError);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
    EXPECT_EQ(result.kind, SendClass::not_sent);
    EXPECT_EQ(result.reason, "cancelled");
}

TEST_F(SmtpFailure, TheClientsEndDoesntWaitForASilentServer) {
    ASSERT_EQ(send().kind, SendClass::accepted);
    const auto started = std::chrono::steady_clock::now();
    client.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(3));
}

}  // namespace
}  // namespace barid::notify
