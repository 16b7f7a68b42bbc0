// Bulk actions: what is frozen, what each step leaves, and what a second run must not do again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using support::grants;

class BulkApi : public support::ApiFixture {
  protected:
    BulkApi() {
        api::add_jobs(routes);
        api::add_bulk(routes);
    }

    void fail_jobs(int n, const std::string& queue = "mail") {
        database.sql(fmt::format(
            R"(INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state,
                   priority, attempt, max_attempts, queue, kind, payload, errors)
               SELECT nextval('barid.job_id_seq'), now(), now(), now(), gen_random_uuid(),
                   'failed', 5, 3, 3, '{}', 'mail.send', '{{}}',
                   '[{{"attempt": 3, "error": "no such host"}}]' FROM generate_series(1, {}))",
            queue, n));
    }
    support::ApiAnswer start(json::object more = {}) {
        json::object body = {{"action", "retry"},
                             {"filter", {{"queue", "mail"}}},
                             {"expected", 3},
                             {"reason", "المزوّد عاد"}};
        for (auto& [key, value] : more) body[key] = value;
        return post("/bulk", body);
    }
    std::string step(std::int64_t id, int page = 1000) {
        return database.sql(fmt::format("SELECT barid.admin_bulk_step({}, {})", id, page));
    }
    json::value shown(std::int64_t id) { return get(fmt::format("/bulk/{}", id)).json; }
    std::int64_t count(const std::string& of) {
        return std::stoll(database.sql("SELECT count(*) FROM " + of));
    }
};

TEST_F(BulkApi, ShowsWhatItWouldHit) {
    fail_jobs(7);
    fail_jobs(2, "pictures");
    const auto seen =
        post("/bulk/preview", {{"action", "retry"}, {"filter", {{"kind", "mail.send"}}}}).json;
    EXPECT_EQ(seen.at("matched").at("count").as_int64(), 9);
    EXPECT_FALSE(seen.at("matched").at("capped").as_bool());
    EXPECT_EQ(seen.at("by_queue").at(0), (json::object{{"queue", "mail"}, {"count", 7}}));
    EXPECT_EQ(seen.at("sample").as_array().size(), 5U);
    EXPECT_EQ(count("barid.audit_log"), 0) << "nothing was changed";
}

TEST_F(BulkApi, FreezesWhatWasAskedAndDoesItInSteps) {
    fail_jobs(3);
    const auto begun = start();
    ASSERT_EQ(begun.status, 202) << begun.body;
    const auto id = begun.json.at("id").as_int64();
    EXPECT_EQ(begun.json.at("total").as_int64(), 3);
    fail_jobs(2);  // these failed later: nobody confirmed them
    EXPECT_EQ(step(id, 2), "more");
    EXPECT_EQ(shown(id).at("changed").as_int64(), 2);
    EXPECT_EQ(step(id, 2), "done");
    EXPECT_EQ(step(id, 2), "done") << "a second run finds it ended";
    const auto ended = shown(id);
    EXPECT_EQ(ended.at("state").as_string(), "completed");
    EXPECT_EQ(ended.at("changed").as_int64(), 3);
    EXPECT_EQ(ended.at("progress").to_number<double>(), 1);
    EXPECT_EQ(count("barid.job WHERE kind = 'mail.send'"), 3);
    EXPECT_EQ(count("barid.job_history"), 2);
    EXPECT_EQ(all_items(fmt::format("/bulk/{}/outcomes?limit=2", id)).size(), 3U);
    EXPECT_EQ(get("/bulk").items().size(), 1U);
    EXPECT_EQ(database.sql("SELECT action || ' ' || reason FROM barid.audit_log"),
              "bulk.retry المزوّد عاد");
}

TEST_F(BulkApi, LeavesAloneWhatAPersonTouchedMeanwhile) {
    fail_jobs(3);
    const auto id = start().json.at("id").as_int64();
    // Somebody retried the oldest, and it has failed again since.
    database.sql(R"(UPDATE barid.job_history SET finished_at = clock_timestamp()
                    WHERE id = (SELECT min(id) FROM barid.job_history))");
    EXPECT_EQ(step(id), "done");
    EXPECT_EQ(shown(id).at("changed").as_int64(), 2);
    EXPECT_EQ(count("barid.job_history"), 1);
}

TEST_F(BulkApi, DoesNothingTwiceWhenAStepIsLost) {
    fail_jobs(3);
    const auto id = start().json.at("id").as_int64();
    database.sql(fmt::format("BEGIN; SELECT barid.admin_bulk_step({}, 2); ROLLBACK", id));
    EXPECT_EQ(shown(id).at("changed").as_int64(), 0);
    EXPECT_EQ(count("barid.admin_bulk_outcome"), 0);
    EXPECT_EQ(step(id, 2), "more");
    // The worker died after this commit and before it heard of it; one of the two has failed
    // again by the time another worker goes on.
    database.sql(R"(WITH gone AS (DELETE FROM barid.job WHERE id = (SELECT max(id) FROM barid.job
                        WHERE kind = 'mail.send') RETURNING id)
                    INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id,
                        state, priority, attempt, max_attempts, queue, kind, payload)
                    SELECT id, now(), now(), now(), gen_random_uuid(), 'failed', 5, 3, 3, 'mail',
                           'mail.send', '{}' FROM gone)");
    EXPECT_EQ(step(id, 2), "done");
    EXPECT_EQ(shown(id).at("changed").as_int64(), 3);
    EXPECT_EQ(count("barid.job WHERE kind = 'mail.send'"), 2) << "the third failed on its own";
}

