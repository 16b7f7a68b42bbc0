// A receiver that was written for Upstash QStash takes what http.deliver sends.
#include "tests/integration/deliver/deliver_fixture.hpp"

namespace barid::jobs {
namespace {

using testing::HasSubstr;

class Qstash : public DeliverTest {
  protected:
    Qstash() {
        process_.emplace(
            std::vector<std::string>{"node", BARID_SUPPORT "/qstash_receiver.mjs"},
            support::ChildProcess::Options{
                .environment = {{"CURRENT_KEY", "sig_current"}, {"NEXT_KEY", "sig_next"}}});
        base_ = "http://127.0.0.1:" + std::to_string(process_->wait_ready());
    }

    void send_to(const std::string& path, const std::vector<std::string>& keys) {
        DeliverEndpoint to = endpoint(base_ + path, {new_secret()});
        for (const std::string& key : keys) to.qstash_keys.emplace_back(key);
        use(to);
    }
    json::value seen() { return parse_json(process_->wait_for_line("SEEN")); }

    std::optional<support::ChildProcess> process_;
    std::string base_;
};

TEST_F(Qstash, TheSignatureIsItsOwn) {
    send_to("/orders", {"sig_current", "sig_next"});
    done(run(R"({"order": 17, "اسم": "قميص أحمر"})"));
    const json::value request = seen();
    EXPECT_EQ(request.at("problem").as_string(), "");
    EXPECT_EQ(request.at("retried").as_string(), "0");
    EXPECT_EQ(request.at("id").as_string(), request.at("webhook").as_string());
    EXPECT_EQ(request.at("schedule").as_string(), "");
}

TEST_F(Qstash, TheNextKeySignsWhileKeysAreChanged) {
    send_to("/orders", {"sig_next"});
    done(run());
    send_to("/orders", {"sig_another"});
    EXPECT_THAT(std::get<queue::Retry>(run()).error, HasSubstr("401: invalid signature"));
}

TEST_F(Qstash, AttemptsAndSchedulesAreNamed) {
    send_to("/orders", {"sig_current"});
    done(fixture_.run(attempt("{}", 3, R"(, "schedule": {"name": "nightly-كل ليلة"})")));
    const json::value first = seen();
    EXPECT_EQ(first.at("retried").as_string(), "2");
    EXPECT_EQ(first.at("schedule").as_string(), "") << "what isn't ASCII can't be a header";
    done(fixture_.run(attempt("{}", 4, R"(, "schedule": {"name": "nightly"})")));
    EXPECT_THAT(process_->wait_for_line(R"(SEEN {"problem":"","retried":"3")"),
                HasSubstr(R"("schedule":"nightly")"));
}

TEST_F(Qstash, OnlyAnExplicitRefusalIsFinal) {
    send_to("/489", {"sig_current"});
    EXPECT_THAT(std::get<queue::Fail>(run()).error, HasSubstr("answered 489"));
    send_to("/489x", {"sig_current"});
    EXPECT_TRUE(std::holds_alternative<queue::Retry>(run()));
    send_to("/422", {"sig_current"});
    EXPECT_TRUE(std::holds_alternative<queue::Retry>(run()));
}

TEST_F(Qstash, WithoutKeysNothingOfItIsSent) {
    send_to("/orders", {});
    EXPECT_TRUE(std::holds_alternative<queue::Retry>(run()));
    EXPECT_FALSE(seen().as_object().contains("retried"));
}

}  // namespace
}  // namespace barid::jobs
