// Crashes, zombies and endings: what the ledger says after each, and what is sent again.
#include "notify/ledger.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::notify {
namespace {

using queue::Done;
using queue::Retry;
using support::is;
using support::text_of;

constexpr const char* kPayload = R"({"user":"u","title":{"en":"T"},"body":{"en":"B"}})";
constexpr const char* kHeld =
    R"({"user":"u","category":"marketing","title":{"en":"T"},"body":{"en":"B"}})";

SendResult failed_for_now() {
    return {.kind = SendClass::retry, .reason = "connect_failed"};
}

class LedgerTest : public support::NotifyTest {
  protected:
    /// Leaves job 1 as a crash between the POST to `crashed` and its answer would.
    void crash_while_sending(const std::string& payload, const std::string& crashed) {
        channel.answers[crashed] = failed_for_now;
        ASSERT_TRUE(is<Retry>(run_job(1, payload)));
        channel.answers.clear();
        sql("UPDATE barid.delivery d SET state = 'sending', attempts = 2 FROM barid.device v "
            "WHERE v.id = d.device_id AND v.target = '" +
            crashed + "'");
        sql("INSERT INTO barid.delivery_attempt (notification_id, delivery_id, attempt_no, "
            "registered_at) SELECT d.notification_id, d.id, 2, v.last_registered_at FROM "
            "barid.delivery d JOIN barid.device v "
            "ON v.id = d.device_id WHERE v.target = '" +
            crashed + "'");
    }
    std::string id() const { return sql("SELECT id FROM barid.notification"); }
};

TEST_F(LedgerTest, AfterACrashAResendingCategorySendsAgainButOnlyToTheDeviceInDoubt) {
    register_device("u", "good");
    register_device("u", "doubt");
    crash_while_sending(kPayload, "doubt");
    const auto outcome = run_job(1, kPayload, {.attempt = 2});
    ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(channel.sends_to("good"), 1);
    EXPECT_EQ(channel.sends_to("doubt"), 2);
    EXPECT_EQ(delivery_of("doubt"), "accepted:");
    EXPECT_EQ(sql("SELECT string_agg(class, ',' ORDER BY attempt_no) FROM barid.delivery_attempt a "
                  "JOIN barid.delivery d ON d.id = a.delivery_id JOIN barid.device v "
                  "ON v.id = d.device_id WHERE v.target = 'doubt'"),
              "retry,interrupted,accepted");
    EXPECT_EQ(channel.sent.front().second.nid, channel.sent.back().second.nid);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox_item"), "1");
}

TEST_F(LedgerTest, AfterACrashAHoldingCategorySaysUnknownAndSendsNothing) {
    sql("SELECT barid.upsert_category('marketing', ambiguity => 'hold')");
    register_device("u", "good");
    register_device("u", "doubt");
    crash_while_sending(kHeld, "doubt");
    const auto outcome = run_job(1, kHeld, {.attempt = 2});
    ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(channel.sends_to("doubt"), 1);
    EXPECT_EQ(delivery_of("doubt"), "unknown:interrupted");
}

TEST_F(LedgerTest, AnAttemptIsCommittedBeforeItsMessageLeaves) {
    register_device("u", "phone");
    std::string seen;
    channel.answers["phone"] = [&]() -> SendResult {
        seen =
            sql("SELECT d.state || ':' || (a.class IS NULL) || ':' || a.attempt_no "
                "FROM barid.delivery d JOIN barid.delivery_attempt a ON a.delivery_id = d.id");
        return {.kind = SendClass::accepted};
    };
    ASSERT_TRUE(is<Done>(run_job(1, kPayload)));
    EXPECT_EQ(seen, "sending:true:1");
}

TEST_F(LedgerTest, AClaimThatWasTakenOverOpensNoAttempt) {
    register_device("u", "phone");
    channel.answers["phone"] = failed_for_now;
    ASSERT_TRUE(is<Retry>(run_job(1, kPayload, {.claim = "old"})));
    Ledger ledger(pool);
    io.run(ledger.prepare(1, "new", 100, false));
    const LaneShares shares{{"default", {.count = 10}}};
    EXPECT_TRUE(io.run(ledger.begin_wave(1, "old", shares, "zombie")).empty());
    EXPECT_FALSE(io.run(ledger.conclude(1, "old")).in_charge);
    EXPECT_TRUE(io.run(ledger.conclude(1, "new")).in_charge);
    EXPECT_EQ(io.run(ledger.begin_wave(1, "new", shares, "heir")).size(), 1);
}

TEST_F(LedgerTest, ALateAnswerOfAnOlderAttemptChangesNothingButItsOwnRow) {
    register_device("u", "phone");
    channel.answers["phone"] = failed_for_now;
    ASSERT_TRUE(is<Retry>(run_job(1, kPayload)));
    channel.answers.clear();
    ASSERT_TRUE(is<Done>(run_job(1, kPayload, {.attempt = 2})));
    WaveItem late{.notification_id = id(),
                  .delivery_id = std::stoll(sql("SELECT id FROM barid.delivery")),
                  .attempt_no = 1};
    late.result = {.kind = SendClass::payload_rejected, .reason = "late"};
    Ledger ledger(pool);
    io.run(ledger.finish_wave({late}));
    EXPECT_EQ(delivery_of("phone"), "accepted:");
    EXPECT_EQ(sql("SELECT class FROM barid.delivery_attempt WHERE attempt_no = 1"),
              "payload_rejected");
}

TEST_F(LedgerTest, TheLastAttemptLeavesNothingPending) {
    register_device("u", "phone");
    channel.answers["phone"] = failed_for_now;
    const auto outcome = run_job(1, kPayload, {.attempt = 3, .max_attempts = 3});
    EXPECT_TRUE(is<Retry>(outcome));
    EXPECT_EQ(delivery_of("phone"), "failed:attempts_exhausted");
    // Somebody retries the dead job: then it is tried again.
    channel.answers.clear();
    EXPECT_TRUE(is<Done>(run_job(1, kPayload, {.attempt = 4, .max_attempts = 5})));
    EXPECT_EQ(delivery_of("phone"), "accepted:");
}

TEST_F(LedgerTest, AJobThatEndedWithoutItsHandlerLeavesNothingOpen) {
    register_device("u", "good");
    register_device("u", "doubt");
    register_device("u", "waits");
    channel.answers["waits"] = failed_for_now;
    crash_while_sending(kPayload, "doubt");
    // Job 1 is in no table: its last attempt was lost with its worker.
    EXPECT_EQ(sql("SELECT barid.give_up_stranded(100)"), "0") << "a moment may be a claim's";
    sql("UPDATE barid.delivery_run SET started_at = now() - interval '2 minutes'");
    sql("SELECT barid.notify_upkeep()");
    EXPECT_EQ(delivery_of("good"), "accepted:");
    EXPECT_EQ(delivery_of("doubt"), "unknown:interrupted");
    EXPECT_EQ(delivery_of("waits"), "failed:attempts_exhausted");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery_attempt WHERE class IS NULL"), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery_run"), "0");

    // An operator's retry sends what is missing, and no more.
    const auto outcome = run_job(1, kPayload);
    ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(channel.sends_to("good"), 1);
    EXPECT_EQ(delivery_of("doubt"), "accepted:");
    EXPECT_EQ(delivery_of("waits"), "accepted:");
}

