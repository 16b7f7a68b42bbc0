// Jobs over the API: lists that neither skip nor repeat, what is hidden, what is out of reach, and
// what is done to one job.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using support::grants;

class JobsApi : public support::ApiFixture {
  protected:
    JobsApi() { api::add_jobs(routes); }

    std::string one(const std::string& sql) { return database.sql(sql); }

    /// A finished job, as a worker's settle leaves it.
    std::int64_t finished(const std::string& state, const std::string& queue = "mail",
                          const std::string& error = "", const std::string& extra = "NULL") {
        return std::stoll(one(fmt::format(
            R"(INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state,
                   priority, attempt, max_attempts, queue, kind, payload, errors, tags)
               VALUES (nextval('barid.job_id_seq'), now(), now(), now(), gen_random_uuid(), '{}',
                   5, 1, 3, '{}', 'mail.send', '{{"to": "noura@example.com", "n": 7}}',
                   {}, {}) RETURNING id::text)",
            state, queue,
            error.empty() ? "NULL"
                          : fmt::format(R"(jsonb_build_array(jsonb_build_object('attempt', 1, 'at',
                                now(), 'error', $e${}$e$, 'ms', 3, 'worker', 'w1')))",
                                        error),
            extra)));
    }
    std::int64_t waiting(const std::string& queue = "mail", const std::string& more = "") {
        return std::stoll(
            one(fmt::format("SELECT barid.enqueue('mail.send', '{{\"n\": 1}}', "
                            "queue => '{}'{})::text",
                            queue, more)));
    }
    std::vector<std::int64_t> ids(const json::array& items) {
        std::vector<std::int64_t> all;
        for (const auto& item : items) all.push_back(item.at("id").as_int64());
        return all;
    }
    std::vector<std::int64_t> listed(const std::string& query) {
        return ids(all_items("/jobs" + query));
    }
    std::string audit_of(std::int64_t id) {
        return one(
            fmt::format("SELECT coalesce(string_agg(action, ' ' ORDER BY id), '') FROM "
                        "barid.audit_log WHERE target_kind = 'job' AND target = '{}'",
                        id));
    }
};

using Ids = std::vector<std::int64_t>;

TEST_F(JobsApi, ListsLiveAndFinishedJobsNewestFirst) {
    const auto old = finished("completed");
    const auto live = waiting();
    const auto failed = finished("failed", "mail", "no such host");
    EXPECT_EQ(listed(""), (Ids{failed, live, old}));
    EXPECT_EQ(listed("?limit=1"), (Ids{failed, live, old}));
}

TEST_F(JobsApi, FiltersByEverythingThatIsOffered) {
    const auto failed = finished("failed", "mail", "no such host: db1");
    const auto done = finished("completed", "pictures", "", "ARRAY['order:17']");
    const auto parked = waiting("mail", ", limit_key => 'shop:1'");
    const auto keyed = waiting("mail", ", unique_key => 'k1', tags => ARRAY['order:17', 'عيد']");
    EXPECT_EQ(listed("?state=failed"), Ids{failed});
    EXPECT_EQ(listed("?state=failed&state=parked"), (Ids{parked, failed}));
    EXPECT_EQ(listed("?state=waiting"), Ids{keyed});
    EXPECT_EQ(listed("?state=running"), Ids{});
    EXPECT_EQ(listed("?queue=pictures"), Ids{done});
    EXPECT_EQ(listed("?kind=mail.send").size(), 4U);
    EXPECT_EQ(listed("?kind=nothing"), Ids{});
    EXPECT_EQ(listed("?tag=order:17"), (Ids{keyed, done}));
    EXPECT_EQ(listed("?tag=%D8%B9%D9%8A%D8%AF"), Ids{keyed});
    EXPECT_EQ(listed("?unique_key=k1"), Ids{keyed});
    EXPECT_EQ(listed("?error=such%20host"), Ids{failed});
    EXPECT_EQ(listed("?from=2001-01-01T00:00:00Z&to=2002-01-01T00:00:00Z"), Ids{});
    EXPECT_EQ(listed("?from=2001-01-01T00:00:00Z").size(), 4U);
    EXPECT_EQ(get("/jobs/count?queue=mail").json.at("count").as_int64(), 3);
    EXPECT_FALSE(get("/jobs/count").json.at("capped").as_bool());
}

