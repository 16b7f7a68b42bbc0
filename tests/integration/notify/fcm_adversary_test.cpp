// Servers and networks that do their worst: what the client says of each message, and that no
// message is taken twice.
#include <gmock/gmock.h>

#include "base/timeout.hpp"
#include "tests/integration/notify/fcm_fixture.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using notify::PushMessage;
using notify::SendClass;
using notify::SendResult;
using notify::Target;
using ::testing::HasSubstr;

class FcmAdversary : public testing::Test {
  protected:
    static Target target(const std::string& name) {
        return {.project = "default", .target = name, .platform = "android"};
    }
    static PushMessage message() { return {.nid = "n-1", .title = "طلبك", .body = "في الطريق"}; }
    SendResult send(const std::string& name) {
        return io.run(stub.channel().send(target(name), message()));
    }
    /// Sends to all at the same time; the results in the same order.
    std::vector<SendResult> send_all(const std::vector<std::string>& names) {
        std::vector<SendResult> results(names.size());
        std::vector<Target> targets;
        for (const std::string& name : names) targets.push_back(target(name));
        const PushMessage text = message();
        std::size_t ended = 0;
        for (std::size_t i = 0; i < names.size(); ++i) {
            asio::co_spawn(io.io, stub.channel().send(targets[i], text),
                           [&, i](std::exception_ptr error, SendResult result) {
                               if (!error) results[i] = std::move(result);
                               ++ended;
                           });
        }
        io.run([&]() -> awaitable<void> {
            while (ended < names.size()) co_await sleep_for(5ms);
        }());
        return results;
    }

    support::IoFixture io;
    support::FcmStub stub{io};
};

TEST_F(FcmAdversary, AServerThatReadsTheMessageAndHangsUpIsAmbiguousForAllOfThem) {
    send("tok-ok");
    std::vector<std::string> names;
    for (int i = 0; i < 20; ++i) names.push_back("tok-slow." + std::to_string(i));
    names.push_back("tok-hangup");
    const auto results = send_all(names);
    for (std::size_t i = 0; i < names.size(); ++i) {
        EXPECT_EQ(results[i].kind, SendClass::ambiguous) << names[i] << results[i].error;
        EXPECT_EQ(stub.sends_to(names[i]), 1) << names[i];
    }
    EXPECT_EQ(send("tok-ok").kind, SendClass::accepted);
}

TEST_F(FcmAdversary, EveryResetButARefusalIsAmbiguous) {
    // NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, CANCEL, ENHANCE_YOUR_CALM.
    for (const int code : {0, 1, 2, 3, 8, 11}) {
        const std::string name = "tok-rstcode-" + std::to_string(code);
        const auto result = send(name);
        EXPECT_EQ(result.kind, SendClass::ambiguous) << code << result.error;
        EXPECT_EQ(stub.sends_to(name), 1) << code;
    }
    const auto refused = send("tok-refused");
    EXPECT_EQ(refused.kind, SendClass::retry) << refused.error;
    EXPECT_EQ(stub.sends_to("tok-refused"), 0);
    EXPECT_EQ(send("tok-once-refused").kind, SendClass::accepted);
    EXPECT_EQ(stub.sends_to("tok-once-refused"), 1);
    EXPECT_EQ(stub.number("sessions"), 2) << "one for tokens, one for messages";
}

TEST_F(FcmAdversary, WhatAGoawayExcludesIsSentOnANewConnection) {
    send("tok-ok");
    EXPECT_EQ(send("tok-once-goawayout").kind, SendClass::accepted);
    EXPECT_EQ(stub.sends_to("tok-once-goawayout"), 1);
}

TEST_F(FcmAdversary, AGoawayInMidFlightLosesNothingAndDoublesNothing) {
    std::vector<std::string> names;
    for (int i = 0; i < 50; ++i) names.push_back("tok-ok." + std::to_string(i));
    names.insert(names.begin() + 25, "tok-goaway");
    const auto results = send_all(names);
    int accepted = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        accepted += results[i].kind == SendClass::accepted ? 1 : 0;
        const bool known =
            results[i].kind == SendClass::accepted || results[i].kind == SendClass::ambiguous;
        EXPECT_TRUE(known) << names[i] << ": " << results[i].error;
        EXPECT_EQ(stub.sends_to(names[i]), 1) << names[i];
    }
    EXPECT_GE(accepted, 1);
}