TEST_F(LedgerTest, TheRunOfALiveJobIsNobodyElsesMatter) {
    register_device("u", "doubt");
    const std::string job = sql("SELECT barid.enqueue('notify.send', '{}')");
    ASSERT_EQ(job, "1");
    crash_while_sending(kPayload, "doubt");
    sql("UPDATE barid.delivery_run SET started_at = now() - interval '2 hours'");
    EXPECT_EQ(sql("SELECT barid.give_up_stranded(100)"), "0");
    EXPECT_EQ(delivery_of("doubt"), "sending:connect_failed");

    sql("SELECT barid.cancel(1)");
    EXPECT_EQ(sql("SELECT barid.give_up_stranded(100)"), "1");
    EXPECT_EQ(delivery_of("doubt"), "unknown:interrupted");
}

TEST_F(LedgerTest, APushThatIsTooLateExpires) {
    register_device("u", "phone");
    channel.answers["phone"] = failed_for_now;
    ASSERT_TRUE(is<Retry>(run_job(1, kPayload)));
    sql("UPDATE barid.notification SET expires_at = now() - interval '1 second'");
    EXPECT_TRUE(is<Done>(run_job(1, kPayload, {.attempt = 2})));
    EXPECT_EQ(delivery_of("phone"), "expired:expired");
    EXPECT_EQ(channel.sends_to("phone"), 1);
}

