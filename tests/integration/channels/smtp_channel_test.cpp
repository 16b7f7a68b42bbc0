// E-mails as a strict server and an independent parser see them.
#include "tests/integration/channels/smtp_fixture.hpp"

namespace barid::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class SmtpMessage : public support::SmtpTest {};

std::string header(const json::object& message, std::string_view name) {
    const auto* value = message.at("headers").as_object().if_contains(name);
    return value == nullptr ? "" : std::string(value->as_string());
}

TEST_F(SmtpMessage, ArrivesInArabicAsTextAndHtml) {
    const PushMessage letter = SmtpTest::letter();
    const SendResult result = send(letter);
    ASSERT_EQ(result.kind, SendClass::accepted) << result.reason << " " << result.error;
    EXPECT_EQ(result.provider_id, "queued as 4F1");
    const json::object message = read_message();
    EXPECT_EQ(json::serialize(message.at("defects")), "[]");
    EXPECT_EQ(header(message, "subject"), letter.title);
    EXPECT_EQ(message.at("from_name").as_string(), "متجر البريد");
    EXPECT_EQ(message.at("from").as_string(), "orders@shop.example");
    EXPECT_EQ(json::serialize(message.at("to")), R"(["layla@example.com"])");
    EXPECT_EQ(header(message, "content-language"), "ar-EG");
    EXPECT_EQ(header(message, "message-id"), "<" + letter.nid + "@shop.example>");
    EXPECT_EQ(header(message, "auto-submitted"), "auto-generated");
    EXPECT_EQ(message.at("type").as_string(), "multipart/alternative");
    EXPECT_EQ(message.at("text").as_string(), letter.body);
    const std::string html(message.at("html").as_string());
    EXPECT_THAT(html, HasSubstr("<html lang=\"ar-EG\" dir=\"rtl\">"));
    EXPECT_THAT(html, HasSubstr(letter.html));
    EXPECT_EQ(problems(), "[]");
}

TEST_F(SmtpMessage, WithoutHtmlIsPlainText) {
    PushMessage message = letter();
    message.html = "";
    message.locale = "en";
    message.title = "Your order A-1042 has shipped";
    message.body =
        "It costs £5 = cheap, with a very long line: " + std::string(1500, 'x') + "  \n.";
    ASSERT_EQ(send(message).kind, SendClass::accepted);
    const json::object read = read_message();
    EXPECT_EQ(read.at("type").as_string(), "text/plain");
    EXPECT_EQ(read.at("text").as_string(), message.body + "\n");
    EXPECT_EQ(header(read, "subject"), message.title);
    EXPECT_EQ(problems(), "[]");
}

TEST_F(SmtpMessage, OffersToLeaveACategoryUnlessItIsCritical) {
    options.unsubscribe_url = "https://shop.example/leave?u={user}&c={category}&t={token}";
    options.unsubscribe_secret = Secret("a key of the shop");
    ASSERT_EQ(send().kind, SendClass::accepted);
    const json::object read = read_message();
    EXPECT_THAT(header(read, "list-unsubscribe"),
                testing::MatchesRegex("<https://shop.example/leave\\?u=layla%2F1&c=orders&t="
                                      "[A-Za-z0-9_-]{43}>"));
    EXPECT_EQ(header(read, "list-unsubscribe-post"), "List-Unsubscribe=One-Click");
    PushMessage critical = letter();
    critical.critical = true;
    ASSERT_EQ(send(critical).kind, SendClass::accepted);
    EXPECT_THAT(std::string(messages()[1].at("text").as_string()),
                Not(HasSubstr("List-Unsubscribe")));
}

TEST_F(SmtpMessage, SaysWhereAnswersAndBouncesGo) {
    options.reply_to = Mailbox{.name = "Help, \"please\"", .address = "help@shop.example"};
    options.envelope_from = "bounces@mail.shop.example";
    ASSERT_EQ(send().kind, SendClass::accepted);
    EXPECT_EQ(header(read_message(), "reply-to"), R"("Help, \"please\"" <help@shop.example>)");
    EXPECT_EQ(messages()[0].at("from").as_string(), "bounces@mail.shop.example");
}

TEST_F(SmtpMessage, CantBeGivenAnotherHeader) {
    PushMessage evil = letter();
    evil.title = "Hello\r\nBcc: everybody@example.com";
    SendResult result = send(evil);
    EXPECT_EQ(result.kind, SendClass::payload_rejected);
    EXPECT_EQ(result.reason, "bad_message");
    target.target = "layla@example.com>\r\nRCPT TO:<eve@example.com";
    result = send();
    EXPECT_EQ(result.kind, SendClass::payload_rejected);
    EXPECT_EQ(result.reason, "bad_address");
    EXPECT_EQ(messages().size(), 0U);
    EXPECT_EQ(seen().at("connections").to_number<int>(), 0);
}

TEST_F(SmtpMessage, EachOfManyArrivesOnceOverOneConnection) {
    for (int i = 0; i < 5; ++i) ASSERT_EQ(send().kind, SendClass::accepted);
    const json::object all = seen();
    EXPECT_EQ(all.at("messages").as_array().size(), 5U);
    EXPECT_EQ(all.at("connections").to_number<int>(), 1);
    EXPECT_EQ(problems(), "[]");
}

TEST_F(SmtpMessage, SeveralGoAtTheSameTime) {
    auto several = client_options();
    several.connections = 3;
    connect(several);
    rules(R"({"end": {"delay": 300}})");
    SmtpChannel channel(*client, clock, options);
    const auto all = [&]() -> awaitable<int> {
        int good = 0;
        int left = 3;
        asio::steady_timer done(io.io, asio::steady_timer::time_point::max());
        const PushMessage message = letter();
        for (int i = 0; i < 3; ++i) {
            asio::co_spawn(io.io, channel.send(target, message),
                           [&](std::exception_ptr, const SendResult& result) {
                               if (result.kind == SendClass::accepted) ++good;
                               if (--left == 0) done.cancel();
                           });
        }
        co_await done.async_wait(use_tuple);
        co_return good;
    };
    EXPECT_EQ(io.run(all()), 3);
    EXPECT_EQ(seen().at("connections").to_number<int>(), 3);
}

}  // namespace
}  // namespace barid::notify