TEST_F(BulkApi, SaysWhyItSkippedAJob) {
    fail_jobs(1);
    database.sql("UPDATE barid.job_history SET unique_key = 'k'");
    database.sql("SELECT barid.enqueue('mail.send', queue => 'mail', unique_key => 'k')");
    const auto id = start().json.at("id").as_int64();
    EXPECT_EQ(step(id), "done");
    const auto outcomes = get(fmt::format("/bulk/{}/outcomes?outcome=skipped", id)).items();
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_NE(outcomes[0].at("detail").as_string().find("its unique key is taken by job"),
              json::string::npos);
}

TEST_F(BulkApi, RefusesWhenClearlyMoreMatchThanWereShown) {
    fail_jobs(14);
    EXPECT_EQ(start({{"expected", 3}}).code(), "count_changed");
    EXPECT_EQ(count("barid.admin_bulk"), 0);
    EXPECT_EQ(start({{"expected", 4}}).status, 202) << "ten more are within what happens";
    const auto top = std::stoll(database.sql("SELECT last_value FROM barid.job_id_seq"));
    fail_jobs(50);
    EXPECT_EQ(start({{"expected", 14}}).code(), "count_changed");
    EXPECT_EQ(start({{"expected", 14}, {"upper_id", top}}).status, 202) << "as it was shown";
}

TEST_F(BulkApi, CancelsRunsNowAndRedrives) {
    database.sql(R"(SELECT barid.enqueue('mail.send', queue => 'mail', delay => '1 day')
                    FROM generate_series(1, 3))");
    auto id = start({{"action", "run_now"}}).json.at("id").as_int64();
    EXPECT_EQ(step(id), "done");
    EXPECT_EQ(count("barid.job WHERE queue = 'mail' AND run_at <= now()"), 3);
    id = start({{"action", "cancel"}}).json.at("id").as_int64();
    EXPECT_EQ(step(id), "done");
    EXPECT_EQ(count("barid.job WHERE queue = 'mail'"), 0);
    database.sql(R"(INSERT INTO barid.job (kind, queue, origin_id, origin_queue)
                    SELECT 'mail.send', 'dead', i, 'mail' FROM generate_series(1, 3) i)");
    id = start({{"action", "redrive"}, {"filter", {{"queue", "dead"}}}, {"per_second", 1}})
             .json.at("id")
             .as_int64();
    EXPECT_EQ(step(id, 2), "more");
    EXPECT_EQ(step(id, 2), "done");
    EXPECT_EQ(shown(id).at("changed").as_int64(), 3);
    EXPECT_EQ(database.sql("SELECT round(extract(epoch FROM max(run_at) - min(run_at))) FROM "
                           "barid.job WHERE queue = 'mail'"),
              "2")
        << "one a second, over the steps";
}

TEST_F(BulkApi, StopsWhenItIsCancelled) {
    fail_jobs(3);
    const auto id = start().json.at("id").as_int64();
    EXPECT_EQ(step(id, 1), "more");
    const auto stopped = post(fmt::format("/bulk/{}/cancel", id));
    EXPECT_EQ(stopped.json.at("state").as_string(), "cancelled");
    EXPECT_EQ(step(id, 1), "done");
    EXPECT_EQ(shown(id).at("changed").as_int64(), 1);
    EXPECT_EQ(post(fmt::format("/bulk/{}/cancel", id)).code(), "not_possible");
}

TEST_F(BulkApi, SaysThatItFailedWhenItsJobIsGone) {
    fail_jobs(1);
    const auto id = start().json.at("id").as_int64();
    database.sql("SELECT barid.cancel(id) FROM barid.job WHERE kind = 'admin.bulk'");
    EXPECT_EQ(shown(id).at("state").as_string(), "failed");
    database.sql("SELECT barid.retry(id) FROM barid.job_history WHERE kind = 'admin.bulk'");
    EXPECT_EQ(shown(id).at("state").as_string(), "running");
}

TEST_F(BulkApi, ForgetsOldOnesWithWhatTheyNoted) {
    fail_jobs(3);
    step(start().json.at("id").as_int64());
    database.sql("UPDATE barid.admin_bulk SET created_at = created_at - interval '31 days'");
    fail_jobs(3);
    EXPECT_EQ(step(start().json.at("id").as_int64()), "done");
    EXPECT_EQ(count("barid.admin_bulk"), 1);
    EXPECT_EQ(count("barid.admin_bulk_outcome"), 3);
}

