#include "notify/smtp_verdict.hpp"

#include <gmock/gmock.h>

#include "notify/classify.hpp"

namespace barid::notify {
namespace {

using smtp::Outcome;
using smtp::Stage;
using testing::HasSubstr;
using testing::Not;

std::string verdict(const Outcome& outcome) {
    const SendResult result = judge_mail(outcome, "layla@example.com");
    return std::string(to_string(result.kind)) + ":" + result.reason;
}

std::string said(Stage stage, int code, const std::string& enhanced = "") {
    return verdict({.stage = stage, .code = code, .enhanced = enhanced, .error = "it said so"});
}

TEST(SmtpVerdict, OnlyAnAnswerToTheEndIsAnAcceptance) {
    EXPECT_EQ(said(Stage::end, 250), "accepted:");
    EXPECT_EQ(said(Stage::content, 354), "retry:connection_lost");
    EXPECT_EQ(said(Stage::recipient, 250), "retry:connection_lost");
    EXPECT_EQ(said(Stage::end, 0), "ambiguous:no_answer");
    EXPECT_EQ(said(Stage::connect, 0), "retry:connect_failed");
}

TEST(SmtpVerdict, AnAddressIsGivenUpForWhatSpeaksOfItAlone) {
    for (const char* code : {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}) {
        EXPECT_EQ(said(Stage::recipient, 550, code), "device_dead:mailbox_unknown") << code;
    }
    for (const int code : {550, 551, 553}) {
        EXPECT_EQ(said(Stage::recipient, code), "device_dead:mailbox_unknown") << code;
    }
    // Our own sender, a relay that is not for us, a policy, a full mailbox.
    for (const char* code : {"5.1.7", "5.1.8", "5.7.1", "5.7.26", "5.2.2", "5.3.0", "5.4.1"}) {
        EXPECT_THAT(said(Stage::recipient, 550, code), HasSubstr("payload_rejected:")) << code;
    }
    EXPECT_THAT(said(Stage::recipient, 554), HasSubstr("payload_rejected:"));
    EXPECT_EQ(said(Stage::end, 550, "5.1.1"), "device_dead:mailbox_unknown");
    EXPECT_EQ(said(Stage::end, 550), "payload_rejected:smtp_550");
}

TEST(SmtpVerdict, WhatConcernsEverybodyPausesTheLane) {
    EXPECT_EQ(said(Stage::login, 535, "5.7.8"), "lane_paused:credentials");
    EXPECT_EQ(said(Stage::sender, 530, "5.7.0"), "lane_paused:credentials");
    EXPECT_EQ(said(Stage::sender, 550, "5.7.60"), "lane_paused:sender_refused");
    EXPECT_EQ(said(Stage::tls, 554), "lane_paused:tls");
    EXPECT_EQ(said(Stage::recipient, 421), "lane_paused:smtp_421");
    EXPECT_EQ(verdict({.stage = Stage::greeting, .code = 250, .tls_failed = true}),
              "lane_paused:tls");
}

TEST(SmtpVerdict, NoReplyOfAnyStageIsEverTakenForAnAcceptance) {
    for (int stage = 0; stage < static_cast<int>(Stage::end); ++stage) {
        for (int code = 0; code < 600; ++code) {
            EXPECT_THAT(said(static_cast<Stage>(stage), code), Not(HasSubstr("accepted")))
                << stage << " " << code;
        }
    }
    for (int code = 300; code < 600; ++code) {
        EXPECT_THAT(said(Stage::end, code), Not(HasSubstr("accepted"))) << code;
    }
}

TEST(SmtpVerdict, TheAddressIsTakenOutOfWhatIsKept) {
    const SendResult result =
        judge_mail({.stage = Stage::recipient,
                    .code = 550,
                    .reply = "<Layla@Example.com>: no layla@example.com \xff here",
                    .enhanced = "5.1.1"},
                   "layla@example.com");
    EXPECT_EQ(result.error, "550 5.1.1 <***>: no *** \uFFFD here");
}

}  // namespace
}  // namespace barid::notify
