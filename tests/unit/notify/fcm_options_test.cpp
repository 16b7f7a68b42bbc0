// What a shop may add to a push, what it may not, and that neither breaks a message.
#include "notify/fcm_options.hpp"

#include <gmock/gmock.h>

#include "notify/fcm_message.hpp"

namespace barid::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

json::object object(const char* text) {
    return parse_json(text).as_object();
}

std::vector<std::string> problems(const char* text) {
    std::vector<std::string> out;
    for (const OptionProblem& problem : options_problems(object(text))) {
        out.push_back(problem.at + " " + problem.problem);
    }
    return out;
}

json::value sent(const std::string& platform, const char* options, bool texts = true) {
    PushMessage message{.nid = "n-1", .title = "عرض", .body = "خصم ٢٠٪"};
    if (!texts) message.title = message.body = "";
    message.options = object(options);
    return parse_json(
        fcm_request_body({.target = "tok-1", .platform = platform}, message, SystemTime{}));
}

constexpr const char* kAll = R"({
    "analytics_label": "summer-sale",
    "android": {"direct_boot_ok": true, "fcm_options": {"analytics_label": "a"},
        "notification": {"channel_id": "orders", "sound": "bell", "color": "#0a7f3f",
            "click_action": "OPEN_ORDER", "icon": "ic_order", "notification_count": 3,
            "notification_priority": "PRIORITY_HIGH", "visibility": "PRIVATE",
            "vibrate_timings": ["0.5s", "1s"], "image": "https://cdn.example/p.webp"}},
    "apns": {"fcm_options": {"image": "https://cdn.example/p.webp"}, "payload": {"aps": {
        "badge": 2, "category": "ORDER", "thread-id": "orders", "relevance-score": 0.5,
        "interruption-level": "time-sensitive",
        "sound": {"critical": 1, "name": "bell.caf", "volume": 0.8}}}},
    "webpush": {"fcm_options": {"link": "https://shop.example/orders"}, "notification": {
        "icon": "https://cdn.example/i.png", "dir": "rtl", "lang": "ar", "vibrate": [100, 50],
        "requireInteraction": true,
        "actions": [{"action": "open", "title": "افتح", "icon": "https://cdn.example/i.png"}]}}
})";

TEST(FcmOptions, TakesAllThatPlatformsOffer) {
    EXPECT_THAT(problems(kAll), IsEmpty());
    EXPECT_THAT(problems("{}"), IsEmpty());
}

TEST(FcmOptions, PutsThemBesideWhatIsOurs) {
    const json::value android = sent("android", kAll);
    const auto& block = android.at("message").at("android");
    EXPECT_EQ(*find_string(block, "/notification/channel_id"), "orders");
    EXPECT_EQ(*find_string(block, "/notification/tag"), "n-1");
    EXPECT_EQ(*find_string(block, "/priority"), "HIGH");
    EXPECT_EQ(*find_string(android, "/message/fcm_options/analytics_label"), "summer-sale");
    EXPECT_FALSE(android.at("message").as_object().contains("apns"));

    const json::value ios = sent("ios", kAll);
    const auto& aps = ios.at("message").at("apns").at("payload").at("aps");
    EXPECT_EQ(aps.at("badge").as_int64(), 2);
    EXPECT_EQ(aps.at("sound").at("name").as_string(), "bell.caf");
    EXPECT_EQ(*find_string(ios, "/message/apns/headers/apns-collapse-id"), "n-1");

    const json::value web = sent("web", kAll);
    EXPECT_EQ(*find_string(web, "/message/webpush/fcm_options/link"),
              "https://shop.example/orders");
    EXPECT_EQ(*find_string(web, "/message/webpush/notification/dir"), "rtl");
    EXPECT_EQ(*find_string(web, "/message/webpush/notification/tag"), "n-1");
    EXPECT_EQ(*find_string(web, "/message/webpush/headers/Urgency"), "high");
}

TEST(FcmOptions, WhatBaridDecidesCannotBeSet) {
    for (const char* text :
         {R"({"android": {"ttl": "1s"}})", R"({"android": {"priority": "NORMAL"}})",
          R"({"android": {"collapse_key": "x"}})", R"({"android": {"notification": {"tag": "x"}}})",
          R"({"android": {"notification": {"title": "x"}}})",
          R"({"apns": {"headers": {"apns-collapse-id": "x"}}})",
          R"({"apns": {"payload": {"aps": {"alert": {"title": "x"}}}}})",
          R"({"webpush": {"headers": {"TTL": "1"}}})",
          R"({"webpush": {"notification": {"tag": "x"}}})", R"({"token": "x"})",
          R"({"topic": "x"})", R"({"android": {"notification/color": "#000000"}})"}) {
        EXPECT_EQ(problems(text).size(), 1U) << text;
        EXPECT_EQ(sent("android", text), sent("android", "{}")) << text;
        EXPECT_EQ(sent("ios", text), sent("ios", "{}")) << text;
        EXPECT_EQ(sent("web", text), sent("web", "{}")) << text;
    }
}

TEST(FcmOptions, NamesThePlaceAndWhatBelongsThere) {
    EXPECT_THAT(
        problems(R"({"android": {"notification": {"color": "green", "sticky": "yes"}}, "apns": 1,
                     "ios": {}, "analytics_label": "a b"})"),
        UnorderedElementsAre("/android/notification/color must be a colour like \"#0a7f3f\"",
                             "/android/notification/sticky must be true or false",
                             "/apns must be an object",
                             "/ios is not among the options that may be set",
                             "/analytics_label must be 1 to 50 of letters, digits and - _ . ~ %"));
    EXPECT_THAT(problems(R"({"webpush": {"fcm_options": {"link": "http://shop.example/"}}})"),
                ElementsAre("/webpush/fcm_options/link must be an https URL"));
    EXPECT_THAT(problems(R"({"apns": {"payload": {"aps": {"badge": -1}}}})"),
                ElementsAre("/apns/payload/aps/badge must be a whole number from 0"));
}

TEST(FcmOptions, ReportsNoMoreThanAPersonReads) {
    json::object many;
    for (int i = 0; i < 100; ++i) many["key-" + std::to_string(i)] = i;
    EXPECT_EQ(options_problems(many).size(), 20U);
}

TEST(FcmOptions, AMessageWithoutTextsWakesTheAppAndShowsNothing) {
    const json::value ios = sent("ios", "{}", false);
    EXPECT_EQ(*find_string(ios, "/message/apns/headers/apns-priority"), "5");
    EXPECT_EQ(*find_string(ios, "/message/apns/headers/apns-push-type"), "background");
    EXPECT_EQ(ios.at("message").at("apns").at("payload").at("aps"),
              json::value({{"content-available", 1}}));
    for (const char* platform : {"android", "ios", "web"}) {
        const json::value body = sent(platform, "{}", false);
        EXPECT_FALSE(body.at("message").as_object().contains("notification")) << platform;
        EXPECT_EQ(*find_string(body, "/message/data/nid"), "n-1") << platform;
    }
    EXPECT_FALSE(sent("android", "{}", false)
                     .at("message")
                     .at("android")
                     .as_object()
                     .contains("notification"));
}

}  // namespace
}  // namespace barid::notify
