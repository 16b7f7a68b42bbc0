// translate.backfill: a whole table, step by step.
#include "jobs/translate_backfill.hpp"
#include "tests/integration/translate/attached_fixture.hpp"

namespace barid::translate {
namespace {

class Backfill : public AttachedFixture {
  protected:
    static constexpr int kRows = 60;

    Backfill() {
        // Before it is attached: nothing is known of these.
        shop(
            "INSERT INTO product (id, name) SELECT i, CASE WHEN i % 2 = 0 THEN 'Red shirt' "
            "ELSE 'Blue shirt' END FROM generate_series(1, " +
            std::to_string(kRows) + ") i");
        shop("SELECT barid.auto_translate('product', columns => '{name}')");
    }

    std::string start(const std::string& more = "") const {
        return db.sql("SELECT barid.translate_backfill('product'" + more + ")");
    }
    std::string now(const std::string& what) const {
        return db.sql("SELECT " + what +
                      " FROM barid.translation_backfills ORDER BY id DESC LIMIT 1");
    }
    std::string step(int size = 25) const {
        return db.sql("SELECT barid.translate_backfill_step(id, job_id, " + std::to_string(size) +
                      ") FROM barid.translation_backfills ORDER BY id DESC LIMIT 1");
    }
    int count(const std::string& what) const {
        return std::stoi(db.sql("SELECT count(*) FROM " + what));
    }

    /// As a worker runs it: the coordinator until it rests, then the jobs that are there.
    queue::Outcome coordinate() {
        jobs::Registry registry;
        jobs::register_translate_backfill(registry, pool, clock, {.page = 25});
        queue::Job job;
        job.id = std::stoll(now("job_id"));
        job.kind = "translate.backfill";
        jobs::JobContext context{.job = job,
                                 .log = log::Logger(),
                                 .deadline = clock.steady_now() + std::chrono::seconds(60),
                                 .progress = [](double, const std::string&) {},
                                 .cancelled = [] { return false; }};
        return io.run(registry.find("translate.backfill")
                          ->run(context, {{"backfill", std::stoll(now("id"))}}));
    }
    void work_all() {
        const pg::Result jobs = io.run(pool.execute(
            "SELECT id, payload ->> 'entity_id' FROM barid.job WHERE kind = 'translate.content' "
            "ORDER BY id"));
        most = std::max(most, jobs.size());
        for (const pg::Row row : jobs) {
            work(row.get<std::string>(1));
            db.sql("DELETE FROM barid.job WHERE id = " + std::to_string(row.get<std::int64_t>(0)));
        }
    }
    void run_to_end() {
        for (int i = 0; i < 100; ++i) {
            if (std::holds_alternative<queue::Done>(coordinate())) return;
            work_all();
        }
        ADD_FAILURE() << "no end";
    }

