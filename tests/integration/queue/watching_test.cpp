// What barid.queue_status and barid.kind_status say, and that they read a bounded number of rows.
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

class Watching : public testing::Test {
  protected:
    std::string sql(const std::string& text) const { return database.sql(text); }
    std::string queue(const std::string& name, const std::string& columns) const {
        return sql("SELECT concat_ws(' ', " + columns +
                   ") FROM barid.queue_status() WHERE name = '" + name + "'");
    }
    void add_finished(int count, const std::string& kind, const std::string& state,
                      const std::string& ago, int ms) const {
        sql("INSERT INTO barid.job_history (id, finished_at, run_at, created_at, claimed_at, "
            "claim_id, state, priority, attempt, max_attempts, queue, kind, payload) "
            "SELECT nextval(pg_get_serial_sequence('barid.job', 'id')), now() - interval '" +
            ago + "', now(), now(), now() - interval '" + ago + "' - interval '" +
            std::to_string(ms) + " ms', gen_random_uuid(), '" + state + "', 5, 1, 1, 'q', '" +
            kind + "', '{}' FROM generate_series(1, " + std::to_string(count) + ")");
    }

    support::TestDatabase database;
};

TEST_F(Watching, TellsDueFromLaterRunningAndParked) {
    sql("SELECT barid.enqueue('a', queue => 'mail', priority => p % 10) "
        "FROM generate_series(1, 12) p");
    sql("SELECT barid.enqueue('a', queue => 'mail', delay => '1 hour') FROM generate_series(1, 3)");
    sql("SELECT barid.enqueue('a', queue => 'mail', limit_key => 'متجر-7') "
        "FROM generate_series(1, 4)");
    sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES (7, '8 s', 'w', '{mail}')");
    sql("WITH taken AS (UPDATE barid.job SET state = 'running', attempt = 1, "
        "claim_id = '00000000-0000-0007-0000-000000000001' "
        "WHERE id IN (SELECT id FROM barid.job WHERE run_at <= now() LIMIT 2) RETURNING id) "
        "INSERT INTO barid.claim (claim_id, worker_id, job_ids) "
        "SELECT '00000000-0000-0007-0000-000000000001', 7, array_agg(id) FROM taken");
    EXPECT_EQ(queue("mail", "due, later, running, parked, parked_by->>'limit', counted_to"),
              "10 3 2 4 4 10000");
    EXPECT_EQ(sql("SELECT concat_ws(' ', due, later, running, parked) FROM barid.queues "
                  "WHERE name = 'mail'"),
              "10 3 2 4");
    EXPECT_EQ(queue("default", "due, oldest_due IS NULL"), "0 t");
}

TEST_F(Watching, SaysHowLongTheOldestDueJobHasWaited) {
    sql("INSERT INTO barid.job (kind, queue, priority, run_at) VALUES "
        "('a', 'q', 0, now() - interval '1 minute'), ('a', 'q', 9, now() - interval '1 hour')");
    EXPECT_EQ(queue("q", "oldest_due BETWEEN '1 hour' AND '1 hour 1 minute'"), "t");
}

TEST_F(Watching, StopsCountingAtTheBound) {
    sql("INSERT INTO barid.job (kind, queue) SELECT 'a', 'deep' FROM generate_series(1, 500)");
    EXPECT_EQ(sql("SELECT due || ' ' || counted_to FROM barid.queue_status(100) "
                  "WHERE name = 'deep'"),
              "100 100");
    // The whole of it stays bounded when there are many queues.
    sql("INSERT INTO barid.queue (name) SELECT 'q' || i FROM generate_series(1, 99) i "
        "ON CONFLICT DO NOTHING");
    EXPECT_LE(std::stoi(sql("SELECT max(counted_to) FROM barid.queue_status()")), 300);
}

