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
