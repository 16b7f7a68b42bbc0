// Queues, workers and the overview over the API.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using support::grants;

class QueuesApi : public support::ApiFixture {
  protected:
    QueuesApi() {
        api::add_queues(routes);
        api::add_overview(routes);
        api::add_jobs(routes);
        database.sql("SELECT barid.enqueue('mail.send', queue => 'mail')");
    }
    support::ApiAnswer patch(const json::object& body, support::Headers headers = {}) {
        return ask("PATCH", "/queues/mail", json::serialize(body), std::move(headers));
    }
    std::string audited() {
        return database.sql(
            "SELECT coalesce(string_agg(action || ' ' || target, ', ' ORDER BY id), '') FROM "
            "barid.audit_log");
    }
};

TEST_F(QueuesApi, ShowsHowDeepQueuesAre) {
    const auto items = get("/queues").items();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[1].at("name").as_string(), "mail");
    EXPECT_EQ(items[1].at("due").as_int64(), 1);
    EXPECT_EQ(items[1].at("allowed_actions"), (json::array{"pause", "change"}));
    EXPECT_EQ(get("/queues/mail").json.at("max_attempts").as_int64(), 10)
        << "though it has no settings of its own";
    EXPECT_EQ(get("/queues/nothing").code(), "not_found");
    EXPECT_EQ(get("/queues/%27%3B").code(), "not_found");
}

TEST_F(QueuesApi, PausesAndResumes) {
    EXPECT_TRUE(post("/queues/mail/pause", {{"reason", "صيانة"}}).json.at("paused").as_bool());
    EXPECT_FALSE(post("/queues/mail/resume").json.at("paused").as_bool());
    EXPECT_EQ(audited(), "queue.pause mail, queue.resume mail");
    EXPECT_EQ(post("/queues/typo/pause").code(), "not_found") << "none is made by a slip";
}

TEST_F(QueuesApi, ChangesLimitsWithWhatTheyWere) {
    const auto changed = patch({{"concurrency", 4},
                                {"rate_limit", 10},
                                {"rate_period_seconds", 60},
                                {"retention_seconds", 86400},
                                {"redact", {"phone"}}});
    EXPECT_EQ(changed.json.at("concurrency").as_int64(), 4);
    EXPECT_EQ(changed.json.at("rate_period_seconds").to_number<double>(), 60);
    EXPECT_EQ(changed.json.at("retention_seconds").as_int64(), 86400);
    EXPECT_EQ(patch({{"concurrency", nullptr}}).json.at("concurrency"), nullptr);
    EXPECT_EQ(database.sql("SELECT (before->>'concurrency') || coalesce(after->>'concurrency', "
                           "' to none') FROM barid.audit_log ORDER BY id DESC LIMIT 1"),
              "4 to none");
}

TEST_F(QueuesApi, ChangesNothingThatSomebodyElseChangedMeanwhile) {
    const auto etag = get("/queues/mail/settings").header("ETag");
    EXPECT_EQ(get("/queues/mail").json.at("settings_etag").as_string(), etag);
    database.sql("SELECT barid.enqueue('mail.send', queue => 'mail')");
    EXPECT_EQ(patch({{"concurrency", 4}}, {{"If-Match", etag}}).status, 200)
        << "its depth is no setting";
    EXPECT_EQ(patch({{"concurrency", 5}}, {{"If-Match", etag}}).code(), "changed");
    EXPECT_EQ(get("/queues/mail").json.at("concurrency").as_int64(), 4);
}

TEST_F(QueuesApi, ChangesNothingThatSomebodyElseIsChangingAtThatMoment) {
    const auto etag = get("/queues/mail/settings").header("ETag");
    pg::Pool pool(io, blocking, database.options(), 2, {});
    const auto other = run([](pg::Pool& of) -> awaitable<std::shared_ptr<pg::Transaction>> {
        co_return std::make_shared<pg::Transaction>(co_await pg::Transaction::begin(of));
    }(pool));
    run(other->execute(R"(SELECT barid.set_queue('mail', '{"concurrency": 5}'))"));
    // The other one commits as soon as ours waits for it.
    asio::co_spawn(
        io,
        [](pg::Pool& watch, pg::Transaction& one) -> awaitable<void> {
            const char* const waiting =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'";
            while ((co_await watch.execute(waiting)).one().get<std::int64_t>(0) == 0) {
            }
            co_await one.commit();
        }(pool, *other),
        asio::detached);
    EXPECT_EQ(patch({{"concurrency", 4}}, {{"If-Match", etag}}).code(), "changed");
    EXPECT_EQ(get("/queues/mail").json.at("concurrency").as_int64(), 5);
}

TEST_F(QueuesApi, SendsNoDeadLettersWhereTheCallerDoesNotReach) {
    as(grants({"jobs.view", "queues.manage=mail,lost"}));
    EXPECT_EQ(patch({{"dead_letter", "payments"}}).code(), "forbidden");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.queue WHERE name = 'payments'"), "0");
    EXPECT_EQ(patch({{"dead_letter", "lost"}}).status, 200);
    database.sql(R"(SELECT barid.set_queue('mail', '{"dead_letter": "payments"}'))");
    EXPECT_EQ(patch({{"dead_letter", "payments"}, {"concurrency", 4}}).status, 200)
        << "as it is already";
    EXPECT_EQ(patch({{"dead_letter", nullptr}}).status, 200);
}

TEST_F(QueuesApi, RefusesWhatIsWrong) {
    EXPECT_EQ(patch({}).status, 422);
    EXPECT_EQ(patch({{"concurency", 4}}).status, 422);
    EXPECT_EQ(patch({{"concurrency", 0}}).status, 422);
    EXPECT_EQ(patch({{"rate_period_seconds", "1; DROP"}}).status, 422);
    EXPECT_EQ(patch({{"dead_letter", "mail"}}).status, 422);
    EXPECT_EQ(audited(), "");
}