TEST_F(Watching, TouchesNoMoreRowsThanItCounts) {
    sql("INSERT INTO barid.job (kind, queue) SELECT 'a', 'deep' FROM generate_series(1, 30000)");
    sql("INSERT INTO barid.job (kind, queue, run_at) "
        "SELECT 'a', 'deep', now() + interval '1 day' FROM generate_series(1, 30000)");
    sql("VACUUM ANALYZE barid.job");
    const auto pages = [&](const std::string& max) {
        const std::string plan =
            sql("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(*) FROM barid.queue_status(" +
                max + ")");
        const json::value root = parse_json(plan).at(0).at("Plan");
        return root.at("Shared Hit Blocks").as_int64() + root.at("Shared Read Blocks").as_int64();
    };
    const std::int64_t catalogs = pages("1");
    EXPECT_LT(pages("200") - catalogs, 300);
    EXPECT_GT(pages("100000") - catalogs, 1000);  // so it is the bound that helps
}

TEST_F(Watching, BeginsAtWhatRunsAndKeepsSightOfWhatWasOvertaken) {
    sql("INSERT INTO barid.job (id, kind, queue, run_at) OVERRIDING SYSTEM VALUE VALUES "
        "(1, 'a', 'q', now() - interval '3 hours'), (2, 'a', 'q', now() - interval '2 hours'), "
        "(3, 'a', 'q', now() - interval '1 hour')");
    sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES (7, '8 s', 'w', '{q}')");
    sql("UPDATE barid.job SET state = 'running', attempt = 1, "
        "claim_id = '00000000-0000-0007-0000-000000000001' WHERE id = 2");
    sql("INSERT INTO barid.claim (claim_id, worker_id, job_ids) "
        "VALUES ('00000000-0000-0007-0000-000000000001', 7, '{2}')");
    const auto depth = [&](const std::string& overtaken) {
        return sql(
            "SELECT concat_ws(' ', due, running, oldest->>0, date_trunc('hour', oldest_due)) "
            "FROM barid.queue_depths(NULL, " +
            overtaken + ") WHERE name = 'q'");
    };
    const auto named = [&](const std::string& id) {
        return "(SELECT jsonb_build_object('q', jsonb_build_array(id, priority, run_at)) "
               "FROM barid.job WHERE id = " +
               id + ")";
    };
    const std::string first = named("1");
    const std::string second = named("2");
    EXPECT_EQ(depth("NULL"), "2 1 1 03:00:00");
    EXPECT_EQ(depth("'{}'"), "1 1 3 01:00:00");
    EXPECT_EQ(depth(first), "1 1 1 03:00:00");
    EXPECT_EQ(depth(second), "1 1 3 01:00:00") << "it runs";
    sql("DELETE FROM barid.job WHERE id = 3");
    EXPECT_EQ(depth(first), "1 1 1 03:00:00");
    // Nothing runs: it begins where the earlier answer did, also when that job is gone.
    const std::string gone = "'" + sql("SELECT " + named("2")) + "'::jsonb";
    sql("DELETE FROM barid.claim; DELETE FROM barid.job WHERE id = 2");
    EXPECT_EQ(depth("'{}'"), "1 0 1 03:00:00");
    EXPECT_EQ(depth(gone), "0 0");
    sql("INSERT INTO barid.job (id, kind, queue, run_at) OVERRIDING SYSTEM VALUE "
        "VALUES (4, 'a', 'q', now() - interval '1 hour')");
    EXPECT_EQ(depth(gone), "1 0 4 01:00:00");
}

