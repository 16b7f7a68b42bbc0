// Notifications as a receiver sees them that checks the signature, and what its answers mean.
#include "notify/webhook_channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "notify/channel_router.hpp"
#include "notify/classify.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/database.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;

class Webhook : public ::testing::Test {
  protected:
    Webhook() : stub({support::node_script("deliver_stub.mjs", {secret})}) {
        base = "http://127.0.0.1:" + std::to_string(stub.wait_ready());
    }

    SendResult send(const std::string& path, const std::vector<std::string>& secrets) {
        WebhookOptions options{.url = base + path, .allow_private = allow_private};
        for (const std::string& one : secrets) options.secrets.emplace_back(one);
        options.timeout = timeout;
        WebhookChannel channel(http, clock, std::move(options));
        return io.run(channel.send(target, message));
    }
    SendResult send(const std::string& path) { return send(path, {secret}); }
    json::object seen() { return parse_json(stub.wait_for_line("SEEN")).as_object(); }
    static std::string text(const SendResult& result) {
        return std::string(to_string(result.kind)) + ":" + result.reason;
    }

    std::string secret = "whsec_" + base64_encode(std::string(32, 'k'));
    support::ChildProcess stub;
    std::string base;
    bool allow_private = true;
    std::chrono::milliseconds timeout{10'000};
    support::IoFixture io;
    http::CurlHttpClient http{io.io};
    SystemClock clock;
    Target target{.channel = "webhook", .user_id = "ليلى"};
    PushMessage message{.nid = "019a4c2e-7b10-7c3d-8e2f-0123456789ab",
                        .category = "orders",
                        .locale = "ar",
                        .title = "طلبك \u2068A-1042\u2069",
                        .body = "في الطريق",
                        .data = {{"order", "A-1042"}}};
};

TEST_F(Webhook, IsSignedAndTheSameInEveryAttempt) {
    ASSERT_EQ(send("/ok").kind, SendClass::accepted);
    const json::object first = seen();
    EXPECT_EQ(first.at("problem").as_string(), "");
    EXPECT_EQ(first.at("id").as_string(), message.nid);
    const json::value body = parse_json(first.at("body").as_string());
    EXPECT_EQ(body.at("type").as_string(), "notification");
    EXPECT_EQ(body.at("timestamp").as_string(), "2025-11-04T00:05:05.936000Z");
    EXPECT_EQ(json::serialize(body.at("data")),
              R"({"id":"019a4c2e-7b10-7c3d-8e2f-0123456789ab","user":"ليلى","category":"orders",)"
              R"("locale":"ar","title":"طلبك )"
              "\u2068A-1042\u2069"
              R"(","body":"في الطريق","image":null,"data":{"order":"A-1042"}})");
    ASSERT_EQ(send("/ok").kind, SendClass::accepted);
    EXPECT_EQ(seen().at("body"), first.at("body"));
}

TEST_F(Webhook, BothSecretsSignWhileOneIsReplaced) {
    const std::string next = "whsec_" + base64_encode(std::string(32, 'n'));
    EXPECT_EQ(send("/ok", {next, secret}).kind, SendClass::accepted);
    EXPECT_EQ(text(send("/ok", {next})), "retry:http_401");
    EXPECT_THROW(send("/ok", {"whsec_short"}), Error);
}

TEST_F(Webhook, EachAnswerHasItsMeaning) {
    EXPECT_EQ(text(send("/status/204")), "accepted:");
    EXPECT_EQ(text(send("/status/302")), "retry:http_302");
    EXPECT_EQ(text(send("/status/404")), "retry:http_404");
    EXPECT_EQ(text(send("/status/422")), "payload_rejected:http_422");
    EXPECT_EQ(text(send("/status/500")), "ambiguous:http_500");
    EXPECT_EQ(text(send("/status/503")), "ambiguous:http_503");
    const SendResult gone = send("/status/410");
    EXPECT_EQ(text(gone), "lane_paused:endpoint_gone");
    EXPECT_EQ(gone.retry_after, std::chrono::hours(1));
    const SendResult busy = send("/status/503/120");
    EXPECT_EQ(text(busy), "lane_paused:http_503");
    EXPECT_EQ(busy.retry_after, std::chrono::seconds(120));
    const SendResult quota = send("/status/429/90000");
    EXPECT_EQ(text(quota), "lane_paused:quota");
    EXPECT_EQ(quota.retry_after, kMaxRetryAfter);
}

TEST_F(Webhook, SilenceIsUnclearAndNoConnectionIsNot) {
    timeout = std::chrono::milliseconds(300);
    EXPECT_EQ(text(send("/hang")), "ambiguous:timeout");
    EXPECT_EQ(send("/reset").kind, SendClass::ambiguous);
    base = "http://127.0.0.1:1";
    EXPECT_EQ(text(send("/ok")), "retry:connect_failed");
}

TEST_F(Webhook, WaitingForAPlaceCostsNoTime) {
    WebhookChannel channel(http, clock,
                           {.url = base + "/slow/300",
                            .secrets = {Secret(secret)},
                            .timeout = std::chrono::milliseconds(1000),
                            .concurrency = 1,
                            .allow_private = true});
    const auto all = [&]() -> awaitable<int> {
        int good = 0;
        int left = 6;
        asio::steady_timer done(io.io, asio::steady_timer::time_point::max());
        for (int i = 0; i < 6; ++i) {
            asio::co_spawn(io.io, channel.send(target, message),
                           [&](std::exception_ptr, const SendResult& result) {
                               if (result.kind == SendClass::accepted) ++good;
                               if (--left == 0) done.cancel();
                           });
        }
        co_await done.async_wait(use_tuple);
        co_return good;
    };
    EXPECT_EQ(io.run(all()), 6);
}

TEST_F(Webhook, APrivateAddressIsAskedOnlyWhenThatIsAllowed) {
    allow_private = false;
    const SendResult result = send("/ok");
    EXPECT_EQ(text(result), "lane_paused:address_denied");
    EXPECT_EQ(result.retry_after, kLanePause);
}

TEST_F(Webhook, TheRouterTakesTheChannelThatTheTargetNames) {
    WebhookChannel webhook(
        http, clock, {.url = base + "/ok", .secrets = {Secret(secret)}, .allow_private = true});
    ChannelRouter router({.webhook = &webhook});
    EXPECT_EQ(io.run(router.send(target, message)).kind, SendClass::accepted);
    EXPECT_EQ(router.max_concurrency(), 10U);
    target.channel = "email";
    const SendResult none = io.run(router.send(target, message));
    EXPECT_EQ(text(none), "retry:no_channel");
    EXPECT_THAT(none.error, HasSubstr("email"));
}

}  // namespace
}  // namespace barid::notify
