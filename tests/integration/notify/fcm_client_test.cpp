// The FCM client against Google's stand-in: token, protocol, and each row of the error table.
#include <gmock/gmock.h>

#include "base/timeout.hpp"
#include "tests/integration/notify/fcm_fixture.hpp"

namespace barid::notify {
namespace {

using std::chrono::seconds;
using support::FcmStub;

class FcmClientTest : public testing::Test {
  protected:
    SendResult send(const std::string& target, std::chrono::seconds limit = seconds(30)) {
        const PushMessage message{.nid = "11111111-1111-7111-8111-111111111111",
                                  .category = "orders",
                                  .locale = "ar",
                                  .title = "تم شحن طلبك",
                                  .body = "طلبك \u2068A-1042\u2069 في الطريق"};
        const Target to{
            .user_id = "u1", .project = "default", .target = target, .platform = "android"};
        return io.run(stub.channel().send(to, message), limit);
    }

    support::IoFixture io;
    FcmStub stub{io};
};

TEST_F(FcmClientTest, SendsWithATokenThatItGotForItsKey) {
    const auto result = send("tok-ok");
    EXPECT_EQ(result.kind, SendClass::accepted) << result.error;
    EXPECT_THAT(result.provider_id, testing::StartsWith("projects/shop-1/messages/"));
    const auto state = stub.state();
    EXPECT_EQ(state.at("exchanges").as_int64(), 1);
    EXPECT_TRUE(state.at("assertion_errors").as_array().empty())
        << json::serialize(state.at("assertion_errors"));
    const auto& body = state.at("bodies").at("tok-ok");
    EXPECT_EQ(*find_string(body, "/notification/title"), "تم شحن طلبك");
    EXPECT_EQ(*find_string(body, "/notification/body"), "طلبك \u2068A-1042\u2069 في الطريق");
    EXPECT_EQ(*find_string(body, "/data/nid"), "11111111-1111-7111-8111-111111111111");
}

TEST_F(FcmClientTest, FiftySendsAtOnceShareOneExchangeAndOneConnection) {
    int accepted = 0;
    int ended = 0;
    const PushMessage message{.nid = "n", .title = "t", .body = "b"};
    std::vector<Target> targets;
    for (int i = 0; i < 50; ++i) {
        targets.push_back(
            {.project = "default", .target = "tok-ok-" + std::to_string(i), .platform = "ios"});
    }
    const auto wait = [&]() -> awaitable<void> {
        asio::steady_timer done(io.io, SteadyTime::max());
        for (const Target& target : targets) {
            asio::co_spawn(io.io, stub.channel().send(target, message),
                           [&](std::exception_ptr, const SendResult& result) {
                               if (result.kind == SendClass::accepted) ++accepted;
                               if (++ended == 50) done.cancel();
                           });
        }
        co_await done.async_wait(use_tuple);
    };
    io.run(wait());
    EXPECT_EQ(accepted, 50);
    EXPECT_EQ(stub.number("exchanges"), 1);
    EXPECT_EQ(stub.number("sends"), 50);
    EXPECT_GT(stub.number("max_in_flight"), 1);
}

TEST_F(FcmClientTest, ARevokedTokenIsReplacedOnceAndTheMessageSent) {
    send("tok-ok");
    stub.control("/revoke");
    EXPECT_EQ(send("tok-ok").kind, SendClass::accepted);
    EXPECT_EQ(stub.number("exchanges"), 2);
    EXPECT_EQ(stub.number("refused_sends"), 1);
    EXPECT_EQ(stub.sends_to("tok-ok"), 2);
}

TEST_F(FcmClientTest, ARefusalThatAFreshTokenDoesNotCurePausesTheLane) {
    const auto result = send("tok-unauthorized");
    EXPECT_EQ(result.kind, SendClass::lane_paused);
    EXPECT_EQ(result.reason, "access_token");
    EXPECT_EQ(stub.sends_to("tok-unauthorized"), 2);
    EXPECT_EQ(stub.number("exchanges"), 2);
}

TEST_F(FcmClientTest, RefusedCredentialsPauseTheLaneAndNothingIsSent) {
    stub.control("/token-mode?mode=refuse");
    const auto result = send("tok-ok");
    EXPECT_EQ(result.kind, SendClass::lane_paused);
    EXPECT_EQ(result.reason, "credentials");
    EXPECT_THAT(result.error, testing::HasSubstr("invalid_grant"));
    EXPECT_EQ(stub.number("sends"), 0);
}

TEST_F(FcmClientTest, ATokenEndpointThatIsDownIsRetriedLater) {
    stub.control("/token-mode?mode=down");
    EXPECT_EQ(send("tok-ok").kind, SendClass::retry);
    stub.control("/token-mode?mode=ok");
    EXPECT_EQ(send("tok-ok").kind, SendClass::accepted);
}

struct Row {
    const char* target;
    SendClass kind;
    const char* reason;
    int retry_after = 0;
};

TEST_F(FcmClientTest, ReadsEveryRowOfTheErrorTable) {
    const Row rows[] = {
        {"tok-404", SendClass::device_suspect, "unregistered"},
        {"tok-invalid", SendClass::device_dead, "invalid_target"},
        {"tok-big", SendClass::payload_rejected, "too_large"},
        {"tok-bug", SendClass::payload_rejected, "invalid_argument"},
        {"tok-thirdparty", SendClass::third_party_auth, "third_party_auth", 60},
        {"tok-sender", SendClass::sender_mismatch, "sender_mismatch"},
        {"tok-iam", SendClass::lane_paused, "permission_denied", 60},
        {"tok-429", SendClass::lane_paused, "quota", 60},
        {"tok-429-90", SendClass::lane_paused, "quota", 90},
        {"tok-429-1", SendClass::lane_paused, "quota", 10},
        {"tok-429-99999", SendClass::lane_paused, "quota", 3600},
        {"tok-ratelimit", SendClass::lane_paused, "quota", 60},
        {"tok-500", SendClass::ambiguous, "http_500", 10},
        {"tok-503", SendClass::ambiguous, "http_503", 10},
        {"tok-503-45", SendClass::ambiguous, "http_503", 45},
        {"tok-html502", SendClass::ambiguous, "http_502", 30},
    };
    for (const Row& row : rows) {
        const auto result = send(row.target);
        EXPECT_EQ(result.kind, row.kind) << row.target << ": " << result.error;
        EXPECT_EQ(result.reason, row.reason) << row.target;
        EXPECT_EQ(result.retry_after.value_or(seconds(0)), seconds(row.retry_after)) << row.target;
        EXPECT_EQ(stub.sends_to(row.target), 1) << row.target << " was posted again";
    }
    EXPECT_EQ(stub.number("exchanges"), 1);
}

TEST_F(FcmClientTest, ReadsRetryAfterAsADate) {
    const auto result = send("tok-429-date");
    ASSERT_TRUE(result.retry_after);
    EXPECT_NEAR(static_cast<double>(result.retry_after->count()), 120, 10);
}

TEST_F(FcmClientTest, ABrokenStreamAfterTheBodyIsAmbiguousAndNeverPostedAgain) {
    for (const char* target : {"tok-rst", "tok-goaway"}) {
        send("tok-ok");  // on a connection that is in use already, where clients like to repeat
        const auto result = send(target);
        EXPECT_EQ(result.kind, SendClass::ambiguous) << target << ": " << result.error;
        EXPECT_EQ(stub.sends_to(target), 1) << target;
    }
    EXPECT_EQ(send("tok-ok").kind, SendClass::accepted) << "the client did not recover";
}

TEST_F(FcmClientTest, ASilentServerIsGivenTenSecondsAndIsAmbiguous) {
    const auto start = std::chrono::steady_clock::now();
    const auto result = send("tok-slow");
    EXPECT_EQ(result.kind, SendClass::ambiguous);
    EXPECT_EQ(result.reason, "timeout");
    EXPECT_GE(std::chrono::steady_clock::now() - start, seconds(9));
    EXPECT_EQ(stub.sends_to("tok-slow"), 1);
}

TEST_F(FcmClientTest, ADeviceOfAnotherProjectIsNotSentTo) {
    const PushMessage message{.nid = "n", .title = "t", .body = "b"};
    const Target other{.project = "second", .target = "tok-ok", .platform = "ios"};
    const auto result = io.run(stub.channel().send(other, message));
    EXPECT_EQ(result.kind, SendClass::retry);
    EXPECT_EQ(result.reason, "no_credentials");
    EXPECT_EQ(stub.number("sends"), 0);
}

TEST_F(FcmClientTest, AProbeTellsGoodCredentialsFromBadOnes) {
    EXPECT_EQ(io.run(stub.client().probe()).kind, SendClass::accepted);
    stub.control("/revoke");
    stub.control("/token-mode?mode=refuse");
    EXPECT_EQ(io.run(stub.client().probe()).reason, "credentials");
}

TEST_F(FcmClientTest, AnUnreachableServerIsASafeFailure) {
    SystemClock clock;
    FcmClient client(stub.http(), clock, stub.tokens(), {.endpoint = "https://127.0.0.1:1"});
    const auto result = io.run(client.post("{}"));
    EXPECT_EQ(result.kind, SendClass::retry);
    EXPECT_EQ(result.reason, "connect_failed");
}

/// The same client over libcurl, which would let requests wait inside their time limit.
TEST_F(FcmClientTest, OverLibcurlSendsAreHeldBackUntilThereIsRoom) {
    const SystemClock wall;
    notify::FcmClient client(stub.http(), wall, stub.tokens(),
                             {.endpoint = stub.url(), .max_concurrency = 3, .hold_back = true});
    notify::FcmChannel channel(client);
    const notify::PushMessage message{.nid = "n", .title = "T", .body = "B"};
    std::vector<notify::Target> targets;
    for (int i = 0; i < 9; ++i) {
        targets.push_back({.project = "default",
                           .target = "tok-wait-100." + std::to_string(i),
                           .platform = "android"});
    }
    int accepted = 0;
    int ended = 0;
    for (const notify::Target& target : targets) {
        asio::co_spawn(io.io, channel.send(target, message),
                       [&](std::exception_ptr error, notify::SendResult result) {
                           ++ended;
                           if (!error && result.kind == SendClass::accepted) ++accepted;
                       });
    }
    io.run([&]() -> awaitable<void> {
        while (ended < 9) co_await sleep_for(std::chrono::milliseconds(5));
    }());
    EXPECT_EQ(accepted, 9);
    EXPECT_EQ(stub.number("max_in_flight"), 3);
    for (const notify::Target& target : targets) EXPECT_EQ(stub.sends_to(target.target), 1);
}

TEST_F(FcmClientTest, OverLibcurlAMessageThatMayHaveArrivedIsNotSentAgain) {
    const SystemClock wall;
    notify::FcmClient client(stub.http(), wall, stub.tokens(), {.endpoint = stub.url()});
    notify::FcmChannel channel(client);
    const notify::PushMessage message{.nid = "n", .title = "T", .body = "B"};
    // On a connection that has been used before: that is when libcurl would repeat a POST.
    for (const std::string name : {"tok-ok", "tok-hangup"}) {
        const notify::Target target{.project = "default", .target = name, .platform = "android"};
        const auto result = io.run(channel.send(target, message));
        EXPECT_EQ(result.kind, name == "tok-ok" ? SendClass::accepted : SendClass::ambiguous);
        EXPECT_EQ(stub.sends_to(name), 1);
    }
}

}  // namespace
}  // namespace barid::notify
