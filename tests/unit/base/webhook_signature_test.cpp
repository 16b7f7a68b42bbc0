#include "base/webhook_signature.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"

namespace barid {
namespace {

// The example of the Standard Webhooks specification.
TEST(WebhookSignature, IsThatOfStandardWebhooks) {
    const auto key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    ASSERT_TRUE(key);
    EXPECT_EQ(webhook_signature({*key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, HoldsOneForEachSecret) {
    const std::string old_key(32, 'a');
    const std::string new_key(32, 'b');
    EXPECT_EQ(webhook_signature({new_key, old_key}, "id", 1, "{}"),
              webhook_signature({new_key}, "id", 1, "{}") + " " +
                  webhook_signature({old_key}, "id", 1, "{}"));
}

TEST(WebhookTime, HasSixDigitsOfASecond) {
    EXPECT_EQ(webhook_time(SystemTime(std::chrono::microseconds(1'614'265'330'000'042))),
              "2021-02-25T15:02:10.000042Z");
}

}  // namespace
}  // namespace barid
