#include "jobs/http_deliver_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.hpp"

namespace barid::jobs {
namespace {

using testing::HasSubstr;

TEST(WebhookKey, IsRefusedUnlessItIsLongEnoughAndInBase64) {
    EXPECT_EQ(webhook_key("whsec_" + base64_encode(std::string(24, 'k'))), std::string(24, 'k'));
    EXPECT_FALSE(webhook_key("whsec_" + base64_encode(std::string(23, 'k'))));
    EXPECT_FALSE(webhook_key("whsec_" + base64_encode(std::string(65, 'k'))));
    EXPECT_FALSE(webhook_key(base64_encode(std::string(32, 'k'))));
    EXPECT_FALSE(webhook_key("whsec_not base64 at all, but long enough to be a key"));
}

TEST(RawMember, FindsTheValueWithTheDigitsItWasWrittenWith) {
    const std::string text =
        R"({"type": "a.b", "data": {"n": 1.10, "s": "}\",{", "l": [1, {"data": 2}]} , "x": 1e400})";
    EXPECT_EQ(raw_member(text, "data"), R"({"n": 1.10, "s": "}\",{", "l": [1, {"data": 2}]})");
    EXPECT_EQ(raw_member(text, "type"), R"("a.b")");
    EXPECT_EQ(raw_member(text, "x"), "1e400");
    EXPECT_EQ(raw_member(text, "absent"), "");
    EXPECT_EQ(raw_member("{}", "data"), "");
    EXPECT_EQ(raw_member(R"({"s": "\"data\": 1", "data":7})", "data"), "7");
}

TEST(DeliverBody, HasTheMessagesTimeAndAnObjectWhateverIsMissing) {
    queue::Job job;
    job.created_at = SystemTime(std::chrono::microseconds(1'000'005));
    job.payload = R"({"endpoint": "e", "type": "t", "data": null})";
    const DeliverPayload payload{.endpoint = "e", .type = "t"};
    EXPECT_EQ(deliver_body(payload, job),
              R"({"type":"t","timestamp":"1970-01-01T00:00:01.000005Z","data":{}})");
    job.payload = R"({"endpoint": "e", "type": "t"})";
    EXPECT_THAT(deliver_body(payload, job), HasSubstr(R"("data":{}})"));
}

TEST(DeliverId, IsTheMessagesHoweverOftenItIsDelivered) {
    queue::Job first;
    first.id = 12;
    first.created_at = SystemTime(std::chrono::microseconds(1'000'005));
    first.payload = R"({"endpoint": "e", "type": "t"})";
    const json::value again_text = parse_json(
        R"({"endpoint": "e", "type": "t", "redelivers": {"job": 12, "created_us": 1000005}})");
    JsonReader in(again_text);
    const DeliverPayload again = parse_deliver_payload(in);
    in.finish();
    queue::Job second;
    second.id = 90;
    second.created_at = SystemTime(std::chrono::microseconds(7'000'000));
    second.payload = json::serialize(again_text);
    const DeliverPayload once{.endpoint = "e", .type = "t"};
    EXPECT_EQ(deliver_id(again, second), deliver_id(once, first));
    EXPECT_EQ(deliver_body(again, second), deliver_body(once, first));
    EXPECT_NE(deliver_id(once, second), deliver_id(once, first));
}

TEST(DeliverPayload, NamesEveryViolationOfWhatItRedelivers) {
    const json::value value =
        parse_json(R"({"endpoint": "e", "type": "t", "redelivers": {"job": 0, "created": 5}})");
    JsonReader in(value);
    parse_deliver_payload(in);
    try {
        in.finish();
        FAIL() << "accepted";
    } catch (const PayloadError& error) {
        EXPECT_THAT(error.what(), HasSubstr("/redelivers/job"));
        EXPECT_THAT(error.what(), HasSubstr("/redelivers/created_us"));
        EXPECT_THAT(error.what(), HasSubstr("/redelivers/created:"));
    }
}

TEST(DeliverPayload, NamesEveryViolation) {
    const json::value value =
        parse_json(R"({"type": "طلب مدفوع", "data": [1], "url": "http://evil.example"})");
    JsonReader in(value);
    parse_deliver_payload(in);
    try {
        in.finish();
        FAIL() << "accepted";
    } catch (const PayloadError& error) {
        EXPECT_THAT(error.what(), HasSubstr("/endpoint"));
        EXPECT_THAT(error.what(), HasSubstr("/type"));
        EXPECT_THAT(error.what(), HasSubstr("/data"));
        EXPECT_THAT(error.what(), HasSubstr("/url"));
    }
}

}  // namespace
}  // namespace barid::jobs