TEST_F(FcmAdversary, ASuccessIsASuccessWhenItsBodyNeverEnds) {
    const auto results = send_all({"tok-slowbody-200", "tok-slowbody-503", "tok-cut"});
    EXPECT_EQ(results[0].kind, SendClass::accepted) << results[0].error;
    EXPECT_EQ(results[0].provider_id, "");
    EXPECT_EQ(results[1].kind, SendClass::ambiguous);
    EXPECT_EQ(results[1].reason, "http_503");
    EXPECT_EQ(results[2].kind, SendClass::accepted) << results[2].error;
    for (const char* name : {"tok-slowbody-200", "tok-cut", "tok-slowbody-503"}) {
        EXPECT_EQ(stub.sends_to(name), 1) << name;
    }
}

TEST_F(FcmAdversary, ARevokedTokenIsReplacedOnceForAllWhoMetIt) {
    ASSERT_EQ(send("tok-ok").kind, SendClass::accepted);
    stub.control("/revoke");
    std::vector<std::string> names;
    for (int i = 0; i < 30; ++i) names.push_back("tok-ok." + std::to_string(i));
    for (const auto& result : send_all(names)) EXPECT_EQ(result.kind, SendClass::accepted);
    for (const std::string& name : names) EXPECT_EQ(stub.sends_to(name), 1);
    EXPECT_EQ(stub.number("exchanges"), 2);
}

TEST_F(FcmAdversary, ATokenThatIsRefusedAgainPausesTheLane) {
    const auto result = send("tok-unauthorized");
    EXPECT_EQ(result.kind, SendClass::lane_paused);
    EXPECT_EQ(result.reason, "access_token");
    EXPECT_EQ(stub.number("exchanges"), 2);
}

TEST_F(FcmAdversary, AClockThatIsTenMinutesWrongIsPutRightByTheServersDate) {
    for (const int ahead : {700, -900}) {
        stub.control("/clock?ahead=" + std::to_string(ahead));
        stub.control("/revoke");
        const auto result = send("tok-ok");
        EXPECT_EQ(result.kind, SendClass::accepted) << ahead << ": " << result.error;
    }
}

TEST_F(FcmAdversary, AWrongProjectPausesTheLaneAndKeepsTheDevice) {
    oauth::ServiceAccountKey credentials = stub.credentials();
    credentials.project_id = "shop-2";
    SystemClock clock;
    oauth::AccessTokenSource tokens(stub.http(), clock, credentials);
    notify::FcmClient client(stub.sends(), clock, tokens, {.endpoint = stub.url()});
    const auto result = io.run(client.validate(target("tok-ok"), message()));
    EXPECT_EQ(result.kind, SendClass::lane_paused);
    EXPECT_EQ(result.reason, "wrong_endpoint");
}

TEST_F(FcmAdversary, AMessageThatIsOnlyValidatedReachesNobody) {
    const auto result = io.run(stub.client().validate(target("tok-ok"), message()));
    EXPECT_EQ(result.kind, SendClass::accepted);
    EXPECT_THAT(result.provider_id, HasSubstr("fake_message_id"));
    EXPECT_EQ(stub.sends_to("tok-ok"), 0);
}

TEST_F(FcmAdversary, EachProjectHasItsOwnCredentials) {
    oauth::ServiceAccountKey credentials = stub.credentials();
    SystemClock clock;
    oauth::AccessTokenSource tokens(stub.http(), clock, credentials);
    notify::FcmClient other(stub.sends(), clock, tokens,
                            {.endpoint = stub.url(), .project = "shop-eu"});
    stub.channel().add(other);
    Target eu = target("tok-ok");
    eu.project = "shop-eu";
    EXPECT_EQ(io.run(stub.channel().send(eu, message())).kind, SendClass::accepted);
    eu.project = "nobody's";
    const auto unknown = io.run(stub.channel().send(eu, message()));
    EXPECT_EQ(unknown.kind, SendClass::retry);
    EXPECT_EQ(unknown.reason, "no_credentials");
    EXPECT_EQ(stub.sends_to("tok-ok"), 1);
}

}  // namespace
}  // namespace barid