TEST_F(JobsApi, PagesNeitherSkipNorRepeatWhileJobsMove) {
    Ids all;
    for (int i = 0; i < 6; ++i) all.push_back(i % 2 == 0 ? waiting() : finished("failed"));
    const auto first = get("/jobs?limit=2");
    // Between two pages jobs finish, are retried, and new ones come.
    database.sql(fmt::format("SELECT barid.cancel({}), barid.retry({})", all[2], all[1]));
    waiting();
    auto seen = ids(first.items());
    std::string next(first.json.at("next").as_string());
    while (!next.empty()) {
        const auto page = get("/jobs?limit=2&cursor=" + next);
        for (const auto id : ids(page.items())) seen.push_back(id);
        next = page.json.at("next").is_null() ? "" : std::string(page.json.at("next").as_string());
    }
    EXPECT_EQ(seen, Ids(all.rbegin(), all.rend()));
}

TEST_F(JobsApi, GoesOnWhereASearchRanOutOfTime) {
    // More than one step of the walk, with a gap that no page should have to walk through.
    database.sql(R"(INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id,
            state, priority, attempt, max_attempts, queue, kind, payload)
        SELECT i, now(), now(), now(), gen_random_uuid(), 'completed', 5, 1, 3,
               CASE WHEN i = 5 THEN 'rare' ELSE 'mail' END, 'mail.send', '{}'
        FROM generate_series(1, 30000) i;
        SELECT setval('barid.job_id_seq', 900000))");
    const auto look = [&](const std::string& below) {
        return one(fmt::format(
            "SELECT coalesce(ids[1]::text, 'below ' || reached) FROM barid.admin_find_jobs("
            "'{{\"queue\": \"rare\"}}', NULL, {}, 10, '0')",
            below));
    };
    std::string answer = look("NULL");
    EXPECT_LE(std::stoll(answer.substr(6)), 30'001) << "the gap is leapt over";
    int steps = 0;
    for (; answer.starts_with("below "); ++steps) answer = look(answer.substr(6));
    EXPECT_EQ(answer, "5");
    EXPECT_GT(steps, 2);
    EXPECT_EQ(listed("?queue=rare"), Ids{5});
}

TEST_F(JobsApi, ShowsEverythingAboutAJob) {
    const auto parent = waiting("mail");
    const auto child = waiting("mail", fmt::format(", after => ARRAY[{}]", parent));
    const auto shown = get(fmt::format("/jobs/{}", child)).json;
    EXPECT_EQ(shown.at("state").as_string(), "waiting");
    EXPECT_EQ(shown.at("payload").at("n").as_int64(), 1);
    EXPECT_EQ(shown.at("flow").at("nodes").as_array().size(), 2U);
    EXPECT_EQ(shown.at("flow").at("edges").at(0).at("from").as_int64(), parent);
    const auto failed = finished("failed", "mail", "first line\nsecond line");
    const auto page = get(fmt::format("/jobs/{}", failed)).json;
    EXPECT_EQ(page.at("error").as_string(), "first line");
    EXPECT_EQ(page.at("attempts").at(0).at("error").as_string(), "first line\nsecond line");
    EXPECT_EQ(page.at("allowed_actions"), json::array{"retry"});
    EXPECT_EQ(get("/jobs/999999").code(), "not_found");
    EXPECT_EQ(get("/jobs/x").code(), "invalid");
}

TEST_F(JobsApi, ShowsLinesInTheirOrder) {
    const auto id = waiting();
    database.sql(fmt::format(
        "INSERT INTO barid.job_log VALUES ({0}, gen_random_uuid(), 1, now() - interval '1 hour', "
        "1, 'read 40 orders'), ({0}, gen_random_uuid(), 1, now(), 2, 'قرأت')",
        id));
    const auto lines = get(fmt::format("/jobs/{}/log", id)).items();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].at("line").as_string(), "read 40 orders");
    EXPECT_EQ(lines[1].at("line").as_string(), "قرأت");
    EXPECT_EQ(get(fmt::format("/jobs/{}/log?after=2999-01-01T00:00:00Z", id)).items().size(), 0U);
}

