// The example receivers take what the real handler sends, and nothing else.
#include "tests/integration/deliver/deliver_fixture.hpp"

namespace barid::jobs {
namespace {

using testing::HasSubstr;

struct Example {
    std::string name;
    std::vector<std::string> command;
};

class Receiver : public DeliverTest, public testing::WithParamInterface<Example> {
  protected:
    Receiver() {
        process_.emplace(GetParam().command,
                         support::ChildProcess::Options{
                             .environment = {{"PORT", "0"}, {"WEBHOOK_SECRETS", secret_}}});
        url_ = "http://127.0.0.1:" + std::to_string(process_->wait_ready()) + "/webhooks";
    }

    std::string secret_ = new_secret();
    std::optional<support::ChildProcess> process_;
    std::string url_;
};

TEST_P(Receiver, TakesASignedEventOnce) {
    use(endpoint(url_, {secret_}));
    const std::string data = R"({"order": 17, "total": 19.90, "اسم": "قميص أحمر"})";
    EXPECT_EQ(done(run(data)).at("body").as_string(), "thank you");
    const json::value event = parse_json(process_->wait_for_line("EVENT"));
    EXPECT_EQ(event.at("type").as_string(), "order.paid");
    EXPECT_EQ(event.at("data").at("اسم").as_string(), "قميص أحمر");
    EXPECT_EQ(event.at("data").at("order").as_int64(), 17);

    done(run(data));  // the same job again, as after a lost answer
    use(endpoint(url_, {new_secret()}));
    EXPECT_THAT(std::get<queue::Retry>(run()).error, HasSubstr("401: no signature fits"));
    const std::string output = process_->output();
    EXPECT_EQ(output.find("EVENT"), output.rfind("EVENT"));
}

TEST_P(Receiver, HoldsTheOldSecretWhileTheNewOneSignsToo) {
    use(endpoint(url_, {new_secret(), secret_}));
    EXPECT_EQ(done(run()).at("status").as_int64(), 200);
}

TEST_P(Receiver, RefusesAMessageFromLastWeek) {
    class LastWeek final : public Clock {
        [[nodiscard]] SystemTime system_now() const override {
            return SystemClock().system_now() - std::chrono::weeks(1);
        }
        [[nodiscard]] SteadyTime steady_now() const override { return SystemClock().steady_now(); }
    } clock;
    registry_ = std::make_unique<Registry>();
    register_http_deliver(
        *registry_,
        {.http = http_, .clock = clock, .endpoints = {endpoint(url_, {secret_})}, .lane = {}});
    EXPECT_THAT(std::get<queue::Retry>(run()).error, HasSubstr("timestamp is too far from now"));
}

INSTANTIATE_TEST_SUITE_P(
    Examples, Receiver,
    testing::Values(Example{"Node", {"node", BARID_EXAMPLES "/webhook_receiver.mjs"}},
                    Example{"Python", {"python3", BARID_EXAMPLES "/webhook_receiver.py"}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace barid::jobs
