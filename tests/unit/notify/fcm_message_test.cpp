#include "notify/fcm_message.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace barid::notify {
namespace {

const SystemTime kNow{std::chrono::seconds(1'800'000'000)};

PushMessage arabic() {
    return {.nid = "01a2004e-afc2-79e6-a20d-01017fe11224",
            .category = "orders",
            .locale = "ar",
            .title = "تم شحن طلبك",
            .body = "طلبك \u2068A-1042\u2069 في الطريق إليك",
            .image = "https://cdn.example/p.webp",
            .data = {{"order", "A-1042"}},
            .ttl = std::chrono::hours(1)};
}

json::value built(const std::string& platform, const PushMessage& message,
                  const std::string& kind = "token") {
    return parse_json(
        fcm_request_body({.kind = kind, .target = "tok-1", .platform = platform}, message, kNow));
}

std::string at(const json::value& root, const char* pointer) {
    const json::string* text = find_string(root, pointer);
    return text != nullptr ? std::string(*text) : "(none)";
}

TEST(FcmMessage, CarriesTheTextTheImageAndTheData) {
    const auto body = built("android", arabic());
    EXPECT_EQ(at(body, "/message/token"), "tok-1");
    EXPECT_EQ(at(body, "/message/notification/title"), "تم شحن طلبك");
    EXPECT_EQ(at(body, "/message/notification/image"), "https://cdn.example/p.webp");
    EXPECT_EQ(at(body, "/message/data/order"), "A-1042");
}

TEST(FcmMessage, PutsTheSameIdWhereEachPlatformLooks) {
    const std::string nid = arabic().nid;
    EXPECT_EQ(at(built("android", arabic()), "/message/data/nid"), nid);
    EXPECT_EQ(at(built("android", arabic()), "/message/android/notification/tag"), nid);
    EXPECT_EQ(at(built("ios", arabic()), "/message/apns/headers/apns-collapse-id"), nid);
    EXPECT_EQ(at(built("web", arabic()), "/message/webpush/notification/tag"), nid);
}

TEST(FcmMessage, AddressesAnInstallationAsSuch) {
    const auto body = built("android", arabic(), "fid");
    EXPECT_EQ(at(body, "/message/fid"), "tok-1");
    EXPECT_EQ(at(body, "/message/token"), "(none)");
}

TEST(FcmMessage, GivesEachPlatformItsTimeToLive) {
    EXPECT_EQ(at(built("android", arabic()), "/message/android/ttl"), "3600s");
    EXPECT_EQ(at(built("ios", arabic()), "/message/apns/headers/apns-expiration"), "1800003600");
    EXPECT_EQ(at(built("web", arabic()), "/message/webpush/headers/TTL"), "3600");
    PushMessage eternal = arabic();
    eternal.ttl = std::chrono::days(400);
    EXPECT_EQ(at(built("android", eternal), "/message/android/ttl"), "2419200s");
}

TEST(FcmMessage, CollapsesByCategoryOnlyWhenTheCategoryWantsIt) {
    EXPECT_EQ(at(built("android", arabic()), "/message/android/collapse_key"), "(none)");
    PushMessage message = arabic();
    message.collapse = true;
    EXPECT_EQ(at(built("android", message), "/message/android/collapse_key"), "orders");
}

TEST(FcmMessage, AQuietMessageIsNotUrgent) {
    PushMessage message = arabic();
    message.urgent = false;
    EXPECT_EQ(at(built("android", message), "/message/android/priority"), "NORMAL");
    EXPECT_EQ(at(built("ios", message), "/message/apns/headers/apns-priority"), "5");
}

TEST(FcmMessage, CountsArabicAsTwoBytesALetter) {
    PushMessage message = arabic();
    const std::size_t before = payload_bytes(message);
    for (int i = 0; i < 100; ++i) message.body += "م";
    EXPECT_EQ(payload_bytes(message), before + 200);
}

TEST(FcmMessage, MeasuresTheLargestPlatformAndNotTheTarget) {
    const std::string ios = fcm_request_body(
        {.kind = "token", .target = std::string(1000, 't'), .platform = "ios"}, arabic(), kNow);
    EXPECT_GT(payload_bytes(arabic()) + 1000, ios.size() - 60);
    EXPECT_LT(payload_bytes(arabic()), 1000U);
}

TEST(FcmMessage, ADataKeyCanNotForgeTheId) {
    PushMessage message = arabic();
    message.data.emplace_back("nid", "forged");
    EXPECT_EQ(at(built("android", message), "/message/data/nid"), message.nid);
}

TEST(FcmMessage, RefusesReservedDataKeys) {
    for (const char* key : {"", "nid", "from", "message_type", "google.sent_time", "googleX",
                            "gcm.notification.title"}) {
        EXPECT_TRUE(data_key_problem(key)) << key;
    }
    EXPECT_TRUE(data_key_problem(std::string(200, 'k')));
    for (const char* key : {"order", "from_user", "nids", "طلب"}) {
        EXPECT_FALSE(data_key_problem(key)) << key;
    }
}

TEST(FcmMessage, TakesOnlyWebImages) {
    EXPECT_FALSE(image_problem("https://cdn.example/a.webp?w=1"));
    for (const char* url :
         {"", "cdn.example/a.webp", "file:///etc/passwd", "https://", "javascript:alert(1)",
          "https://a b.example/x", "https://cdn.example/\"><script>"}) {
        EXPECT_TRUE(image_problem(url)) << url;
    }
}

}  // namespace
}  // namespace barid::notify
