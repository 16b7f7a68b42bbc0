#include "notify/bounce_report.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace barid::notify {
namespace {

constexpr const char* kId = "<019a4c2e-7b10-7c3d-8e2f-0123456789ab@shop.example>";

/// A report as Postfix writes it.
std::string failed(const std::string& action, const std::string& status,
                   const std::string& end = "\n") {
    std::string text =
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n"
        "Content-Type: multipart/report; report-type=delivery-status;\n"
        "\tboundary=\"4F1/mx.example\"\nMIME-Version: 1.0\n\nThis is a MIME message.\n\n"
        "--4F1/mx.example\nContent-Type: text/plain\n\nSorry, لم تصل الرسالة.\n\n"
        "--4F1/mx.example\nContent-Description: Delivery report\n"
        "Content-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example\nArrival-Date: Sun, 22 Nov 2026 05:00:00 +0000\n\n"
        "Final-Recipient: rfc822; Layla@Example.com\nOriginal-Recipient: "
        "rfc822;layla@example.com\nAction: " +
        action + "\nStatus: " + status +
        "\nDiagnostic-Code: smtp; 550 5.1.1 no\n    such user\n\n"
        "--4F1/mx.example\nContent-Type: text/rfc822-headers\n\n"
        "From: orders@shop.example\nMessage-Id: " +
        kId + "\nSubject: x\n\n--4F1/mx.example--\n";
    std::string out;
    for (const char c : text) out += c == '\n' ? end : std::string(1, c);
    return out;
}

TEST(BounceReport, ReadsADeliveryThatFailed) {
    for (const char* end : {"\n", "\r\n"}) {
        const auto reports = read_bounce(failed("failed", "5.1.1", end));
        ASSERT_EQ(reports.size(), 1U);
        EXPECT_EQ(reports[0].kind, "hard");
        EXPECT_EQ(reports[0].address, "layla@example.com");
        EXPECT_EQ(reports[0].message_id, kId);
        EXPECT_EQ(reports[0].detail, "5.1.1 smtp; 550 5.1.1 no such user");
    }
}

TEST(BounceReport, OnlyWhatSpeaksOfTheAddressIsHard) {
    EXPECT_EQ(read_bounce(failed("failed", "5.2.2"))[0].kind, "soft");
    EXPECT_EQ(read_bounce(failed("Failed", "5.7.1 (policy)"))[0].kind, "soft");
    EXPECT_EQ(read_bounce(failed("failed", "4.4.7"))[0].kind, "soft");
    EXPECT_EQ(read_bounce(failed("failed", "5.2.1 (disabled)"))[0].kind, "hard");
    EXPECT_TRUE(read_bounce(failed("delayed", "4.4.1")).empty());
    EXPECT_TRUE(read_bounce(failed("delivered", "2.0.0")).empty());
}

TEST(BounceReport, ReadsAComplaintThatHidesTheAddress) {
    const std::string text =
        std::string(
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b1\n\n"
            "--b1\nContent-Type: text/plain\n\nspam\n--b1\n"
            "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
            "User-Agent: X/1\nVersion: 1\n\n--b1\nContent-Type: message/rfc822\n\n"
            "Message-ID: ") +
        kId + "\nTo: hidden\n\ntext\n--b1--\n";
    const auto reports = read_bounce(text);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, "complaint");
    EXPECT_EQ(reports[0].address, "");
    EXPECT_EQ(reports[0].message_id, kId);
}

TEST(BounceReport, WhatCantBeCheckedOrIsNoReportIsNothing) {
    std::string text = failed("failed", "5.1.1");
    text.erase(text.find("Message-Id:"), 12);
    EXPECT_TRUE(read_bounce(text).empty());
    EXPECT_TRUE(read_bounce("Subject: I am on holiday\n\nSee you").empty());
    EXPECT_TRUE(read_bounce("").empty());
}

// Bytes from anywhere: no crash, and no report without an id.
RC_GTEST_PROP(BounceReport, TakesAnyBytes, ()) {
    std::string text = failed("failed", "5.1.1");
    const int cuts = *rc::gen::inRange(0, 6);
    for (int i = 0; i < cuts; ++i) {
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        const auto size = *rc::gen::inRange<std::size_t>(0, 40);
        text.replace(at, size, *rc::gen::arbitrary<std::string>());
    }
    for (const BounceReport& report : read_bounce(text)) {
        RC_ASSERT(!report.message_id.empty());
        RC_ASSERT(report.kind == "hard" || report.kind == "soft" || report.kind == "complaint");
    }
}

}  // namespace
}  // namespace barid::notify