    int most = 0;  ///< jobs under way at once
};

TEST_F(Backfill, TranslatesAWholeTableWithFewJobsUnderWay) {
    EXPECT_EQ(db.sql("SELECT p::text FROM barid.translate_backfill_preview('product') p"),
              "(product,60,60,60,0,0,19)")
        << "the same text counts once";
    start(", ahead => 7");
    run_to_end();
    EXPECT_EQ(most, 7);
    EXPECT_EQ(count("shop.product WHERE name_ar IN ('قميص أحمر', 'قميص أزرق')"), kRows);
    EXPECT_EQ(now("state || '/' || seen || '/' || total || '/' || enqueued || '/' || in_flight"),
              "done/60/60/60/0");
    EXPECT_EQ(maker.calls.size(), 2U) << "the memory answers for the rest";
    EXPECT_EQ(db.sql("SELECT p::text FROM barid.translate_backfill_preview('product') p"),
              "(product,60,0,0,0,0,0)");
}

TEST_F(Backfill, MakesNoJobForWhatIsCurrentOrWaitsForAPerson) {
    start();
    run_to_end();
    maker.dictionary.clear();
    shop("UPDATE product SET name = 'Unknown words' WHERE id = 5");
    work("5");
    EXPECT_EQ(review("reason"), "unchanged");
    shop("UPDATE product SET name_ar = 'كتبها محرر' WHERE id = 6");
    db.sql("DELETE FROM barid.job");
    start();
    run_to_end();
    EXPECT_EQ(now("state || '/' || enqueued"), "done/0");
}

TEST_F(Backfill, StartsOnceHoweverOftenItIsAskedFor) {
    const std::string id = start();
    EXPECT_EQ(start(), id);
    EXPECT_EQ(count("barid.job WHERE kind = 'translate.backfill'"), 1);
    // Its job is gone, as after a failure for good: asking again wakes it.
    db.sql("DELETE FROM barid.job");
    EXPECT_EQ(start(), id);
    EXPECT_EQ(count("barid.job WHERE kind = 'translate.backfill'"), 1);
    run_to_end();
    EXPECT_NE(start(), id) << "a new one when that is over";
}

TEST_F(Backfill, GoesOnWhereItWasWhenAStepIsLost) {
    start(", ahead => 30");
    EXPECT_EQ(step(), "more");
    EXPECT_EQ(now("seen"), "25");
    // Killed before the commit: neither the jobs nor the cursor.
    db.sql(
        "BEGIN; SELECT barid.translate_backfill_step(id, job_id, 25) "
        "FROM barid.translation_backfills; ROLLBACK");
    EXPECT_EQ(now("seen"), "25");
    EXPECT_EQ(count("barid.job WHERE kind = 'translate.content'"), 25);
    run_to_end();
    EXPECT_EQ(now("enqueued"), "60") << "every row once";
}

TEST_F(Backfill, RestsGoesOnAndStops) {
    const std::string id = start(", ahead => 10");
    EXPECT_EQ(step(), "more");
    EXPECT_EQ(step(), "wait");
    EXPECT_EQ(db.sql("SELECT barid.translate_backfill_pause(" + id + ", 'amal')"), "paused");
    EXPECT_EQ(step(), "stop");
    EXPECT_EQ(start(), id) << "one that rests is the same one";
    EXPECT_EQ(db.sql("SELECT barid.translate_backfill_resume(" + id + ")"), "running");
    EXPECT_EQ(db.sql("SELECT barid.translate_backfill_step(" + id + ", 1)"), "stop")
        << "a job from before has no say";
    EXPECT_EQ(step(), "wait");
    EXPECT_EQ(now("(estimated_end > now())::text"), "true");
    EXPECT_EQ(db.sql("SELECT barid.translate_backfill_cancel(" + id + ")"), "cancelled");
    EXPECT_EQ(count("barid.job WHERE kind = 'translate.content'"), 0);
    EXPECT_EQ(step(), "stop");
    EXPECT_EQ(db.sql("SELECT barid.translate_backfill_resume(" + id + ")"), "cancelled");
}

TEST_F(Backfill, LeavesWhatChangesMeanwhileToTheEditsOwnJob) {
    start(", ahead => 10");
    EXPECT_EQ(step(), "more");
    shop("UPDATE product SET name = 'Wool rug' WHERE id IN (3, 40)");
    shop("UPDATE product SET name = 'Mat', name_ar = 'كتبها محرر' WHERE id IN (4, 41)");
    shop("DELETE FROM product WHERE id IN (5, 42)");
    shop("INSERT INTO product (id, name) VALUES (100, 'Red shirt')");
    run_to_end();
    work_all();
    EXPECT_EQ(cell("name_ar", 3) + cell("name_ar", 40), "سجادة صوفسجادة صوف");
    EXPECT_EQ(cell("name_ar", 4) + cell("name_ar", 41), "كتبها محرركتبها محرر");
    EXPECT_EQ(cell("name_ar", 100), "قميص أحمر");
    EXPECT_EQ(count("shop.product WHERE name_ar IS NULL"), 0);
}

TEST_F(Backfill, TakesTextsFromBeforeForPersonsTexts) {
    shop("UPDATE product SET name_ar = 'كتبها محرر' WHERE id <= 10");
    db.sql("TRUNCATE barid.translation; DELETE FROM barid.job");
    EXPECT_EQ(db.sql("SELECT human FROM barid.translate_backfill_preview('product')"), "10");
    start();
    run_to_end();
    EXPECT_EQ(count("shop.product WHERE name_ar = 'كتبها محرر' AND id <= 10"), 10);
    EXPECT_EQ(count("barid.translation WHERE origin = 'human'"), 10);
}

TEST_F(Backfill, FailsWithTheReasonWhenTheTableIsNoLongerAttached) {
    start();
    shop("SELECT barid.stop_auto_translate('product')");
    EXPECT_TRUE(std::holds_alternative<queue::Done>(coordinate()));
    EXPECT_EQ(now("state || ': ' || error"), "failed: the table is not attached any more");
    EXPECT_THROW(start(), std::runtime_error);
}

TEST_F(Backfill, FailsWithTheReasonWhenTheTableIsGone) {
    start();
    shop("DROP TABLE product");
    EXPECT_TRUE(std::holds_alternative<queue::Fail>(coordinate()));
    EXPECT_NE(now("error").find("shop.product"), std::string::npos) << now("error");
}

TEST_F(Backfill, GoesByTheOrderOfTextIds) {
    shop("CREATE TABLE post (id text PRIMARY KEY, name text, name_ar text)");
    shop("INSERT INTO post SELECT md5(i::text), 'Red shirt' FROM generate_series(1, 30) i");
    shop("SELECT barid.auto_translate('post', columns => '{name}')");
    db.sql("SELECT barid.translate_backfill('post')");
    while (step(7) == "more") {
    }
    EXPECT_EQ(now("seen || '/' || enqueued"), "30/30");
    EXPECT_EQ(db.sql("SELECT count(DISTINCT payload ->> 'entity_id') FROM barid.job "
                     "WHERE kind = 'translate.content'"),
              "30");
}

}  // namespace
}  // namespace barid::translate
