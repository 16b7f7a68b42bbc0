#include "queue/job_notes.hpp"

#include <gtest/gtest.h>

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

Job job(std::int64_t id, const std::string& claim = "c1") {
    Job job;
    job.id = id;
    job.claim_id = claim;
    return job;
}

std::vector<int> numbers(const std::vector<JobNotes::Line>& lines) {
    std::vector<int> all;
    for (const auto& line : lines) all.push_back(line.n);
    return all;
}

class Notes : public testing::Test {
  protected:
    SteadyTime now{1h};
    JobNotes notes;
};

TEST_F(Notes, OfARunningJobAreDueOnceASecond) {
    notes.add(job(1), "first", now);
    EXPECT_EQ(notes.take(now).size(), 1U);
    notes.add(job(1), "second", now + 1ms);
    EXPECT_TRUE(notes.take(now + 500ms).empty());
    const auto due = notes.take(now + 1s);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].text, "second");
    EXPECT_EQ(due[0].n, 2);
    EXPECT_TRUE(notes.empty());
}

TEST_F(Notes, OfAnEndedJobAreDueAtOnce) {
    EXPECT_TRUE(notes.take(now).empty());
    notes.add(job(1), "running", now);
    notes.add(job(2), "ended", now);
    notes.ended(job(2));
    const auto due = notes.take(now + 1ms);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].job_id, 2);
    EXPECT_FALSE(notes.empty());
}

TEST_F(Notes, AreOneLineEachOfStorableText) {
    notes.add(job(1), std::string("a\0b\nc\x1B[31m \xFF", 12), now);
    notes.add(job(1), std::string(1000, 'x'), now);
    std::string arabic;
    while (arabic.size() < 600) arabic += "بدأ الطلب ";
    notes.add(job(1), arabic, now);
    notes.add(job(1), "", now);
    const auto due = notes.take(now);
    ASSERT_EQ(due.size(), 3U);
    EXPECT_EQ(due[0].text, "a b c [31m \xEF\xBF\xBD");
    EXPECT_EQ(due[1].text.size(), 500U);
    EXPECT_LE(due[2].text.size(), 500U);
    EXPECT_TRUE(due[2].text.starts_with("بدأ الطلب بدأ"));
    EXPECT_TRUE(due[2].text.ends_with("…"));
}

TEST_F(Notes, KeepTheFirstAndTheNewestOfAChattyJob) {
    for (int i = 0; i < 500; ++i) notes.add(job(1), "line", now);
    const auto kept = numbers(notes.take(now));
    ASSERT_EQ(kept.size(), 100U);
    EXPECT_EQ(kept.front(), 1);
    EXPECT_EQ(kept[19], 20);
    EXPECT_EQ(kept[20], 421);
    EXPECT_EQ(kept.back(), 500);
}

TEST_F(Notes, AreBoundedOverAllJobs) {
    for (int id = 1; id <= 200; ++id) {
        for (int i = 0; i < 100; ++i) notes.add(job(id), "line", now);
        notes.ended(job(id));
    }
    EXPECT_EQ(notes.take(now).size(), JobNotes::kOfAllJobs);
    notes.add(job(1), "there is room again", now);
    EXPECT_EQ(notes.take(now + 2s).size(), 1U);
}

TEST_F(Notes, OfALostLeaseAreForgotten) {
    notes.add(job(1), "nobody may read this", now);
    notes.forget(job(1));
    EXPECT_TRUE(notes.empty());
    EXPECT_TRUE(notes.take(now).empty());
    notes.add(job(1), "old", now);
    notes.add(job(1, "c2"), "new", now);
    const auto due = notes.take(now + 2s);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].text, "new");
    EXPECT_EQ(due[0].n, 1);
}

TEST_F(Notes, ThatCouldNotBeWrittenAreDueAgain) {
    notes.add(job(1), "line", now);
    notes.put_back(notes.take(now));
    EXPECT_FALSE(notes.empty());
    EXPECT_EQ(notes.take(now).size(), 1U);
    EXPECT_TRUE(notes.empty());
}

}  // namespace
}  // namespace barid::queue