TEST_F(QueuesApi, HasNothingOutOfReach) {
    database.sql("SELECT barid.enqueue('x', queue => 'secret')");
    as(grants({"jobs.view=mail,default", "queues.manage=mail"}));
    EXPECT_EQ(get("/queues").items().size(), 2U);
    EXPECT_EQ(get("/queues/secret").status, 404);
    EXPECT_EQ(post("/queues/secret/pause").status, 404);
    EXPECT_EQ(post("/queues/default/pause").status, 403) << "seen, but not in reach";
    EXPECT_EQ(post("/queues/mail/pause").status, 200);
    EXPECT_EQ(get("/overview").json.at("queues").as_array().size(), 2U);
    as(grants({"queues.manage=mail"}));
    EXPECT_EQ(post("/queues/mail/resume").status, 200);
}

TEST_F(QueuesApi, ListsWorkersThatAreAlive) {
    database.sql(
        "INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES "
        "(9223372036854775807, '8 seconds', 'عامل-1', '{mail}')");
    const auto workers = get("/workers").items();
    ASSERT_EQ(workers.size(), 1U);
    EXPECT_EQ(workers[0].at("id").as_string(), "9223372036854775807");
    EXPECT_EQ(workers[0].at("lease_ttl_seconds").to_number<double>(), 8);
}

TEST_F(QueuesApi, TellsOfWorkersNoMoreThanIsInReach) {
    database.sql(R"(
        SELECT barid.enqueue('x', queue => 'secret') FROM generate_series(1, 3);
        INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES
            (1, '8 s', 'all', '{*}'), (2, '8 s', 'both', '{mail,secret}'),
            (3, '8 s', 's', '{secret}');
        WITH t AS (INSERT INTO barid.claim (claim_id, worker_id, job_ids)
                   SELECT gen_random_uuid(), 1, array_agg(id) FROM barid.job RETURNING *)
        UPDATE barid.job SET state = 'running', claim_id = t.claim_id FROM t)");
    EXPECT_EQ(get("/workers").items().size(), 3U);
    EXPECT_EQ(get("/overview").json.at("workers"), (json::object{{"count", 3}, {"claimed", 4}}));
    as(grants({"jobs.view=mail"}));
    const auto workers = get("/workers").items();
    ASSERT_EQ(workers.size(), 2U);
    EXPECT_EQ(workers[0].at("queues"), (json::array{"*"}));
    EXPECT_EQ(workers[0].at("claimed").as_int64(), 1);
    EXPECT_EQ(workers[1].at("queues"), (json::array{"mail"}));
    EXPECT_EQ(get("/overview").json.at("workers"), (json::object{{"count", 2}, {"claimed", 1}}));
}

TEST_F(QueuesApi, SumsUpHowThingsAre) {
    database.sql(R"(
        INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state,
            priority, attempt, max_attempts, queue, kind, payload, errors, finished_at)
        SELECT nextval('barid.job_id_seq'), now() - interval '3 s', now(),
               now() - interval '2 s', gen_random_uuid(),
               (CASE WHEN i > 3 THEN 'failed' ELSE 'completed' END)::barid.final_state,
               5, 1, 3, 'mail', 'mail.send', '{}',
               CASE WHEN i > 3 THEN jsonb_build_array(jsonb_build_object('error',
                   'host "h' || i || '" refused noura@example.com after ' || i || ' s' || chr(10)
                   || 'trace')) END, now()
        FROM generate_series(1, 5) i)");
    const auto seen = get("/overview").json;
    EXPECT_EQ(seen.at("counts").at("due").at("count").as_int64(), 1);
    EXPECT_EQ(seen.at("throughput").as_array().size(), 60U);
    std::int64_t completed = 0;
    for (const auto& minute : seen.at("throughput").as_array()) {
        if (minute.at("completed").is_int64()) completed += minute.at("completed").as_int64();
    }
    EXPECT_EQ(completed, 3);
    EXPECT_EQ(seen.at("latency").at("p50_ms").to_number<double>(), 1000);
    EXPECT_EQ(seen.at("duration").at("p99_ms").to_number<double>(), 2000);
    ASSERT_EQ(seen.at("failures").as_array().size(), 1U) << "what differs each time is left out";
    EXPECT_EQ(seen.at("failures").at(0).at("error_class").as_string(),
              "host \"…\" refused … after # s");
    EXPECT_EQ(seen.at("failures").at(0).at("count").as_int64(), 2);
    as(grants({"jobs.view"}));
    EXPECT_EQ(get("/overview").body.find("refused"), std::string::npos);
    as(grants({"jobs.view=other", "data.view"}));
    const auto other = get("/overview").json;
    EXPECT_EQ(other.at("failures").as_array().size(), 0U) << "no answer of another reach";
    EXPECT_EQ(other.at("counts").at("due").at("count").as_int64(), 0);
}

TEST_F(QueuesApi, AnswersManyCallersFromOneLook) {
    const auto first = get("/overview").json.at("at").as_string();
    as(support::everything(), "account:2");
    EXPECT_EQ(get("/overview").json.at("at").as_string(), first);
}

TEST_F(QueuesApi, TakesNoQueuesNameForAllQueues) {
    EXPECT_EQ(get("/overview").json.at("queues").as_array().size(), 2U);
    as(grants({"jobs.view=*", "data.view"}));
    EXPECT_EQ(get("/overview").json.at("queues").as_array().size(), 0U);
}

}  // namespace
}  // namespace barid
