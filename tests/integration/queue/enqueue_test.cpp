// The functions that producers and operators call, by plain SQL as a backend would.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>

#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

class Enqueue : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }
    /// The SQLSTATE that the statement fails with, or "" when it works.
    std::string refusal(const std::string& statement) {
        return sql(
            "CREATE OR REPLACE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS "
            "$try$ BEGIN EXECUTE $stmt$" +
            statement +
            "$stmt$; RETURN ''; "
            "EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $try$; "
            "SELECT pg_temp.try()");
    }
    support::TestDatabase database;
};

TEST_F(Enqueue, TakesDefaultsAndNamedArguments) {
    const std::string id = sql("SELECT barid.enqueue('a.b')");
    EXPECT_EQ(sql("SELECT concat_ws(' ', queue, priority, max_attempts, state, payload) "
                  "FROM barid.jobs WHERE id = " +
                  id),
              "default 5 10 waiting {}");
    const std::string other = sql(
        R"(SELECT barid.enqueue('a.b', '{"x": 1}', queue => 'mail', priority => 0,
               delay => '1 hour', max_attempts => 3, request_id => 'r-1', tags => '{order:7}'))");
    EXPECT_EQ(sql("SELECT concat_ws(' ', queue, priority, max_attempts, payload->>'x', "
                  "run_at > now() + interval '59 minutes', request_id, tags[1]) "
                  "FROM barid.jobs WHERE id = " +
                  other),
              "mail 0 3 1 t r-1 order:7");
}

TEST_F(Enqueue, IsPartOfTheCallersTransaction) {
    sql("BEGIN; SELECT barid.enqueue('a'); ROLLBACK");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "0");
    sql("BEGIN; SELECT barid.enqueue('a'); COMMIT");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "1");
}

TEST_F(Enqueue, RefusesWhatCannotBeRight) {
    EXPECT_EQ(refusal("SELECT barid.enqueue('Bad Kind!')"), "23514");
    EXPECT_EQ(refusal("SELECT barid.enqueue('a', '[1]')"), "22023");
    EXPECT_EQ(refusal("SELECT barid.enqueue('a', NULL)"), "22023");
    EXPECT_EQ(refusal("SELECT barid.enqueue('a', priority => 10)"), "23514");
    EXPECT_EQ(refusal("SELECT barid.enqueue('a', run_at => 'infinity')"), "22023");
    EXPECT_EQ(refusal("SELECT barid.enqueue('a', run_at => now(), delay => '1 s')"), "22023");
    EXPECT_EQ(refusal("SELECT barid.enqueue('a', max_attempts => 0)"), "23514");
    EXPECT_EQ(refusal("INSERT INTO barid.job (kind, run_at) VALUES ('a', '-infinity')"), "23514");
    EXPECT_EQ(refusal("INSERT INTO barid.job (kind, run_at) VALUES ('a', 'infinity')"), "23514");
    EXPECT_EQ(refusal("SELECT barid.enqueue('a', jsonb_build_object('x', "
                      "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 40000) n)))"),
              "23514");
    EXPECT_EQ(refusal("SELECT barid.enqueue('a')"), "");
}

TEST_F(Enqueue, ClampsAStartInThePastToNow) {
    const std::string id = sql("SELECT barid.enqueue('a', run_at => '2001-01-01')");
    EXPECT_EQ(sql("SELECT run_at > now() - interval '1 minute' FROM barid.job WHERE id = " + id),
              "t");
}

TEST_F(Enqueue, OneLiveJobAUniqueKey) {
    const std::string first = sql("SELECT barid.enqueue('a', unique_key => 'k')");
    EXPECT_EQ(sql("SELECT barid.enqueue('a', unique_key => 'k')"), first);
    EXPECT_NE(sql("SELECT barid.enqueue('a', unique_key => 'k', queue => 'other')"), first);
    sql("SELECT barid.cancel(" + first + ")");
    EXPECT_NE(sql("SELECT barid.enqueue('a', unique_key => 'k')"), first);
}

TEST_F(Enqueue, ManyComeBackInTheArraysOrder) {
    sql(R"(CREATE TABLE ids AS SELECT row_number() OVER () AS n, id FROM barid.enqueue_many(
           '[{"kind":"c"},{"kind":"a","priority":1},{"kind":"b","payload":{"x":2}}]') AS id)");
    EXPECT_EQ(sql("SELECT array_agg(kind ORDER BY n) FROM ids JOIN barid.job USING (id)"),
              "{c,a,b}");
    EXPECT_EQ(refusal(R"(SELECT barid.enqueue_many('[{"kind":"a"},{"payload":{}}]'))"), "22023");
    EXPECT_EQ(refusal(R"(SELECT barid.enqueue_many('{}'))"), "22023");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "3");
}

