// What each role may do, and that it may do nothing else.
#include <gtest/gtest.h>

#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

class Roles : public testing::Test {
  protected:
    /// "" when the role may, else the SQLSTATE.
    std::string as(const std::string& role, const std::string& statement) {
        return database.sql(
            "CREATE OR REPLACE FUNCTION public.try() RETURNS text LANGUAGE plpgsql AS $try$ BEGIN "
            "EXECUTE $stmt$" +
            statement +
            "$stmt$; RETURN ''; EXCEPTION WHEN OTHERS THEN RETURN "
            "SQLSTATE; END $try$; SET ROLE " +
            role + "; SELECT public.try()");
    }
    support::TestDatabase database;
};

TEST_F(Roles, AProducerEnqueuesAndNothingElse) {
    EXPECT_EQ(as("barid_producer", "SELECT barid.enqueue('a')"), "");
    EXPECT_EQ(as("barid_producer", "SELECT barid.enqueue_many('[{\"kind\":\"a\"}]')"), "");
    EXPECT_EQ(as("barid_producer", "INSERT INTO barid.job (kind, payload) VALUES ('a', '{}')"), "");
    for (const char* statement :
         {"SELECT payload FROM barid.job", "SELECT * FROM barid.jobs",
          "INSERT INTO barid.job (kind, state) VALUES ('a', 'running')", "DELETE FROM barid.job",
          "UPDATE barid.job SET payload = '{}'", "SELECT barid.cancel(1)", "SELECT barid.retry(1)",
          "SELECT barid.pause('default')", "SELECT barid.rescue(1, 0)",
          "SELECT barid.settle('{}', '{}', '{}', '{}', '{}', '{}', '', '{}')",
          "SELECT barid.ensure_history()", "SELECT barid.forget('x')",
          "SELECT barid.set_queue('x', '{}')", "SELECT barid.tidy()",
          "CREATE TABLE barid.mine (x int)"}) {
        EXPECT_EQ(as("barid_producer", statement), "42501") << statement;
    }
}

TEST_F(Roles, AnOperatorControlsButDoesNotClaim) {
    for (const char* statement : {"SELECT * FROM barid.jobs",
                                  "SELECT * FROM barid.queues",
                                  "SELECT * FROM barid.workers",
                                  "SELECT barid.cancel(1)",
                                  "SELECT barid.retry(1)",
                                  "SELECT barid.pause('x')",
                                  "SELECT barid.resume('x')",
                                  "SELECT barid.run_now(1)",
                                  "SELECT barid.snooze(1, '1 s')",
                                  "SELECT barid.reschedule(1, now())",
                                  "SELECT barid.set_priority(1, 1)",
                                  "SELECT barid.bulk('cancel', '{\"all\": true}')",
                                  "SELECT barid.pause_kind('x')",
                                  "SELECT barid.resume_kind('x')",
                                  "SELECT barid.redrive('{\"all\": true}')",
                                  "SELECT barid.set_queue('x', '{}')",
                                  "SELECT barid.forget('x')",
                                  "SELECT barid.lineage(1)",
                                  "SELECT * FROM barid.dead_letters",
                                  "SELECT * FROM barid.kinds"}) {
        EXPECT_EQ(as("barid_operator", statement), "") << statement;
    }
    for (const char* statement : {"DELETE FROM barid.job", "UPDATE barid.job SET state = 'running'",
                                  "SELECT barid.rescue(1, 0)", "DELETE FROM barid.job_history"}) {
        EXPECT_EQ(as("barid_operator", statement), "42501") << statement;
    }
}

TEST_F(Roles, AReaderReads) {
    EXPECT_EQ(as("barid_readonly", "SELECT * FROM barid.jobs"), "");
    EXPECT_EQ(as("barid_readonly", "SELECT barid.enqueue('a')"), "42501");
    EXPECT_EQ(as("barid_readonly", "SELECT barid.cancel(1)"), "42501");
    EXPECT_EQ(as("barid_readonly", "SELECT barid.lineage(1)"), "");
    EXPECT_EQ(as("barid_readonly", "SELECT barid.bulk('cancel', '{\"all\": true}')"), "42501");
    EXPECT_EQ(as("barid_readonly", "SELECT barid.set_queue('x', '{}')"), "42501");
    EXPECT_EQ(as("barid_readonly", "SELECT barid.forget('x')"), "42501");
}

TEST_F(Roles, AWorkerHasWhatTheEngineNeeds) {
    for (const char* statement :
         {"INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES (1, '8 s', 'w', '{}')",
          "SELECT barid.rescue(1, 0)", "SELECT barid.sweep()", "SELECT barid.ensure_history()",
          "SELECT barid.prune_history()", "SELECT barid.prune_rest()", "SELECT barid.tidy()",
          "SELECT barid.history_to_drop()", "SELECT barid.redact('{\"a\": 1}', '{a}')",
          "SELECT barid.close_epoch(1, 1, '{}')",
          "SELECT barid.claim_keyed(1, 1, gen_random_uuid(), '{}')",
          "SELECT barid.settle('{}', '{}', '{}', '{}', '{}', '{}', '', '{}')",
          "UPDATE barid.job SET state = 'running'", "DELETE FROM barid.claim"}) {
        EXPECT_EQ(as("barid_worker", statement), "") << statement;
    }
    EXPECT_EQ(as("barid_worker", "DROP TABLE barid.job"), "42501");
}

TEST_F(Roles, NoFunctionIsOpenToEverybody) {
    EXPECT_EQ(database.sql("SELECT string_agg(p.proname, ' ') FROM pg_proc p "
                           "WHERE p.pronamespace = 'barid'::regnamespace "
                           "AND has_function_privilege('public', p.oid, 'EXECUTE')"),
              "");
}

// But one: a segment names the shop's own tables, and runs with its own role's few rights.
TEST_F(Roles, DefinerFunctionsPinTheirSearchPath) {
    EXPECT_EQ(database.sql("SELECT string_agg(p.proname, ' ') FROM pg_proc p "
                           "WHERE p.pronamespace = 'barid'::regnamespace AND p.prosecdef "
                           "AND p.proowner <> 'barid_segment'::regrole "
                           "AND NOT coalesce(array_to_string(p.proconfig, ','), '') "
                           "LIKE '%search_path=pg_catalog, barid, pg_temp%'"),
              "");
}

}  // namespace
}  // namespace barid::queue