TEST_F(JobsApi, HidesWhatHandlersAndProducersWroteWithoutDataView) {
    const auto id = finished("failed", "mail", "noura@example.com is unknown");
    database.sql(fmt::format(
        "INSERT INTO barid.job_log VALUES ({}, gen_random_uuid(), 1, now(), 1, 'to noura')", id));
    as(grants({"jobs.view"}));
    const auto target = fmt::format("/jobs/{}", id);
    for (const auto& body : {get("/jobs").body, get(target).body, get(target + "/log").body}) {
        EXPECT_EQ(body.find("noura"), std::string::npos) << body;
        EXPECT_NE(body.find("•••"), std::string::npos) << body;
    }
    EXPECT_TRUE(get(target).json.at("payload").as_object().contains("to")) << "the shape is kept";
    EXPECT_EQ(get("/jobs?error=noura").code(), "forbidden") << "no guessing letter by letter";
}

TEST_F(JobsApi, MasksAPayloadHoweverDeepItIs) {
    const auto id = waiting();
    database.sql(
        fmt::format("UPDATE barid.job SET payload = jsonb_build_object('a', "
                    "(repeat('[', 5000) || '\"noura\"' || repeat(']', 5000))::jsonb) "
                    "WHERE id = {}",
                    id));
    as(grants({"jobs.view"}));
    const auto page = get(fmt::format("/jobs/{}", id));
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body.find("noura"), std::string::npos);
}

TEST_F(JobsApi, HasNothingOutOfReach) {
    const auto mine = finished("failed", "mail", "x");
    const auto other = finished("failed", "secret", "x");
    const auto parent = waiting("secret");
    const auto child = waiting("mail", fmt::format(", after => ARRAY[{}]", parent));
    as(grants({"jobs.view=mail", "jobs.retry=mail"}));
    EXPECT_EQ(listed(""), (Ids{child, mine}));
    EXPECT_EQ(get("/jobs/count").json.at("count").as_int64(), 2);
    EXPECT_EQ(get(fmt::format("/jobs/{}", other)).status, 404);
    EXPECT_EQ(get(fmt::format("/jobs/{}/log", other)).status, 404);
    EXPECT_EQ(post(fmt::format("/jobs/{}/retry", other)).status, 404);
    EXPECT_EQ(post(fmt::format("/jobs/{}/cancel", mine)).status, 403);
    EXPECT_EQ(get(fmt::format("/jobs/{}", child)).json.at("flow").at("nodes").as_array().size(),
              1U);
    EXPECT_EQ(get("/kinds").items().size(), 1U);
    as(grants({"jobs.view", "jobs.retry=mail"}));
    EXPECT_EQ(post(fmt::format("/jobs/{}/retry", other)).status, 403) << "seen, but not in reach";
    EXPECT_EQ(get(fmt::format("/jobs/{}", other)).json.at("allowed_actions"), json::array{});
    EXPECT_EQ(audit_of(other), "");
}

TEST_F(JobsApi, RetriesAndNotesIt) {
    const auto id = finished("failed", "mail", "x");
    const auto again = post(fmt::format("/jobs/{}/retry", id), {{"reason", "عطل المزوّد"}});
    EXPECT_EQ(again.json.at("state").as_string(), "waiting");
    EXPECT_EQ(again.json.at("attempt").as_int64(), 0);
    EXPECT_EQ(one(fmt::format("SELECT reason || (before->>'state') || (after->>'state') FROM "
                              "barid.audit_log WHERE target = '{}'",
                              id)),
              "عطل المزوّدfailedwaiting");
    const auto done = finished("completed");
    EXPECT_EQ(post(fmt::format("/jobs/{}/retry", done)).code(), "not_possible");
    EXPECT_EQ(audit_of(done), "");
}

