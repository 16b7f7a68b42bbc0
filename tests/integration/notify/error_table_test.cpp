// What the provider's answers do to deliveries, devices, lanes and the job: the whole way through
// a real HTTP client and a real database.
#include "tests/integration/notify/fcm_fixture.hpp"
#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::notify {
namespace {

using queue::Done;
using queue::Fail;
using queue::Retry;
using support::is;
using support::text_of;
using testing::HasSubstr;

class ErrorTable : public support::NotifyTest {
  protected:
    ErrorTable() { use(stub.channel()); }

    /// One device called `target`, one attempt of one job.
    queue::Outcome send_to(const std::string& target, int attempt = 1) {
        register_device("u", target);
        return run_job(1, kPayload, {.attempt = attempt});
    }

    static constexpr const char* kPayload =
        R"({"user":"u","title":{"en":"T","ar":"ع"},"body":{"en":"B","ar":"ن"}})";
    support::FcmStub stub{io};
};

TEST_F(ErrorTable, AcceptedIsWrittenWithTheProvidersName) {
    EXPECT_TRUE(is<Done>(send_to("tok-ok")));
    EXPECT_EQ(delivery_of("tok-ok"), "accepted:");
    EXPECT_EQ(sql("SELECT class || (provider_id LIKE 'projects/%') || (http_status = 200) || "
                  "(finished_at >= started_at) || worker FROM barid.delivery_attempt"),
              "acceptedtruetruetruetest-worker");
    EXPECT_EQ(sql("SELECT last_ok_at IS NOT NULL FROM barid.device"), "t");
    const json::object seen = stub.state();
    EXPECT_TRUE(seen.at("by_nid").as_object().contains(sql("SELECT id FROM barid.notification")));
}

TEST_F(ErrorTable, AnInvalidTargetKillsTheDevice) {
    const auto outcome = send_to("tok-invalid");
    EXPECT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(delivery_of("tok-invalid"), "failed:invalid_target");
    EXPECT_EQ(device_state("tok-invalid"), "dead");
}

TEST_F(ErrorTable, UnregisteredQuarantinesFirstAndKillsADayLater) {
    EXPECT_TRUE(is<Done>(send_to("tok-404")));
    EXPECT_EQ(device_state("tok-404"), "suspect");
    EXPECT_TRUE(is<Done>(run_job(2, kPayload)));
    EXPECT_EQ(device_state("tok-404"), "suspect") << "two strikes within a day are one";
    sql("UPDATE barid.device SET first_strike_at = now() - interval '25 hours'");
    EXPECT_TRUE(is<Done>(run_job(3, kPayload)));
    EXPECT_EQ(device_state("tok-404"), "dead");
    EXPECT_EQ(sql("SELECT strikes FROM barid.device"), "2");
    EXPECT_TRUE(is<Done>(run_job(4, kPayload)));
    EXPECT_EQ(stub.sends_to("tok-404"), 3) << "a dead device was sent to";
}

TEST_F(ErrorTable, UnregisteredAfterAMonthOfSilenceKillsAtOnce) {
    register_device("u", "tok-404");
    sql("UPDATE barid.device SET last_registered_at = now() - interval '31 days'");
    EXPECT_TRUE(is<Done>(run_job(1, kPayload)));
    EXPECT_EQ(device_state("tok-404"), "dead");
}

TEST_F(ErrorTable, ASuspectThatAcceptsIsActiveAgain) {
    register_device("u", "tok-once-404");
    EXPECT_TRUE(is<Done>(run_job(1, kPayload)));
    EXPECT_EQ(device_state("tok-once-404"), "suspect");
    EXPECT_TRUE(is<Done>(run_job(2, kPayload)));
    EXPECT_EQ(device_state("tok-once-404"), "active");
    EXPECT_EQ(sql("SELECT strikes FROM barid.device"), "0");
}

TEST_F(ErrorTable, ARegistrationThatCameMeanwhileWinsOverALate404) {
    register_device("u", "tok-held404");
    sql("UPDATE barid.device SET state = 'suspect', strikes = 1, "
        "first_strike_at = now() - interval '2 days'");
    queue::Outcome outcome;
    const auto both = [&]() -> awaitable<void> {
        bool ended = false;
        asio::co_spawn(io.io, attempt(1, kPayload, {}), [&](std::exception_ptr, queue::Outcome o) {
            outcome = std::move(o);
            ended = true;
        });
        asio::steady_timer tick(io.io);
        const auto wait = [&](std::function<bool()> until) -> awaitable<void> {
            while (!until()) {
                tick.expires_after(std::chrono::milliseconds(5));
                co_await tick.async_wait(asio::use_awaitable);
            }
        };
        co_await wait([&] {
            return sql("SELECT count(*) FROM barid.delivery_attempt WHERE class IS NULL") == "1";
        });
        register_device("u", "tok-held404");
        http::Request release;
        release.url = stub.control_url() + "/release";
        co_await stub.http().send(std::move(release));
        co_await wait([&] { return ended; });
    };
    io.run(both());
    EXPECT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(delivery_of("tok-held404"), "failed:unregistered");
    EXPECT_EQ(device_state("tok-held404"), "active");
}

TEST_F(ErrorTable, AnOversizePayloadFailsTheJobAndKeepsTheDevice) {
    for (const char* target : {"tok-big", "tok-bug"}) {
        sql("DELETE FROM barid.device");
        sql("DELETE FROM barid.notification");
        const auto outcome = send_to(target);
        EXPECT_TRUE(is<Fail>(outcome)) << text_of(outcome);
        EXPECT_EQ(device_state(target), "active");
    }
}

TEST_F(ErrorTable, ASenderMismatchRetiresTheDeviceForItsProject) {
    EXPECT_TRUE(is<Done>(send_to("tok-sender")));
    EXPECT_EQ(delivery_of("tok-sender"), "failed:sender_mismatch");
    EXPECT_EQ(device_state("tok-sender"), "dead");
}

TEST_F(ErrorTable, QuotaPausesTheLaneForTheFleetAndSpendsNoAttempt) {
    register_device("u", "tok-once-429-90");
    register_device("v", "tok-ok");
    const auto outcome = run_job(1, kPayload);
    ASSERT_TRUE(is<Retry>(outcome)) << text_of(outcome);
    const Retry& retry = std::get<Retry>(outcome);
    EXPECT_FALSE(retry.spend_attempt);
    ASSERT_TRUE(retry.after);
    EXPECT_GT(*retry.after, std::chrono::seconds(85));
    EXPECT_LT(*retry.after, std::chrono::seconds(100));
    EXPECT_EQ(delivery_of("tok-once-429-90"), "pending:quota");

    // Another user's job, on any worker, waits too and sends nothing.
    const auto other =
        run_job(2, R"({"user":"v","title":{"en":"T"},"body":{"en":"B"}})", {.max_attempts = 1});
    ASSERT_TRUE(is<Retry>(other));
    EXPECT_FALSE(std::get<Retry>(other).spend_attempt);
    EXPECT_EQ(stub.sends_to("tok-ok"), 0);
    EXPECT_EQ(delivery_of("tok-ok"), "pending:");

    sql("UPDATE barid.rate_lane SET paused_until = now()");
    EXPECT_TRUE(is<Done>(run_job(1, kPayload)));
    EXPECT_EQ(delivery_of("tok-once-429-90"), "accepted:");
}

TEST_F(ErrorTable, AShorterPauseDoesNotShortenALongerOne) {
    register_device("u", "tok-429-600");
    run_job(1, kPayload);
    Ledger ledger(pool);
    io.run(ledger.pause_lane("default", std::chrono::seconds(10), "quota"));
    EXPECT_EQ(sql("SELECT paused_until > now() + interval '9 minutes' FROM barid.rate_lane"), "t");
}

TEST_F(ErrorTable, ADeniedPermissionPausesTheLaneAndSpendsTheAttempt) {
    const auto outcome = send_to("tok-iam");
    ASSERT_TRUE(is<Retry>(outcome));
    EXPECT_TRUE(std::get<Retry>(outcome).spend_attempt);
    EXPECT_EQ(sql("SELECT reason FROM barid.rate_lane"), "permission_denied");
}

TEST_F(ErrorTable, AThirdPartyAuthErrorIsRetriedWithoutANewToken) {
    const auto outcome = send_to("tok-thirdparty");
    ASSERT_TRUE(is<Retry>(outcome));
    EXPECT_TRUE(std::get<Retry>(outcome).spend_attempt);
    EXPECT_EQ(stub.number("exchanges"), 1);
    EXPECT_EQ(device_state("tok-thirdparty"), "active");
}

TEST_F(ErrorTable, AnAmbiguousAnswerIsSentAgainWhenTheCategoryResends) {
    register_device("u", "tok-once-503-30");
    const auto first = run_job(1, kPayload);
    ASSERT_TRUE(is<Retry>(first));
    EXPECT_EQ(std::get<Retry>(first).after, std::chrono::seconds(30));
    EXPECT_EQ(delivery_of("tok-once-503-30"), "unknown:http_503");
    EXPECT_TRUE(is<Done>(run_job(1, kPayload, {.attempt = 2})));
    EXPECT_EQ(delivery_of("tok-once-503-30"), "accepted:");
    EXPECT_EQ(sql("SELECT string_agg(class, ',' ORDER BY attempt_no) FROM barid.delivery_attempt"),
              "ambiguous,accepted");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox_item"), "1");
    const json::object seen = stub.state();
    EXPECT_EQ(seen.at("by_nid").as_object().size(), 1U) << "the attempts had different ids";
}

TEST_F(ErrorTable, AnAmbiguousAnswerIsHeldWhenTheCategoryHolds) {
    sql("SELECT barid.upsert_category('marketing', ambiguity => 'hold')");
    const std::string payload =
        R"({"user":"u","category":"marketing","title":{"en":"T"},"body":{"en":"B"}})";
    int job = 0;
    for (const char* target : {"tok-503", "tok-html502", "tok-500", "tok-rst"}) {
        sql("DELETE FROM barid.device");
        register_device("u", target);
        const auto outcome = run_job(++job, payload);
        EXPECT_TRUE(is<Done>(outcome)) << target << ": " << text_of(outcome);
        EXPECT_THAT(text_of(outcome), HasSubstr("\"unknown\":1"));
        EXPECT_TRUE(is<Done>(run_job(job, payload, {.attempt = 2})));
        EXPECT_THAT(delivery_of(target), testing::StartsWith("unknown:"));
        EXPECT_EQ(stub.sends_to(target), 1) << target << " was sent again";
    }
}

TEST_F(ErrorTable, OnlyTheDevicesThatFailedForNowAreTriedAgain) {
    register_device("u", "tok-ok");
    register_device("u", "tok-once-500");
    register_device("u", "tok-invalid");
    const auto first = run_job(1, kPayload);
    ASSERT_TRUE(is<Retry>(first)) << text_of(first);
    EXPECT_THAT(text_of(first), HasSubstr("1 of 3 messages"));
    const auto second = run_job(1, kPayload, {.attempt = 2});
    ASSERT_TRUE(is<Done>(second)) << text_of(second);
    EXPECT_EQ(stub.sends_to("tok-ok"), 1);
    EXPECT_EQ(stub.sends_to("tok-invalid"), 1);
    EXPECT_EQ(stub.sends_to("tok-once-500"), 2);
}

TEST_F(ErrorTable, SendsManyDevicesSideBySideAndAccountsForEach) {
    for (int i = 0; i < 60; ++i) register_device("u", "tok-ok-" + std::to_string(i));
    const auto outcome = run_job(1, kPayload);
    EXPECT_THAT(text_of(outcome), HasSubstr("\"accepted\":60"));
    EXPECT_GT(stub.number("max_in_flight"), 4);
    EXPECT_EQ(stub.number("sends"), 60);
}

}  // namespace
}  // namespace barid::notify
