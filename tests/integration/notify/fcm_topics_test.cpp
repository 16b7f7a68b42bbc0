// Firebase topics against Google's stand-in.
#include "notify/fcm_topics.hpp"

#include <gmock/gmock.h>

#include "tests/integration/notify/fcm_fixture.hpp"

namespace barid::notify {
namespace {

using testing::Each;
using testing::ElementsAre;

class FcmTopicsTest : public testing::Test {
  protected:
    std::vector<std::string> change(TopicChange change, const std::string& topic,
                                    std::vector<std::string> tokens) {
        return io.run(topics.change(change, topic, std::move(tokens)));
    }
    json::value seen(const std::string& topic) { return stub.state().at("topics").at(topic); }

    support::IoFixture io;
    support::FcmStub stub{io};
    FcmTopics topics{stub.http(), stub.tokens(), stub.control_url() + "/"};
};

TEST_F(FcmTopicsTest, PutsDevicesOnATopicAndTakesThemOff) {
    EXPECT_THAT(change(TopicChange::subscribe, "sale", {"tok-a", "tok-404", "tok-b"}),
                ElementsAre("", "NOT_FOUND", ""));
    EXPECT_EQ(json::serialize(seen("sale").at("members")), R"(["tok-a","tok-b"])");
    EXPECT_THAT(change(TopicChange::unsubscribe, "sale", {"tok-a"}), ElementsAre(""));
    EXPECT_EQ(json::serialize(seen("sale").at("members")), R"(["tok-b"])");
}

TEST_F(FcmTopicsTest, AsksForAThousandAtATime) {
    std::vector<std::string> tokens;
    for (int i = 0; i < 2500; ++i) tokens.push_back("phone-" + std::to_string(i));
    tokens[2001] = "tok-404";
    const auto results = change(TopicChange::subscribe, "all", tokens);
    ASSERT_EQ(results.size(), 2500U);
    EXPECT_EQ(results[2001], "NOT_FOUND");
    EXPECT_EQ(seen("all").at("calls").as_int64(), 3);
    EXPECT_EQ(seen("all").at("members").as_array().size(), 2499U);
}

TEST_F(FcmTopicsTest, RefreshesATokenThatWasRevoked) {
    ASSERT_THAT(change(TopicChange::subscribe, "sale", {"tok-a"}), ElementsAre(""));
    stub.control("/revoke");
    EXPECT_THAT(change(TopicChange::subscribe, "sale", {"tok-b"}), ElementsAre(""));
    EXPECT_EQ(stub.number("exchanges"), 2);
}

TEST_F(FcmTopicsTest, TellsAFailureForEachDevice) {
    EXPECT_THAT(change(TopicChange::subscribe, "broken", {"tok-a", "tok-b"}), Each("http_503"));
    FcmTopics away(stub.http(), stub.tokens(), "http://127.0.0.1:1");
    EXPECT_THAT(io.run(away.change(TopicChange::subscribe, "sale", {"tok-a"})),
                ElementsAre("connect_failed"));
}

TEST_F(FcmTopicsTest, RefusesANameThatGoogleWouldRefuse) {
    EXPECT_THROW(change(TopicChange::subscribe, "عروض", {"tok-a"}), Error);
    EXPECT_TRUE(is_topic_name("summer-sale_2.~%"));
    EXPECT_FALSE(is_topic_name(""));
    EXPECT_FALSE(is_topic_name("a/b"));
}

}  // namespace
}  // namespace barid::notify