TEST_F(JobsApi, SaysWhoHasTheUniqueKey) {
    const auto id = finished("failed", "mail", "x");
    database.sql(fmt::format("UPDATE barid.job_history SET unique_key = 'k' WHERE id = {}", id));
    waiting("mail", ", unique_key => 'k'");
    EXPECT_EQ(post(fmt::format("/jobs/{}/retry", id)).code(), "unique_key_taken");
}

TEST_F(JobsApi, CancelsReschedulesAndSetsPriorities) {
    const auto id = waiting("mail", ", delay => '1 day'");
    const auto target = fmt::format("/jobs/{}", id);
    EXPECT_EQ(post(target + "/priority", {{"priority", 1}}).json.at("priority").as_int64(), 1);
    EXPECT_EQ(post(target + "/reschedule", {{"run_at", "2999-01-01T08:00:00+03:00"}})
                  .json.at("run_at")
                  .as_string(),
              "2999-01-01T05:00:00.000000Z");
    EXPECT_EQ(post(target + "/run-now").json.at("state").as_string(), "waiting");
    EXPECT_EQ(post(target + "/cancel", {{"reason", "closed"}}).json.at("state").as_string(),
              "cancelled");
    EXPECT_EQ(get(target).json.at("error").as_string(), "closed");
    EXPECT_EQ(audit_of(id), "job.priority job.reschedule job.run_now job.cancel");
    EXPECT_EQ(post(target + "/run-now").code(), "not_possible");
}

TEST_F(JobsApi, CancelsAJobWhoseQueueKeepsNoHistory) {
    database.sql("SELECT barid.set_queue('brief', '{\"keep_history\": false}')");
    const auto id = waiting("brief");
    const auto answer = post(fmt::format("/jobs/{}/cancel", id));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json.at("state").as_string(), "cancelled");
    EXPECT_EQ(get(fmt::format("/jobs/{}", id)).status, 404);
}

TEST_F(JobsApi, RefusesWhatIsWrong) {
    const auto target = fmt::format("/jobs/{}", waiting());
    EXPECT_EQ(post(target + "/priority", {{"priority", 10}}).status, 422);
    EXPECT_EQ(post(target + "/priority", {{"prio", 1}}).status, 422);
    EXPECT_EQ(post(target + "/reschedule", {{"run_at", "tomorrow"}}).status, 422);
    EXPECT_EQ(post(target + "/reschedule", {{"run_at", "2999-01-01T08:00:00"}}).status, 422)
        << "nobody knows in which zone";
    EXPECT_EQ(post(target + "/reschedule", {{"run_at", "infinity"}}).status, 422);
    EXPECT_EQ(post(target + "/cancel", {{"reason", std::string(600, 'x')}}).status, 422);
    EXPECT_EQ(get("/jobs?state=lost").status, 422);
    EXPECT_EQ(get("/jobs?from=yesterday").status, 422);
    EXPECT_EQ(get("/jobs?from=2026-13-45T00:00:00Z").status, 422);
    EXPECT_EQ(get("/jobs?limit=201").status, 422);
    EXPECT_EQ(audit_of(1), "");
}

TEST_F(JobsApi, GivesHostileTextBackAsItIs) {
    const std::string text = R"("><script>alert(1)</script>' OR 1=1 -- \u0000 ‮عيد)";
    const auto id = finished("failed", "mail", text);
    EXPECT_EQ(get(fmt::format("/jobs/{}", id)).json.at("error").as_string(), text);
    EXPECT_EQ(get("/jobs?queue=%27%20OR%201=1%20--").items().size(), 0U);
    EXPECT_EQ(get("/jobs?tag=%22%7D%2C%7B%22").items().size(), 0U);
}

TEST_F(JobsApi, ListsDeadLettersWithWhereTheyCameFrom) {
    waiting();
    database.sql(R"(INSERT INTO barid.job (kind, queue, origin_id, origin_queue)
                    VALUES ('mail.send', 'dead', 7, 'mail'))");
    const auto letters = all_items("/dead-letters");
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].at("origin_queue").as_string(), "mail");
    EXPECT_EQ(get("/dead-letters/count").json.at("count").as_int64(), 1);
    EXPECT_EQ(get("/dead-letters/count?queue=other").json.at("count").as_int64(), 0);
}

}  // namespace
}  // namespace barid
