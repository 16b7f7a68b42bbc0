#include "notify/classify.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace barid::notify {
namespace {

using std::chrono::seconds;

struct Detail {
    std::string fcm_code = {};
    std::string field = {};
    std::string info = {};
};

/// An error as FCM writes it; `field_first` puts BadRequest before FcmError.
std::string error_body(int code, const std::string& status, const std::string& message,
                       const Detail& detail, bool field_first = false) {
    json::array details;
    const auto add_code = [&] {
        if (detail.fcm_code.empty()) return;
        details.push_back(
            json::object{{"@type", "type.googleapis.com/google.firebase.fcm.v1.FcmError"},
                         {"errorCode", detail.fcm_code}});
    };
    if (!field_first) add_code();
    if (!detail.field.empty()) {
        json::array violations;
        violations.push_back(json::object{{"field", detail.field}, {"description", "bad"}});
        details.push_back(json::object{{"@type", "type.googleapis.com/google.rpc.BadRequest"},
                                       {"fieldViolations", violations}});
    }
    if (!detail.info.empty()) {
        details.push_back(json::object{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                                       {"reason", detail.info}});
    }
    if (field_first) add_code();
    return json::serialize(json::object{
        {"error",
         json::object{
             {"code", code}, {"message", message}, {"status", status}, {"details", details}}}});
}

TEST(Classify, TwoHundredIsAcceptedWithTheProvidersName) {
    const auto result = classify(200, R"({"name":"projects/p/messages/7"})", {});
    EXPECT_EQ(result.kind, SendClass::accepted);
    EXPECT_EQ(result.provider_id, "projects/p/messages/7");
}

TEST(Classify, TwoHundredWithACutBodyIsStillAccepted) {
    EXPECT_EQ(classify(200, R"({"name":"proj)", {}).kind, SendClass::accepted);
}

TEST(Classify, AnInvalidTokenKillsTheDevice) {
    for (const char* field : {"message.token", "message.fid"}) {
        for (const bool field_first : {false, true}) {
            const auto body =
                error_body(400, "INVALID_ARGUMENT", "Request contains an invalid",
                           {.fcm_code = "INVALID_ARGUMENT", .field = field}, field_first);
            EXPECT_EQ(classify(400, body, {}).kind, SendClass::device_dead) << field;
        }
    }
    const auto body = error_body(400, "INVALID_ARGUMENT",
                                 "The registration token is not a valid FCM registration token",
                                 {.fcm_code = "INVALID_ARGUMENT"});
    EXPECT_EQ(classify(400, body, {}).kind, SendClass::device_dead);
}

TEST(Classify, AnOversizePayloadKeepsTheDevice) {
    const auto result =
        classify(400, error_body(400, "INVALID_ARGUMENT", "Android message is too big", {}), {});
    EXPECT_EQ(result.kind, SendClass::payload_rejected);
    EXPECT_EQ(result.reason, "too_large");
}

TEST(Classify, AnotherInvalidFieldIsOurBugAndKeepsTheDevice) {
    const auto body = error_body(400, "INVALID_ARGUMENT", "Invalid value",
                                 {.fcm_code = "INVALID_ARGUMENT", .field = "message"});
    EXPECT_EQ(classify(400, body, {}).kind, SendClass::payload_rejected);
    EXPECT_EQ(classify(400, "", {}).kind, SendClass::payload_rejected);
}

TEST(Classify, APlain401AsksForANewToken) {
    const auto body = error_body(401, "UNAUTHENTICATED", "invalid credentials", {});
    EXPECT_EQ(classify(401, body, {}).kind, SendClass::auth_refresh);
}

TEST(Classify, AThirdPartyAuthErrorIsNotOurToken) {
    const auto body = error_body(401, "UNAUTHENTICATED", "Expected OAuth 2 access token",
                                 {.fcm_code = "THIRD_PARTY_AUTH_ERROR"});
    EXPECT_EQ(classify(401, body, {}).kind, SendClass::third_party_auth);
}

TEST(Classify, TellsTheTwoKindsOf403Apart) {
    const auto mismatch = error_body(403, "PERMISSION_DENIED", "SenderId mismatch",
                                     {.fcm_code = "SENDER_ID_MISMATCH"});
    EXPECT_EQ(classify(403, mismatch, {}).kind, SendClass::sender_mismatch);
    const auto denied = classify(403, error_body(403, "PERMISSION_DENIED", "API disabled", {}), {});
    EXPECT_EQ(denied.kind, SendClass::lane_paused);
    EXPECT_EQ(denied.retry_after, kLanePause);
}

TEST(Classify, UnregisteredIsOnlyASuspicion) {
    const auto body = error_body(404, "NOT_FOUND", "Requested entity was not found.",
                                 {.fcm_code = "UNREGISTERED"});
    EXPECT_EQ(classify(404, body, {}).kind, SendClass::device_suspect);
}

TEST(Classify, A404WithoutACodeBlamesNoDevice) {
    EXPECT_EQ(classify(404, "<html>not here</html>", {}).kind, SendClass::lane_paused);
    EXPECT_EQ(classify(404, error_body(404, "NOT_FOUND", "no such project", {}), {}).kind,
              SendClass::retry);
}

TEST(Classify, QuotaPausesTheLaneAsLongAsAsked) {
    const auto body =
        error_body(429, "RESOURCE_EXHAUSTED", "Quota exceeded", {.fcm_code = "QUOTA_EXCEEDED"});
    EXPECT_EQ(classify(429, body, seconds(120)).retry_after, seconds(120));
    EXPECT_EQ(classify(429, body, {}).retry_after, seconds(60));
    EXPECT_EQ(classify(429, body, seconds(1)).retry_after, seconds(10));
    EXPECT_EQ(classify(429, body, seconds(999'999)).retry_after, seconds(3600));
    EXPECT_EQ(classify(429, body, {}).kind, SendClass::lane_paused);
}

TEST(Classify, QuotaIsRecognizedWithoutAnFcmError) {
    const auto body =
        error_body(429, "RESOURCE_EXHAUSTED", "Quota", {.info = "RATE_LIMIT_EXCEEDED"});
    EXPECT_EQ(classify(429, body, {}).kind, SendClass::lane_paused);
    EXPECT_EQ(classify(429, "", {}).kind, SendClass::lane_paused);
    EXPECT_EQ(classify(403, body, {}).reason, "quota");
}

TEST(Classify, ServerErrorsAreAmbiguous) {
    for (const int status : {500, 503, 504, 599, 408}) {
        const auto result = classify(status, "", {});
        EXPECT_EQ(result.kind, SendClass::ambiguous) << status;
        EXPECT_EQ(result.retry_after, seconds(10)) << status;
    }
    EXPECT_EQ(classify(503, "", seconds(77)).retry_after, seconds(77));
}

TEST(Classify, AProxysHtmlWaitsHalfAMinute) {
    const auto result = classify(502, "<!DOCTYPE html><title>Error 502</title>", seconds(5));
    EXPECT_EQ(result.kind, SendClass::ambiguous);
    EXPECT_EQ(result.retry_after, seconds(30));
}

TEST(Classify, AnUnknownCodeIsReadByItsStatus) {
    const auto body = [](int code) {
        return error_body(code, "X", "m", {.fcm_code = "UNSPECIFIED_ERROR"});
    };
    EXPECT_EQ(classify(500, body(500), {}).kind, SendClass::ambiguous);
    EXPECT_EQ(classify(400, body(400), {}).kind, SendClass::payload_rejected);
    EXPECT_EQ(classify(418, body(418), {}).kind, SendClass::retry);
    EXPECT_EQ(classify(302, "", {}).kind, SendClass::retry);
}

TEST(Classify, SurvivesHostileBodies) {
    for (const std::string& body :
         {std::string("null"), std::string("[]"), std::string(R"({"error":[]})"),
          std::string(R"({"error":{"details":[1,null,{"@type":7}],"message":[]}})"),
          std::string(
              R"({"error":{"details":[{"@type":"x.rpc.BadRequest","fieldViolations":[3]}]}})"),
          std::string(200'000, '['), std::string("\xFF\xFE\0x", 4)}) {
        EXPECT_EQ(classify(500, body, {}).kind, SendClass::ambiguous);
        EXPECT_EQ(classify(400, body, {}).kind, SendClass::payload_rejected);
    }
    EXPECT_LT(classify(500, error_body(500, "S", std::string(100'000, 'x'), {}), {}).error.size(),
              500U);
}

TEST(Classify, TransportErrorsAreSafeOnlyWhenNothingWasSent) {
    const auto with = [](http::Sent sent) {
        return classify(http::Error(Error::Retry::transient, sent, "timeout", "x"));
    };
    EXPECT_EQ(with(http::Sent::no).kind, SendClass::retry);
    EXPECT_EQ(with(http::Sent::unknown).kind, SendClass::ambiguous);
    EXPECT_EQ(with(http::Sent::yes).kind, SendClass::ambiguous);
    EXPECT_EQ(with(http::Sent::no).reason, "timeout");
}

}  // namespace
}  // namespace barid::notify