TEST_F(Watching, DoesNotWalkOverWhatHasFinished) {
    // Nothing takes the dead entries away meanwhile.
    sql("ALTER TABLE barid.job SET (autovacuum_enabled = off)");
    sql("INSERT INTO barid.job (kind, queue) SELECT 'a', 'q' FROM generate_series(1, 20000)");
    sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES (7, '8 s', 'w', '{q}')");
    sql("WITH taken AS (UPDATE barid.job SET state = 'running', attempt = 1, "
        "claim_id = '00000000-0000-0007-0000-000000000001' "
        "WHERE id = (SELECT min(id) + 19000 FROM barid.job) RETURNING id) "
        "INSERT INTO barid.claim (claim_id, worker_id, job_ids) "
        "SELECT '00000000-0000-0007-0000-000000000001', 7, array_agg(id) FROM taken");
    const auto pages = [&](const std::string& from) {
        const std::string plan =
            sql("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM " + from);
        const json::value root = parse_json(plan).at(0).at("Plan");
        return root.at("Shared Hit Blocks").as_int64() + root.at("Shared Read Blocks").as_int64();
    };
    const std::string list = "barid.admin_find_jobs('{}', NULL, NULL, 10)";
    const std::string depths = "barid.queue_depths(10, '{}')";
    const std::int64_t list_before = pages(list);
    const std::int64_t depths_before = pages(depths);
    sql("WITH gone AS (DELETE FROM barid.job WHERE id < (SELECT min(id) + 19000 FROM barid.job) "
        "RETURNING *) INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, "
        "state, priority, attempt, max_attempts, queue, kind, payload) SELECT id, run_at, "
        "created_at, now(), gen_random_uuid(), 'completed', 5, 1, 1, queue, kind, payload FROM "
        "gone");
    EXPECT_LT(pages(list), list_before + 100);
    EXPECT_LT(pages(depths), depths_before + 100);
    EXPECT_EQ(sql("SELECT cardinality(ids) || ' ' || (reached IS NULL) "
                  "FROM barid.admin_find_jobs('{\"kind\": \"none\"}', NULL, NULL, 10)"),
              "0 true");
    EXPECT_GT(pages("barid.queue_depths(10, NULL)"), depths_before + 300)
        << "so it is where it begins that helps";
}

TEST_F(Watching, GivesRatesAndDurationsByKind) {
    add_finished(90, "mail.send", "completed", "10 seconds", 40);
    add_finished(10, "mail.send", "failed", "10 seconds", 900);
    add_finished(5, "image.process", "completed", "30 seconds", 2000);
    add_finished(50, "mail.send", "completed", "10 minutes", 40);
    EXPECT_EQ(sql("SELECT concat_ws(' ', completed, failed, round(per_minute), round(p50_ms), "
                  "round(p95_ms), round(max_ms), round(seconds)) "
                  "FROM barid.kind_status() WHERE kind = 'mail.send'"),
              "90 10 100 40 900 900 60");
    EXPECT_EQ(sql("SELECT string_agg(kind, ' ' ORDER BY kind) FROM barid.kind_status()"),
              "image.process mail.send");
    EXPECT_EQ(sql("SELECT completed FROM barid.kind_status('1 hour') WHERE kind = 'mail.send'"),
              "140");
    EXPECT_THROW(sql("SELECT * FROM barid.kind_status('1 month')"), std::runtime_error);
}

TEST_F(Watching, LooksAtTheNewestPartWhenThereIsTooMuch) {
    add_finished(300, "old", "completed", "50 minutes", 1);
    add_finished(50, "new", "completed", "20 seconds", 1);
    EXPECT_EQ(sql("SELECT string_agg(kind || ' ' || completed, ',') "
                  "FROM barid.kind_status('1 hour', 200)"),
              "new 50");
    EXPECT_EQ(sql("SELECT sum(completed) FROM barid.kind_status('1 hour', 10)"), "10");
}

TEST_F(Watching, IsOpenToWhoMayLook) {
    for (const char* role : {"barid_worker", "barid_operator", "barid_readonly"}) {
        EXPECT_EQ(sql(std::string("SET ROLE ") + role +
                      "; SELECT count(*) FROM barid.queues; SELECT count(*) FROM "
                      "barid.kind_status()"),
                  "0");
    }
    EXPECT_THROW(sql("SET ROLE barid_producer; SELECT * FROM barid.queue_status()"),
                 std::runtime_error);
}

}  // namespace
}  // namespace barid::queue