TEST_F(LedgerTest, ADeviceThatMovedToAnotherUserGetsNothingOfTheFormerOnes) {
    register_device("u", "phone");
    channel.answers["phone"] = failed_for_now;
    ASSERT_TRUE(is<Retry>(run_job(1, kPayload)));
    channel.answers.clear();
    register_device("somebody else", "phone");
    EXPECT_TRUE(is<Done>(run_job(1, kPayload, {.attempt = 2})));
    EXPECT_EQ(delivery_of("phone"), "suppressed:device_gone");
    EXPECT_EQ(channel.sends_to("phone"), 1);
}

TEST_F(LedgerTest, PreferencesAreAskedAgainBeforeARetry) {
    register_device("u", "phone");
    channel.answers["phone"] = failed_for_now;
    ASSERT_TRUE(is<Retry>(run_job(1, kPayload)));
    channel.answers.clear();
    sql("SELECT barid.set_preference('u', false, channel => 'push')");
    EXPECT_TRUE(is<Done>(run_job(1, kPayload, {.attempt = 2})));
    EXPECT_EQ(delivery_of("phone"), "suppressed:preference:channel");
    EXPECT_EQ(channel.sends_to("phone"), 1);
}

TEST_F(LedgerTest, AShutdownLeavesTheRestForTheNextAttempt) {
    for (int i = 0; i < 30; ++i) register_device("u", "phone-" + std::to_string(i));
    cancelled = [this] { return channel.sent.size() >= 10; };
    const auto first = run_job(1, kPayload);
    ASSERT_TRUE(is<Retry>(first)) << text_of(first);
    EXPECT_LT(channel.sent.size(), 30U);
    cancelled = [] { return false; };
    ASSERT_TRUE(is<Done>(run_job(1, kPayload, {.attempt = 2})));
    EXPECT_EQ(channel.sent.size(), 30U) << "a device was left out or sent to twice";
    EXPECT_LE(channel.max_in_flight, 8);
    EXPECT_GT(channel.max_in_flight, 1);
}

TEST_F(LedgerTest, ACancelledAttemptWritesDownWhatItKnows) {
    register_device("u", "fast");
    register_device("u", "slow");
    asio::steady_timer never(io.io, SteadyTime::max());
    asio::cancellation_signal cancel;
    const auto work = [&]() -> awaitable<void> {
        bool ended = false;
        channel.answers["slow"] = [&]() -> SendResult {
            cancel.emit(asio::cancellation_type::terminal);
            return {.kind = SendClass::accepted};
        };
        asio::co_spawn(io.io, attempt(1, kPayload, {}),
                       asio::bind_cancellation_slot(cancel.slot(),
                                                    [&](std::exception_ptr, const queue::Outcome&) {
                                                        ended = true;
                                                        never.cancel();
                                                    }));
        while (!ended) co_await never.async_wait(use_tuple);
    };
    io.run(work());
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery WHERE state = 'sending'"), "0");
    EXPECT_EQ(delivery_of("slow"), "accepted:");
}

TEST_F(LedgerTest, OutcomesSurviveTheLossOfEveryConnection) {
    register_device("u", "phone");
    channel.answers["phone"] = [this]() -> SendResult {
        sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()");
        return {.kind = SendClass::accepted};
    };
    run_job(1, kPayload);
    EXPECT_EQ(delivery_of("phone"), "accepted:");
    ASSERT_TRUE(is<Done>(run_job(1, kPayload, {.attempt = 2})));
    EXPECT_EQ(channel.sends_to("phone"), 1);
}

TEST_F(LedgerTest, AnExceptionInTheChannelIsTakenForMaybeSent) {
    register_device("u", "phone");
    channel.answers["phone"] = []() -> SendResult { throw std::runtime_error("oh no"); };
    const auto outcome = run_job(1, kPayload);
    EXPECT_TRUE(is<Retry>(outcome));
    EXPECT_EQ(delivery_of("phone"), "unknown:exception");
}

TEST_F(LedgerTest, MoreDevicesThanAWaveAreAllReached) {
    sql("SELECT barid.upsert_user('u')");
    sql("INSERT INTO barid.device (user_id, target, platform) "
        "SELECT 'u', 'd' || n, 'ios' FROM generate_series(1, 100) n");
    ASSERT_TRUE(is<Done>(run_job(1, kPayload)));
    EXPECT_EQ(channel.sent.size(), 100U);
}

}  // namespace
}  // namespace barid::notify
