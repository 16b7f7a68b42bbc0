#include "tests/integration/cli/cli.hpp"
#include "tests/integration/notify/fcm_fixture.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliPushTopic : public testing::Test {
  protected:
    CliPushTopic() {
        cli.environment["BARID_NOTIFY_CHANNEL"] = "fcm";
        // The stub's plain port is a metadata server too.
        cli.environment["BARID_NOTIFY_FCM_CREDENTIALS"] = "metadata";
        cli.environment["BARID_NOTIFY_FCM_METADATA_URL"] = stub.control_url();
        cli.environment["BARID_NOTIFY_FCM_PROJECT"] = "shop-1";
        cli.environment["BARID_NOTIFY_FCM_IID_ENDPOINT"] = stub.control_url();
    }
    std::string device(const std::string& user, const std::string& target,
                       const std::string& more = "") {
        return database.sql("SELECT barid.register_device('" + user + "', '" + target +
                            "', 'android'" + more + ")");
    }
    std::string members(const std::string& topic) {
        return json::serialize(stub.state().at("topics").at(topic).at("members"));
    }

    support::TestDatabase database;
    Cli cli{database.url()};
    support::IoFixture io;
    support::FcmStub stub{io};
};

TEST_F(CliPushTopic, PutsAUsersDevicesOnATopicAndTakesOneOff) {
    const std::string first = device("نورة", "tok-a");
    device("نورة", "tok-b");
    device("someone else", "tok-c");
    const auto result = cli.run({"notify", "topic", "subscribe", "sale", "--user", "نورة"});
    EXPECT_TRUE(succeeded(result, "device " + first + " of نورة: done"));
    EXPECT_EQ(result.out.find("tok-"), std::string::npos) << "a target was shown";
    EXPECT_EQ(members("sale"), R"(["tok-a","tok-b"])");
    const auto off =
        cli.run({"notify", "topic", "unsubscribe", "sale", "--device", first, "--json"});
    EXPECT_TRUE(succeeded(off));
    EXPECT_EQ(json_lines(off.out).at(0).at("result"), "done");
    EXPECT_EQ(members("sale"), R"(["tok-b"])");
}

TEST_F(CliPushTopic, SaysWhichDevicesCouldNotBe) {
    device("u", "tok-404");
    device("u", "tok-a");
    device("u", "tok-eu", ", project => 'shop-eu'");
    const auto result = cli.run({"notify", "topic", "subscribe", "sale", "--user", "u", "--json"});
    EXPECT_EQ(result.code, 1);
    const auto lines = json_lines(result.out);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines.at(0).at("result"), "NOT_FOUND");
    EXPECT_EQ(lines.at(1).at("result"), "done");
    EXPECT_EQ(lines.at(2).at("result"), "no_credentials");
}

TEST_F(CliPushTopic, RefusesATopicThatCannotBeAndNobody) {
    EXPECT_TRUE(failed(cli.run({"notify", "topic", "subscribe", "a/b", "--user", "u"}), 2,
                       "a topic's name has 1 to 900"));
    EXPECT_TRUE(failed(cli.run({"notify", "topic", "subscribe", "a"}), 2, "give --user"));
}

}  // namespace
}  // namespace barid