TEST_F(Enqueue, PlainInsertWorksToo) {
    sql("INSERT INTO barid.job (kind, payload) SELECT 'bulk', jsonb_build_object('n', n) "
        "FROM generate_series(1, 1000) n");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.jobs WHERE kind = 'bulk' AND state = 'waiting'"),
              "1000");
}

TEST_F(Enqueue, CopyWorksTooAndWakesTheQueue) {
    using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
    const Connection sleeper(PQconnectdb(database.url().c_str()), PQfinish);
    const Connection producer(PQconnectdb(database.url().c_str()), PQfinish);
    const auto exec = [](const Connection& conn, const char* text) {
        PQclear(PQexec(conn.get(), text));
    };
    exec(sleeper,
         "LISTEN barid; SELECT pg_advisory_lock_shared(1112297796, barid.wake_flag('default'))");
    exec(producer, "COPY barid.job (kind, payload, priority) FROM STDIN");
    for (int i = 0; i < 100; ++i) {
        const std::string line = "copied\t{\"n\": " + std::to_string(i) + "}\t3\n";
        ASSERT_EQ(PQputCopyData(producer.get(), line.data(), static_cast<int>(line.size())), 1);
    }
    ASSERT_EQ(PQputCopyEnd(producer.get(), nullptr), 1);
    while (PGresult* result = PQgetResult(producer.get())) {
        EXPECT_EQ(PQresultStatus(result), PGRES_COMMAND_OK) << PQerrorMessage(producer.get());
        PQclear(result);
    }
    EXPECT_EQ(sql("SELECT count(*) FROM barid.jobs WHERE kind = 'copied' AND priority = 3"), "100");
    exec(sleeper, "SELECT 1");  // reads what has arrived
    PGnotify* told = PQnotifies(sleeper.get());
    EXPECT_NE(told, nullptr);
    PQfreemem(told);
}

TEST_F(Enqueue, KeepsHostileTextAsText) {
    const std::string id = sql(R"(SELECT barid.enqueue('a',
        jsonb_build_object('x', $$'; DROP TABLE barid.job; --$$), unique_key => $$"'\$$,
        request_id => $$%s %n {}$$))");
    EXPECT_EQ(sql("SELECT payload->>'x' FROM barid.job WHERE id = " + id),
              "'; DROP TABLE barid.job; --");
}

TEST_F(Enqueue, CancelEndsAWaitingJobAndRetryBringsItBackUnderItsId) {
    const std::string id = sql("SELECT barid.enqueue('a', '{\"x\":1}')");
    EXPECT_EQ(sql("SELECT barid.cancel(" + id + ", 'not wanted')"), "t");
    EXPECT_EQ(sql("SELECT state || ': ' || (errors->0->>'error') FROM barid.jobs WHERE id = " + id),
              "cancelled: not wanted");
    EXPECT_EQ(sql("SELECT barid.cancel(" + id + ")"), "f");
    EXPECT_EQ(sql("SELECT barid.retry(" + id + ")"), "t");
    EXPECT_EQ(sql("SELECT state || attempt FROM barid.jobs WHERE id = " + id), "waiting0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.jobs WHERE id = " + id), "1");
    EXPECT_EQ(sql("SELECT barid.retry(424242)"), "f");
}

TEST_F(Enqueue, HistoryPartitionsAreMadeAheadOfTheIds) {
    sql("SELECT setval('barid.job_id_seq', 12345678)");
    EXPECT_EQ(sql("SELECT barid.ensure_history() > 0"), "t");
    EXPECT_EQ(sql("SELECT max(upper_id) > 14000000 FROM barid.history_partition"), "t");
    EXPECT_EQ(sql("SELECT barid.ensure_history()"), "0");
}

TEST_F(Enqueue, PruningDropsOnlyWhatItsQueuesRetentionLetsGo) {
    sql("UPDATE barid.queue SET retention = '1 day' WHERE name = 'default'");
    for (int i = 0; i < 3; ++i) sql("SELECT barid.cancel(barid.enqueue('a'))");
    sql("UPDATE barid.job_history SET finished_at = now() - interval '2 days' WHERE id <= 2");
    EXPECT_EQ(sql("SELECT barid.prune_history()"), "2");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job_history"), "1");
}

}  // namespace
}  // namespace barid::queue
