// "Flat under load": what a claim reads depends neither on the backlog, nor on future jobs, nor on
// blocked ones, nor on dead rows that a long transaction keeps. Counted in buffers, never in time.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <regex>

#include "queue/claimer.hpp"
#include "queue/session.hpp"
#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

class ClaimCost : public testing::Test {
  protected:
    void SetUp() override {
        run(pg::settings_statement(session_settings(), pg::Scope::session));
        run("INSERT INTO barid.worker (id, lease_ttl, name, queues) "
            "VALUES (1, '8 s', 'w', '{default}')");
        // Prepared while the table is empty, as a worker does.
        run("PREPARE claim (bigint, int, text, text[], smallint[], timestamptz[], bigint[], int) "
            "AS " +
            std::string(claim_statement()));
        for (int i = 0; i < 8; ++i) claim("'-infinity'", "0");
    }
    std::string run(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(conn_.get(), sql.c_str()),
                                                                   PQclear);
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            throw std::runtime_error(PQerrorMessage(conn_.get()));
        }
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    std::string execute(const std::string& run_at, const std::string& id) {
        return "EXECUTE claim (1, 1, gen_random_uuid()::text, '{default}', '{5}', ARRAY[" + run_at +
               "]::timestamptz[], '{" + id + "}', 20)";
    }
    void claim(const std::string& run_at, const std::string& id) { run(execute(run_at, id)); }

    /// Buffers that one claim of 20 jobs touches.
    int buffers(const std::string& run_at = "'-infinity'", const std::string& id = "0") {
        const std::string plan =
            run("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + execute(run_at, id));
        int total = 0;
        for (const char* name : {"Shared Hit Blocks", "Shared Read Blocks"}) {
            const std::regex first("\"" + std::string(name) + "\": ([0-9]+)");
            std::smatch match;
            if (std::regex_search(plan, match, first)) total += std::stoi(match[1]);
        }
        return total;
    }
    void add(int count, const std::string& extra_columns = "", const std::string& values = "") {
        run("INSERT INTO barid.job (kind" + extra_columns + ") SELECT 'a'" + values +
            " FROM generate_series(1, " + std::to_string(count) + ") n");
    }
    int base() {
        add(200);
        const int cost = buffers();
        EXPECT_GT(cost, 0);
        return cost;
    }

    support::TestDatabase database;
    std::unique_ptr<PGconn, decltype(&PQfinish)> conn_{PQconnectdb(database.url().c_str()),
                                                       PQfinish};
};

TEST_F(ClaimCost, DoesNotFollowTheBacklog) {
    const int small = base();
    add(50'000);
    EXPECT_LE(buffers(), small * 2);
}

TEST_F(ClaimCost, DoesNotFollowTheJobsThatWaitForTheFuture) {
    const int small = base();
    add(50'000, ", run_at", ", now() + interval '1 hour'");
    EXPECT_LE(buffers(), small * 2);
}

TEST_F(ClaimCost, DoesNotFollowTheJobsParkedBehindAKey) {
    const int small = base();
    add(20'000, ", ordering_key", ", 'k'");
    run("UPDATE barid.job SET due_at = run_at, run_at = 'infinity' WHERE ordering_key = 'k'");
    add(200);
    EXPECT_LE(buffers("now() - interval '1 second'"), small * 2);
}

TEST_F(ClaimCost, DoesNotFollowTheDeadRowsThatALongTransactionKeeps) {
    const int small = base();
    const std::unique_ptr<PGconn, decltype(&PQfinish)> reader(PQconnectdb(database.url().c_str()),
                                                              PQfinish);
    PQclear(PQexec(reader.get(), "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1"));
    add(20'000);
    const std::string last = run("SELECT max(id) FROM barid.job");
    run("DELETE FROM barid.job WHERE id <= " + last);
    add(200, ", run_at", ", now() + n * interval '1 microsecond'");
    // The cursor stands behind what was claimed; a claim from the start pays for the dead.
    const int with_cursor = buffers("now() - interval '1 microsecond'", last);
    EXPECT_LE(with_cursor, small * 2);
    EXPECT_GT(buffers(), with_cursor * 5);
}

TEST_F(ClaimCost, AClaimIsAlwaysAHeapOnlyUpdate) {
    add(400, ", payload", ", jsonb_build_object('text', repeat('x', (n % 8) * 500))");
    for (int i = 0; i < 20; ++i) claim("'-infinity'", "0");
    run("SELECT pg_stat_force_next_flush()");
    EXPECT_EQ(run("SELECT count(*) FROM barid.job WHERE state = 'running'"), "400");
    EXPECT_EQ(run("SELECT n_tup_upd || '/' || n_tup_hot_upd FROM pg_stat_user_tables "
                  "WHERE relid = 'barid.job'::regclass"),
              "400/400");
}

}  // namespace
}  // namespace barid::queue
