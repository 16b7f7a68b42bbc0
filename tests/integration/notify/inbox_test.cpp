// The inbox: exactly once, whatever runs twice; its unread count is derived.
#include <set>

#include "tests/integration/notify/notify_fixture.hpp"

namespace barid::notify {
namespace {

using queue::Done;
using support::is;
using support::text_of;
using testing::HasSubstr;

class Inbox : public support::NotifyTest {
  protected:
    static std::string payload(const std::string& more = "") {
        return R"({"user":"u","title":{"en":"T","ar":"ع"},"body":{"en":"B","ar":"ن"})" + more + "}";
    }
    std::string items() const { return sql("SELECT count(*) FROM barid.inbox_item"); }
};

TEST_F(Inbox, ConcurrentDuplicatesMakeOneItemAndOnePush) {
    register_device("u", "phone");
    std::vector<queue::Outcome> outcomes;
    const auto all = [&]() -> awaitable<void> {
        asio::steady_timer done(io.io, SteadyTime::max());
        for (int i = 0; i < 20; ++i) {
            asio::co_spawn(io.io, attempt(i + 1, payload(R"(,"dedupe_key":"order-1")"), {}),
                           [&](std::exception_ptr, queue::Outcome outcome) {
                               outcomes.push_back(std::move(outcome));
                               if (outcomes.size() == 20) done.cancel();
                           });
        }
        co_await done.async_wait(use_tuple);
    };
    io.run(all());
    int duplicates = 0;
    for (const auto& outcome : outcomes) {
        ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
        if (text_of(outcome).find("duplicate_of") != std::string::npos) ++duplicates;
    }
    EXPECT_EQ(duplicates, 19);
    EXPECT_EQ(items(), "1");
    EXPECT_EQ(channel.sends_to("phone"), 1);
}

TEST_F(Inbox, TheSameKeyOfTwoUsersIsTwoNotifications) {
    run_job(1, R"({"user":"a","title":{"en":"T"},"body":{"en":"B"},"dedupe_key":"k"})");
    run_job(2, R"({"user":"b","title":{"en":"T"},"body":{"en":"B"},"dedupe_key":"k"})");
    EXPECT_EQ(items(), "2");
}

TEST_F(Inbox, WithoutAKeyTheJobIsTheKey) {
    run_job(1, payload());
    run_job(1, payload(), {.attempt = 2});
    EXPECT_EQ(items(), "1");
    run_job(2, payload());
    EXPECT_EQ(items(), "2");
}

TEST_F(Inbox, IsKeptForAUserWithoutDevicesAndWithoutARegistration) {
    const auto outcome = run_job(1, payload());
    ASSERT_TRUE(is<Done>(outcome)) << text_of(outcome);
    EXPECT_EQ(items(), "1");
    EXPECT_EQ(sql("SELECT state || reason FROM barid.delivery"), "suppressedno_device");
}

TEST_F(Inbox, StaysWhenPushIsOff) {
    register_device("u", "phone");
    sql("SELECT barid.set_preference('u', false, 'general', 'push')");
    ASSERT_TRUE(is<Done>(run_job(1, payload())));
    EXPECT_EQ(items(), "1");
    EXPECT_EQ(channel.sends_to("phone"), 0);
    EXPECT_EQ(sql("SELECT state || ' ' || reason FROM barid.delivery"),
              "suppressed preference:category+channel");
}

TEST_F(Inbox, IsLeftOutWhenTheUserTurnedItOffAndThatIsWrittenDown) {
    register_device("u", "phone");
    sql("SELECT barid.set_preference('u', false, channel => 'inbox')");
    ASSERT_TRUE(is<Done>(run_job(1, payload())));
    EXPECT_EQ(items(), "0");
    EXPECT_EQ(channel.sends_to("phone"), 1);
    EXPECT_EQ(sql("SELECT state || ' ' || reason FROM barid.delivery WHERE channel = 'inbox'"),
              "suppressed preference:channel");
}

TEST_F(Inbox, ACriticalCategoryOverridesEveryChoice) {
    register_device("u", "phone");
    sql("SELECT barid.upsert_category('otp', critical => true)");
    sql("SELECT barid.set_preference('u', false)");
    ASSERT_TRUE(is<Done>(run_job(1, payload(R"(,"category":"otp")"))));
    EXPECT_EQ(channel.sends_to("phone"), 1);
    EXPECT_EQ(items(), "1");
    ASSERT_TRUE(is<Done>(run_job(2, payload())));
    EXPECT_EQ(channel.sends_to("phone"), 1);
}

TEST_F(Inbox, GoesOnlyWhereThePayloadWants) {
    register_device("u", "phone");
    run_job(1, payload(R"(,"channels":["inbox"])"));
    EXPECT_EQ(channel.sends_to("phone"), 0);
    EXPECT_EQ(items(), "1");
    run_job(2, payload(R"(,"channels":["push"])"));
    EXPECT_EQ(channel.sends_to("phone"), 1);
    EXPECT_EQ(items(), "1");
}

TEST_F(Inbox, TheUnreadCountFollowsTheRows) {
    for (int job = 1; job <= 5; ++job) run_job(job, payload());
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "5");
    EXPECT_EQ(sql("SELECT barid.mark_read('u', ARRAY(SELECT id FROM barid.inbox('u', 2)))"), "2");
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "3");
    EXPECT_EQ(sql("SELECT barid.mark_read('u', ARRAY(SELECT id FROM barid.inbox('u', 2)))"), "0")
        << "read twice, counted twice";
    EXPECT_EQ(sql("SELECT barid.mark_read('someone else')"), "0");
    EXPECT_EQ(sql("SELECT barid.mark_read('u')"), "3");
    EXPECT_EQ(sql("SELECT barid.unread_count('u')"), "0");
    EXPECT_EQ(sql("SELECT barid.unread_count('nobody')"), "0");
}

TEST_F(Inbox, PagesCoverEveryItemOnceNewestFirst) {
    for (int job = 1; job <= 7; ++job) run_job(job, payload());
    sql("UPDATE barid.inbox_item SET created_at = '2026-01-01'");  // ties are broken by the id
    std::set<std::string> seen;
    std::string before = "NULL, NULL";
    for (int page = 0; page < 4; ++page) {
        const std::string rows =
            sql("SELECT string_agg(id::text, ',') FROM barid.inbox('u', 2, " + before + ")");
        if (rows.empty()) break;
        for (std::size_t at = 0; at < rows.size(); at += 37) {
            EXPECT_TRUE(seen.insert(rows.substr(at, 36)).second);
        }
        before = "'2026-01-01', '" + rows.substr(rows.size() - 36) + "'";
    }
    EXPECT_EQ(seen.size(), 7U);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox('other')"), "0");
}

}  // namespace
}  // namespace barid::notify