TEST_F(BulkApi, ReachesNoFurtherThanWhoAsked) {
    fail_jobs(2);
    fail_jobs(2, "secret");
    as(grants({"jobs.view=mail", "jobs.retry=mail,secret"}));
    const json::object all = {{"action", "retry"}, {"filter", {{"kind", "mail.send"}}}};
    const auto seen = post("/bulk/preview", all).json;
    EXPECT_EQ(seen.at("matched").at("count").as_int64(), 2);
    const auto begun = start({{"filter", {{"kind", "mail.send"}}}});
    ASSERT_EQ(begun.status, 202) << begun.body;
    const auto id = begun.json.at("id").as_int64();
    EXPECT_EQ(step(id), "done");
    EXPECT_EQ(count("barid.job_history WHERE queue = 'secret'"), 2);
    EXPECT_EQ(start({{"action", "cancel"}}).code(), "forbidden");
    as(grants({"jobs.view=other", "jobs.retry=other"}));
    EXPECT_EQ(get(fmt::format("/bulk/{}", id)).status, 404);
    EXPECT_EQ(get(fmt::format("/bulk/{}/outcomes", id)).status, 404);
    EXPECT_EQ(post(fmt::format("/bulk/{}/cancel", id)).status, 404);
    EXPECT_EQ(get("/bulk").items().size(), 0U);
}

TEST_F(BulkApi, IsStoppedOnlyByWhoMayDoAllOfIt) {
    fail_jobs(1);
    const auto id = start().json.at("id").as_int64();
    const auto everywhere =
        start({{"filter", {{"kind", "mail.send"}}}, {"expected", 1}}).json.at("id").as_int64();
    const auto stop = [&](std::int64_t bulk) {
        return post(fmt::format("/bulk/{}/cancel", bulk)).status;
    };
    as(grants({"jobs.view", "jobs.retry=other"}));
    EXPECT_EQ(shown(id).at("allowed_actions"), json::array());
    EXPECT_EQ(get("/bulk").items()[0].at("allowed_actions"), json::array());
    EXPECT_EQ(stop(id), 403);
    EXPECT_EQ(stop(everywhere), 403);
    EXPECT_EQ(shown(id).at("state").as_string(), "running");
    as(grants({"jobs.view=mail,pictures", "jobs.retry=mail,pictures"}));
    const auto own = start({{"expected", 1}}).json.at("id").as_int64();
    as(grants({"jobs.view", "jobs.retry=mail"}));
    EXPECT_EQ(stop(own), 403) << "it goes through pictures, too";
    as(grants({"jobs.view", "jobs.retry=mail,pictures,other"}));
    EXPECT_EQ(shown(own).at("allowed_actions"), (json::array{"cancel"}));
    EXPECT_EQ(stop(own), 200);
}

TEST_F(BulkApi, SendsNoLettersWhereItsActorDoesNotReach) {
    database.sql(R"(INSERT INTO barid.job (kind, queue, origin_id, origin_queue)
                    VALUES ('mail.send', 'dead', 1, 'payments'),
                           ('mail.send', 'dead', 2, 'mail'))");
    as(grants({"jobs.view=dead,mail", "jobs.retry=dead,mail"}));
    const auto id =
        start({{"action", "redrive"}, {"filter", {{"queue", "dead"}}}}).json.at("id").as_int64();
    EXPECT_EQ(step(id), "done");
    EXPECT_EQ(count("barid.job WHERE queue = 'payments'"), 0);
    EXPECT_EQ(count("barid.job WHERE queue = 'mail'"), 1);
    EXPECT_EQ(get(fmt::format("/bulk/{}/outcomes?outcome=skipped", id))
                  .items()[0]
                  .at("detail")
                  .as_string(),
              "its queue of origin is out of reach");
}

TEST_F(BulkApi, RefusesWhatIsWrong) {
    EXPECT_EQ(start({{"filter", json::object()}}).status, 422) << "nothing named isn't everything";
    EXPECT_EQ(start({{"filter", {{"tag", std::string("a\0b", 3)}}}}).status, 422);
    EXPECT_EQ(start({{"filter", {{"quue", "mail"}}}}).status, 422);
    EXPECT_EQ(start({{"filter", {{"state", json::array{"completed"}}}}}).status, 422);
    EXPECT_EQ(start({{"filter", {{"ids", json::array{"1; DROP TABLE"}}}}}).status, 422);
    EXPECT_EQ(start({{"filter", {{"to", "yesterday"}}}}).status, 422);
    EXPECT_EQ(start({{"action", "delete"}}).status, 422);
    EXPECT_EQ(start({{"reason", ""}}).status, 422);
    EXPECT_EQ(start({{"expected", -1}}).status, 422);
    EXPECT_EQ(start({{"per_second", 5}}).status, 422) << "for redrive only";
    as(grants({"jobs.view", "jobs.retry"}));
    EXPECT_EQ(start({{"filter", {{"error", "noura@"}}}}).code(), "forbidden");
    EXPECT_EQ(count("barid.admin_bulk"), 0);
}

}  // namespace
}  // namespace barid
