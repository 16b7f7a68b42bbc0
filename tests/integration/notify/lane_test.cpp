// The fleet's pace: quota, pauses, the ramp of broadcasts, and what a process keeps of a lease.
#include "notify/lane_book.hpp"
#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::notify {
namespace {

using namespace std::chrono_literals;

class LaneTest : public support::NotifyTest {
  protected:
    LaneGrant lease(int want, Lane lane = Lane::transactional, int quota = 6000,
                    std::chrono::seconds ramp = 60s) {
        return io.run(ledger.lease_lane("default", lane, want, quota, ramp));
    }
    /// As if so much time had passed since the lane was last looked at.
    void pass(const std::string& time) {
        sql("UPDATE barid.rate_lane SET refilled_at = refilled_at - interval '" + time +
            "', broadcast_refilled_at = broadcast_refilled_at - interval '" + time +
            "', ramp_started_at = ramp_started_at - interval '" + time + "'");
    }
    Ledger ledger{pool};
};

TEST_F(LaneTest, AQuotaIsSharedByWhoeverAsks) {
    // 6000 a minute: 100 a second, and no more than a second's worth at once.
    EXPECT_EQ(lease(80).granted, 80);
    Ledger other(pool);
    const LaneGrant rest = io.run(other.lease_lane("default", Lane::transactional, 80, 6000, 60s));
    EXPECT_GE(rest.granted, 20);
    EXPECT_LT(rest.granted, 60);
    const LaneGrant none = lease(80);
    EXPECT_LT(none.granted, 40);
    EXPECT_GT(none.wait, 0ms);
    pass("1 hour");
    EXPECT_EQ(lease(500).granted, 100) << "an hour's silence saves up no more than a second";
}

TEST_F(LaneTest, WithoutAQuotaEverythingIsGranted) {
    EXPECT_EQ(lease(100'000, Lane::transactional, 0).granted, 100'000);
    EXPECT_EQ(lease(100'000, Lane::broadcast, 0, 0s).granted, 100'000);
}

TEST_F(LaneTest, APausedLaneGrantsNothingToAnybodyUntilItEnds) {
    EXPECT_EQ(lease(1).granted, 1);
    io.run(ledger.pause_lane("default", 120s, "quota"));
    for (const Lane lane : {Lane::transactional, Lane::broadcast}) {
        const LaneGrant grant = lease(1, lane);
        EXPECT_EQ(grant.granted, 0);
        EXPECT_GT(grant.wait, 100s);
        EXPECT_LE(grant.wait, 120s);
    }
    // A shorter pause doesn't shorten it.
    io.run(ledger.pause_lane("default", 5s, "quota"));
    EXPECT_GT(lease(1).wait, 100s);
    sql("UPDATE barid.rate_lane SET paused_until = now() - interval '1 ms'");
    EXPECT_EQ(lease(1).granted, 1);
}

TEST_F(LaneTest, ABroadcastsRateRisesFromNothingToTheQuotaDuringTheRamp) {
    EXPECT_LE(lease(1000, Lane::broadcast).granted, 2);
    const auto granted_after = [&](const std::string& time) {
        pass(time);
        (void)lease(1000, Lane::broadcast);  // what had gathered
        pass("1 second");
        return lease(1000, Lane::broadcast).granted;
    };
    const int early = granted_after("5 seconds");
    EXPECT_GE(early, 5);
    EXPECT_LE(early, 40);
    const int half = granted_after("25 seconds");
    EXPECT_GE(half, 45);
    EXPECT_LE(half, 80);
    // At the end a quarter of a second's quota is left to others.
    EXPECT_EQ(granted_after("30 seconds"), 75);
    // A minute without broadcasts, and it starts again.
    pass("61 seconds");
    EXPECT_LE(lease(1000, Lane::broadcast).granted, 2);
}

TEST_F(LaneTest, AnOrderFindsRoomWhileABroadcastTakesAllItMay) {
    (void)lease(1, Lane::broadcast);
    pass("2 minutes");
    sql("UPDATE barid.rate_lane SET ramp_started_at = now() - interval '1 hour', "
        "broadcast_refilled_at = now() - interval '10 seconds'");
    EXPECT_EQ(lease(1000, Lane::broadcast).granted, 75);
    EXPECT_LE(lease(1000, Lane::broadcast).granted, 40);
    EXPECT_GE(lease(20, Lane::transactional).granted, 20);
}

TEST_F(LaneTest, AProcessUsesUpItsBlockBeforeItAsksAgain) {
    LaneBook book(ledger, clock, {.quota_per_minute = 6000, .ramp = 60s});
    EXPECT_EQ(io.run(book.take("default", Lane::transactional, 1)).granted, 1);
    const std::string left = sql("SELECT floor(tokens) FROM barid.rate_lane");
    EXPECT_EQ(left, "68") << "a block of 32 of 100";
    for (int i = 0; i < 31; ++i) {
        EXPECT_EQ(io.run(book.take("default", Lane::transactional, 1)).granted, 1);
    }
    EXPECT_EQ(sql("SELECT floor(tokens) FROM barid.rate_lane"), left);
    // What is not used goes back to the block, and a pause voids it.
    book.give_back("default", Lane::transactional, 3);
    EXPECT_EQ(io.run(book.take("default", Lane::transactional, 3)).granted, 3);
    EXPECT_EQ(sql("SELECT floor(tokens) FROM barid.rate_lane"), left);
    book.give_back("default", Lane::transactional, 3);
    book.forget("default");
    io.run(ledger.pause_lane("default", 60s, "quota"));
    EXPECT_EQ(io.run(book.take("default", Lane::transactional, 1)).granted, 0);
}

TEST_F(LaneTest, AJobWhoseLaneIsFullSendsWhatItMayAndComesBackForTheRest) {
    for (int i = 0; i < 8; ++i) register_device("u", "phone-" + std::to_string(i));
    io.run(ledger.pause_lane("default", 300s, "quota"));
    const auto outcome = run_job(1, R"({"user":"u","title":{"en":"T"},"body":{"en":"B"}})", Run{});
    const auto* retry = std::get_if<queue::Retry>(&outcome);
    ASSERT_NE(retry, nullptr);
    EXPECT_FALSE(retry->spend_attempt);
    ASSERT_TRUE(retry->after.has_value());
    EXPECT_GE(*retry->after, 290s);
    EXPECT_TRUE(channel.sent.empty());
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery_attempt"), "0") << "no attempt is used up";
    sql("UPDATE barid.rate_lane SET paused_until = NULL");
    ASSERT_TRUE(support::is<queue::Done>(
        run_job(1, R"({"user":"u","title":{"en":"T"},"body":{"en":"B"}})", Run{.attempt = 2})));
    EXPECT_EQ(channel.sent.size(), 8);
}

TEST_F(LaneTest, OneNotificationLeavesByAllItsChannels) {
    register_device("u", "phone");
    register_device("u", "tablet", ", project => 'second'");
    sql("SELECT barid.set_contact('u', 'noura@shop.example')");
    const auto outcome = run_job(1,
                                 R"({"user":"u","title":{"en":"T"},"body":{"en":"B"},)"
                                 R"("channels":["push","inbox","email","webhook"]})",
                                 Run{});
    ASSERT_TRUE(support::is<queue::Done>(outcome)) << support::text_of(outcome);
    EXPECT_EQ(sql("SELECT string_agg(channel || ':' || state, ' ' ORDER BY channel, device_id) "
                  "FROM barid.delivery"),
              "email:accepted push:accepted push:accepted webhook:accepted");
    EXPECT_EQ(channel.sends_to("noura@shop.example"), 1);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox_item"), "1");
    EXPECT_EQ(sql("SELECT string_agg(project, ' ' ORDER BY project) FROM barid.rate_lane"),
              "default email second webhook");
}

}  // namespace
}  // namespace barid::notify
