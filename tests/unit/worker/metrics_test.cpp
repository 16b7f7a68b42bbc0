#include "worker/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

ProcessSample process() {
    ProcessSample sample;
    sample.lease_alive = true;
    sample.running = 3;
    sample.claimed = 12;
    sample.settles.add(7ms);
    ProcessSample::Kind kind{.name = "http.deliver", .meter = {}};
    kind.meter.outcomes = {5, 1, 0, 2, 4};
    kind.meter.duration.add(20ms);
    kind.meter.duration.add(2s);
    kind.meter.duration.add(1h);
    sample.kinds.push_back(kind);
    return sample;
}

TEST(Histogram, CountsEachDurationOnceInTheFirstBucketThatHoldsIt) {
    Histogram histogram;
    histogram.add(1ms);
    histogram.add(1001us);
    histogram.add(400s);
    EXPECT_EQ(histogram.counts.front(), 1U);
    EXPECT_EQ(histogram.counts.at(1), 1U);
    EXPECT_EQ(histogram.counts.back(), 1U);
    EXPECT_NEAR(histogram.sum, 400.002, 0.0001);
}

TEST(Metrics, ShowWhatTheProcessCounted) {
    const std::string text = render_metrics({{"", process(), nullptr}});
    EXPECT_THAT(text, HasSubstr("# TYPE barid_jobs_finished_total counter\n"));
    EXPECT_THAT(text, HasSubstr("barid_jobs_finished_total{kind=\"http.deliver\","
                                "outcome=\"completed\"} 5\n"));
    EXPECT_THAT(text, HasSubstr("outcome=\"given_back\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("barid_job_duration_seconds_bucket{kind=\"http.deliver\","
                                "le=\"2.5\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("barid_job_duration_seconds_count{kind=\"http.deliver\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("barid_jobs_running 3\n"));
    EXPECT_THAT(text, HasSubstr("barid_lease_alive 1\n"));
    EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes "));
}

TEST(Metrics, LeaveOutTheDatabaseRatherThanShowOldValues) {
    const std::string text = render_metrics({{"", process(), nullptr}});
    EXPECT_THAT(text, HasSubstr("barid_database_up 0\n"));
    EXPECT_THAT(text, Not(HasSubstr("barid_queue_jobs")));
}

TEST(Metrics, ShowWhatTranslationCostsToday) {
    DatabaseSample database;
    database.providers.push_back({.name = "deepl",
                                  .requests = 2,
                                  .texts = 9,
                                  .characters = 750,
                                  .errors = 1,
                                  .cost = 0.015});
    database.providers.back().paused = true;
    const std::string text =
        render_metrics({{"", process(), std::make_shared<DatabaseSample>(database)}});
    EXPECT_THAT(text, HasSubstr("barid_translation_characters_today{provider=\"deepl\"} 750\n"));
    EXPECT_THAT(text, HasSubstr("barid_translation_cost_today{provider=\"deepl\"} 0.015\n"));
    EXPECT_THAT(text, HasSubstr("barid_translation_paused{provider=\"deepl\"} 1\n"));
}

TEST(Metrics, ShowQueuesByStateAndReason) {
    DatabaseSample database;
    database.queues.push_back({.name = "mail", .paused = true, .due = 10'000, .later = 3});
    QueueSample& mail = database.queues.back();
    mail.parked = 7;
    mail.parked_by = {{"limit", 5}, {"parents", 2}};
    mail.oldest_due_seconds = 12.5;
    mail.counted_to = 10'000;
    database.notification_usage = 0.25;
    const std::string text =
        render_metrics({{"", process(), std::make_shared<DatabaseSample>(database)}});
    EXPECT_THAT(text, HasSubstr("barid_database_up 1\n"));
    EXPECT_THAT(text, HasSubstr("barid_queue_jobs{queue=\"mail\",state=\"due\"} 10000\n"));
    EXPECT_THAT(text, HasSubstr("barid_queue_parked_jobs{queue=\"mail\",reason=\"parents\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("barid_queue_oldest_due_seconds{queue=\"mail\"} 12.5\n"));
    EXPECT_THAT(text, HasSubstr("barid_queue_paused{queue=\"mail\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("barid_queue_counted_to 10000\n"));
    EXPECT_THAT(text, HasSubstr("barid_notification_queue_usage_ratio 0.25\n"));
}

TEST(Metrics, NameTheDatabaseWhenThereAreSeveral) {
    DatabaseSample eu;
    eu.queues.push_back({.name = "mail", .due = 4});
    ProcessSample away;
    const std::string text =
        render_metrics({{"eu", process(), std::make_shared<DatabaseSample>(eu)}, {"us", away, {}}});
    EXPECT_THAT(text, HasSubstr("barid_database_up{database=\"eu\"} 1\n"
                                "barid_database_up{database=\"us\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("barid_jobs_running{database=\"eu\"} 3\n"
                                "barid_jobs_running{database=\"us\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("{database=\"eu\",queue=\"mail\",state=\"due\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("_count{database=\"eu\",kind=\"http.deliver\"} 3\n"));
    const std::string type = "# TYPE barid_jobs_running ";
    EXPECT_EQ(text.find(type), text.rfind(type)) << "a name may be described once only";
    EXPECT_THAT(text, ContainsRegex("\nprocess_resident_memory_bytes [0-9]"));
}

}  // namespace
}  // namespace barid::worker
