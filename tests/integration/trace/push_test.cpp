// A push is a part of the order's trace: the phone's provider is told, and the span says how it
// went.
#include "tests/integration/notify/fcm_fixture.hpp"
#include "tests/integration/trace/trace_fixture.hpp"

namespace barid {
namespace {

TEST_F(TraceTest, ReachesTheProviderOfPushes) {
    support::FcmStub stub(*this);
    cli.environment["SSL_CERT_FILE"] = stub.directory() + "/cert.pem";
    cli.environment["BARID_NOTIFY_CHANNEL"] = "fcm";
    cli.environment["BARID_NOTIFY_FCM_CREDENTIALS"] = "metadata";
    cli.environment["BARID_NOTIFY_FCM_METADATA_URL"] = stub.control_url();
    cli.environment["BARID_NOTIFY_FCM_PROJECT"] = "shop-1";
    cli.environment["BARID_NOTIFY_FCM_ENDPOINT"] = stub.url();
    database.sql(
        "SELECT barid.register_device('layla', 'tok-layla', 'android');"
        "SELECT barid.notify('layla', 'general', title => '{\"ar\":\"طلبك\"}', "
        "body => '{\"ar\":\"في الطريق إليك\"}', traceparent => '" +
        std::string(kTraceparent) + "')");
    start();
    wait_for_jobs();
    const std::string told(stub.state().at("traces").at("tok-layla").as_string());
    stop();
    EXPECT_EQ(told.substr(0, 36), std::string("00-") + kTrace + "-");
    const auto jobs = spans("process notify.deliver");
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(text(jobs[0], "parent"), kCaller);
    bool found = false;
    for (const json::object& call : spans("POST")) {
        EXPECT_EQ(text(call, "trace"), kTrace);
        EXPECT_EQ(text(call, "parent"), text(jobs[0], "id"));
        found = found || text(call, "id") == told.substr(36, 16);
    }
    EXPECT_TRUE(found) << collector.output();
    EXPECT_THAT(collector.output(), testing::Not(testing::HasSubstr("layla")));
    EXPECT_THAT(collector.output(), testing::Not(testing::HasSubstr("طلبك")));
}

}  // namespace
}  // namespace barid
