#include "worker/watch_screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/doctor_queue.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

QueueSample queue(const std::string& name, std::int64_t due) {
    QueueSample sample{.name = name};
    sample.due = due;
    sample.counted_to = 10'000;
    return sample;
}

Look look(std::vector<QueueSample> queues, std::chrono::seconds at = 0s) {
    return {
        .at = std::chrono::steady_clock::time_point(at), .queues = std::move(queues), .kinds = {}};
}

TEST(WatchScreen, SaysWhereCountingStopped) {
    EXPECT_EQ(show_count(999, 10'000), "999");
    EXPECT_EQ(show_count(9'999, 10'000), "9,999");
    EXPECT_EQ(show_count(10'000, 10'000), "10,000+");
    EXPECT_EQ(show_count(1'234'567, 0), "1,234,567");
}

TEST(WatchScreen, ShowsAgesInTwoUnits) {
    EXPECT_EQ(show_age(0.44), "0.4s");
    EXPECT_EQ(show_age(192), "3m12s");
    EXPECT_EQ(show_age(7500), "2h05m");
    EXPECT_EQ(show_age(273'600), "3d04h");
}

TEST(WatchScreen, ShowsTheChangeBetweenTwoLooks) {
    const Look before = look({queue("mail", 100), queue("deep", 10'000)}, 10s);
    const Look now = look({queue("mail", 80), queue("deep", 9'000), queue("new", 1)}, 14s);
    const std::string table = live_table(now, &before);
    EXPECT_THAT(table, HasSubstr("-5.0"));
    EXPECT_THAT(table, HasSubstr("?"));  // it was more than could be counted
    EXPECT_THAT(live_table(now, nullptr), Not(HasSubstr("?")));
}

TEST(WatchScreen, FitsTheTerminal) {
    std::vector<QueueSample> queues;
    for (int i = 0; i < 50; ++i) queues.push_back(queue("queue-" + std::to_string(i), i));
    const std::string screen = watch_screen(look(queues), nullptr, {.columns = 30, .lines = 10},
                                            "12:00:00", "the database is away");
    EXPECT_EQ(std::ranges::count(screen, '\n'), 10);
    EXPECT_THAT(screen, HasSubstr("… more\n"));
    EXPECT_THAT(screen, HasSubstr("\nthe database is away\n"));
    std::size_t longest = 0;
    for (std::size_t begin = 0; begin < screen.size();) {
        const std::size_t end = screen.find('\n', begin);
        longest = std::max(longest, end - begin);
        begin = end + 1;
    }
    EXPECT_LE(longest, 30U);
    EXPECT_THAT(watch_screen(look({}), nullptr, {.columns = 0, .lines = 0}, "", ""), IsEmpty());
}

Finding only(const QueueFacts& facts) {
    const Findings findings = judge_queue(facts);
    EXPECT_EQ(findings.size(), 1U);
    return findings.front();
}

TEST(DoctorQueue, AQuietQueueIsOk) {
    EXPECT_EQ(only({}).level, Finding::Level::ok);
}

TEST(DoctorQueue, DeadRowsAreAWarningThatSaysWhy) {
    QueueFacts facts;
    facts.sample.dead_rows = 300'000;
    facts.sample.live_rows = 10;
    EXPECT_THAT(only(facts).text, HasSubstr("300,000 dead rows beside 10 live ones"));
    EXPECT_THAT(only(facts).text, HasSubstr("never"));
    EXPECT_THAT(only(facts).advice, HasSubstr("doesn't keep up"));
    facts.vacuumed = 30s;
    EXPECT_THAT(only(facts).advice, HasSubstr("see the check vacuum"));
    facts.sample.live_rows = 5'000'000;
    EXPECT_EQ(only(facts).level, Finding::Level::ok);
    facts.job_autovacuum = false;
    EXPECT_THAT(only(facts).advice, HasSubstr("RESET (autovacuum_enabled)"));
}

TEST(DoctorQueue, NamesWhatKeepsJobsWaiting) {
    QueueFacts facts;
    facts.sample.queues.push_back(queue("mail", 10'000));
    facts.sample.queues.back().oldest_due_seconds = 7500;
    EXPECT_THAT(only(facts).text,
                HasSubstr("queue mail: 10,000+ jobs are due, the oldest for 2h05m"));
    EXPECT_THAT(only(facts).advice, HasSubstr("no worker serves it"));
    facts.served = {"*"};
    EXPECT_THAT(only(facts).advice, HasSubstr("start more"));
    facts.sample.queues.back().paused = true;
    EXPECT_EQ(only(facts).level, Finding::Level::ok);

    facts.sample.blocked_keys = 2;
    EXPECT_THAT(only(facts).advice, HasSubstr("barid.unblock_key"));
    facts.sample.blocked_keys = 0;
    facts.stale_claims = 4;
    EXPECT_THAT(only(facts).text,
                HasSubstr("4 batches of jobs are claimed by workers that are gone"));
    facts.stale_claims = 0;
    facts.sample.notification_usage = 0.11;
    EXPECT_THAT(only(facts).text, HasSubstr("11 % full"));
}

}  // namespace
}  // namespace barid::worker
