// sql.call: the function's effects and the job's end are one transaction.
#include "jobs/sql_call.hpp"

#include "tests/support/worker_fixture.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

class SqlCall : public support::WorkerFixture {
  protected:
    void SetUp() override {
        sql(R"(CREATE SCHEMA shop;
            CREATE TABLE shop.effect (id bigint GENERATED ALWAYS AS IDENTITY, day text NOT NULL);
            CREATE FUNCTION shop.close_day(arguments jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO effect (day) VALUES (arguments->>'day');
                RETURN jsonb_build_object('closed', arguments->>'day', 'sum', 19.90);
            END $$;)");
        jobs::register_sql_call(registry, calls);
    }
    std::string sql(const std::string& text) const { return database.sql(text); }

    /// Makes shop.f with this body, allows it, runs one job of it; returns the job's id.
    std::string run_function(const std::string& returns, const std::string& body,
                             const std::string& limits = "", int max_attempts = 1) {
        sql("DROP FUNCTION IF EXISTS shop.f(jsonb); "
            "CREATE FUNCTION shop.f(arguments jsonb) RETURNS " +
            returns +
            " LANGUAGE plpgsql AS $body$ BEGIN INSERT INTO effect (day) VALUES ('f'); " + body +
            " END $body$; SELECT barid.allow_function('shop.f'" + limits + ")");
        const std::string job =
            sql("SELECT barid.enqueue('sql.call', '{\"function\": \"shop.f\"}', max_attempts => " +
                std::to_string(max_attempts) + ")");
        work();
        return job;
    }
    void work() {
        worker::Worker worker(io, blocking, pool, registry, options(), {});
        EXPECT_TRUE(
            run_until(worker, [&] { return sql("SELECT count(*) FROM barid.job") == "0"; }));
        EXPECT_TRUE(clean_);
        EXPECT_EQ(sql("SELECT count(*) FROM barid.claim"), "0");
    }
    /// State, attempts and last error of a job.
    std::string end_of(const std::string& job) {
        return sql(
            "SELECT concat_ws(' ', state, attempt, errors->-1->>'error') FROM barid.jobs "
            "WHERE id = " +
            job);
    }
    std::string output_of(const std::string& job) {
        return sql("SELECT output FROM barid.jobs WHERE id = " + job);
    }
    std::string effects() { return sql("SELECT count(*) FROM shop.effect"); }

    pg::Pool calls{io, blocking, database.options(), 2, {}};
};

TEST_F(SqlCall, RunsAnAllowedFunctionAndStoresWhatItReturns) {
    sql("SELECT barid.allow_function('shop.close_day')");
    const std::string job = sql(R"(SELECT barid.enqueue('sql.call',
        '{"function": "shop.close_day", "arguments": {"day": "الأحد"}}'))");
    work();
    EXPECT_EQ(end_of(job), "completed 1");
    EXPECT_EQ(output_of(job), R"({"sum": 19.90, "closed": "الأحد"})");
    EXPECT_EQ(sql("SELECT day FROM shop.effect"), "الأحد");
}

TEST_F(SqlCall, OfAFunctionThatIsNotAllowedCallsNothing) {
    const std::string unlisted =
        sql(R"(SELECT barid.enqueue('sql.call', '{"function": "shop.close_day"}'))");
    const std::string unknown =
        sql(R"(SELECT barid.enqueue('sql.call', '{"function": "shop.no_such"}'))");
    const std::string sneaky = sql(R"(SELECT barid.enqueue('sql.call',
        '{"function": "shop.close_day(''{}''); DROP SCHEMA shop CASCADE; --"}'))");
    work();
    for (const std::string& job : {unlisted, unknown, sneaky}) {
        EXPECT_EQ(end_of(job).substr(0, 21), "failed 1 the function") << end_of(job);
        EXPECT_NE(end_of(job).find("is not allowed"), std::string::npos);
    }
    EXPECT_EQ(effects(), "0");
}

TEST_F(SqlCall, OfAFunctionThatChangedSinceItWasAllowedSaysSo) {
    sql("SELECT barid.allow_function('shop.close_day'); DROP FUNCTION shop.close_day(jsonb); "
        "CREATE FUNCTION shop.close_day(arguments jsonb, more int) RETURNS int LANGUAGE sql "
        "AS 'SELECT 1'");
    const std::string job =
        sql(R"(SELECT barid.enqueue('sql.call', '{"function": "shop.close_day"}'))");
    work();
    EXPECT_TRUE(end_of(job).starts_with("failed 1 ")) << end_of(job);
    EXPECT_EQ(sql("SELECT problem FROM barid.functions"),
              "there is no function shop.close_day(jsonb)");
}

TEST_F(SqlCall, AFunctionThatRaisesLeavesNoEffectAndIsTriedAgain) {
    const std::string job =
        run_function("void", "RAISE EXCEPTION 'المخزون لا يكفي';", "", /*max_attempts=*/2);
    EXPECT_EQ(end_of(job), "failed 2 shop.f: المخزون لا يكفي (SQLSTATE P0001)");
    EXPECT_EQ(sql("SELECT jsonb_array_length(errors) FROM barid.jobs"), "2");
    EXPECT_EQ(effects(), "0");
}

TEST_F(SqlCall, AFunctionEndsItsJobForGoodOrCancelsIt) {
    EXPECT_EQ(end_of(run_function("void", "RAISE EXCEPTION 'no such day' USING ERRCODE = 'JB001';",
                                  "", 5)),
              "failed 1 shop.f: no such day (SQLSTATE JB001)");
    EXPECT_EQ(end_of(run_function("void", "RAISE EXCEPTION 'not needed' USING ERRCODE = 'JB002';",
                                  "", 5)),
              "cancelled 1 not needed");
    EXPECT_EQ(end_of(run_function("void", "PERFORM 1 / 0;", "", 5)),
              "failed 1 shop.f: division by zero (SQLSTATE 22012)");
    EXPECT_EQ(effects(), "0");
}

TEST_F(SqlCall, ASlowFunctionIsStoppedByItsOwnTimeout) {
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(end_of(run_function("void", "PERFORM pg_sleep(60);", ", timeout => '200 ms'")),
              "failed 1 shop.f: canceling statement due to statement timeout (SQLSTATE 57014)");
    EXPECT_LT(std::chrono::steady_clock::now() - before, 15s);
    EXPECT_EQ(effects(), "0");
}

TEST_F(SqlCall, AFunctionThatWaitsForALockIsStoppedByItsLockTimeout) {
    sql("CREATE TABLE shop.till (x int)");
    bool holds = false;
    const auto hold = [&]() -> awaitable<void> {
        auto other = co_await pg::Transaction::begin(pool);
        co_await other.execute("LOCK TABLE shop.till");
        holds = true;
        while (holds) co_await sleep_for(5ms);
        co_await other.rollback();
    };
    asio::co_spawn(io, hold(), asio::detached);
    const std::string job =
        run_function("void", "LOCK TABLE till;", ", lock_timeout => '50 ms'", 3);
    EXPECT_EQ(end_of(job),
              "failed 3 shop.f: canceling statement due to lock timeout (SQLSTATE 55P03)");
    EXPECT_TRUE(holds);
    holds = false;
    io.restart();
    io.run_for(200ms);
}

TEST_F(SqlCall, OutputsOfEveryKindAreStoredWhenTheyFit) {
    EXPECT_EQ(output_of(run_function("void", "RETURN;")), "");
    EXPECT_EQ(output_of(run_function("numeric", "RETURN 12345678901234567890.25;")),
              "12345678901234567890.25");
    EXPECT_EQ(output_of(run_function("text", "RETURN 'تم';")), "\"تم\"");
    EXPECT_EQ(output_of(run_function("jsonb", "RETURN NULL;")), "");
    const std::string huge = run_function("text", "RETURN repeat('x', 100000);");
    EXPECT_EQ(end_of(huge), "completed 1");
    EXPECT_EQ(output_of(huge),
              R"({"omitted": "the output has 100002 bytes, at most 65536 are stored"})");
    EXPECT_EQ(effects(), "5");
    const std::string nul = run_function("jsonb", R"(RETURN '"a\u0000"'::jsonb;)");
    EXPECT_TRUE(end_of(nul).starts_with("failed 1 shop.f: ")) << end_of(nul);
    EXPECT_TRUE(end_of(nul).ends_with("(SQLSTATE 22P05)")) << end_of(nul);
    EXPECT_EQ(effects(), "5");
}

TEST_F(SqlCall, ArgumentsArriveDigitForDigit) {
    sql("SELECT barid.allow_function('shop.close_day')");
    sql(R"(SELECT barid.enqueue('sql.call', '{"function": "shop.close_day",
        "arguments": {"day": 12345678901234567890.123456789}}'))");
    work();
    EXPECT_EQ(sql("SELECT day FROM shop.effect"), "12345678901234567890.123456789");
}

TEST_F(SqlCall, AClaimThatIsLostWhileTheFunctionRunsUndoesIt) {
    // The function itself takes the job away, as a rescuer would while it runs.
    const std::string job =
        run_function("void",
                     "IF (arguments->>'n') IS NULL AND (SELECT count(*) FROM public.seen) = 0 THEN "
                     "PERFORM public.steal(); END IF;",
                     "", 3);
    EXPECT_EQ(end_of(job).substr(0, 6), "failed");  // public.seen does not exist: 42P01
    sql(R"(CREATE EXTENSION IF NOT EXISTS dblink; CREATE TABLE public.seen (x int);
        CREATE FUNCTION public.steal() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
            PERFORM public.dblink_exec('dbname=' || current_database() ||
                ' port=' || current_setting('port') || ' host=127.0.0.1 user=postgres',
                'INSERT INTO public.seen VALUES (1); '
                'UPDATE barid.job SET claim_id = gen_random_uuid(), state = ''waiting''');
        END $$;)");
    const std::string stolen =
        sql("SELECT barid.enqueue('sql.call', '{\"function\": \"shop.f\"}', max_attempts => 3)");
    work();
    EXPECT_EQ(end_of(stolen), "completed 2");
    EXPECT_EQ(effects(), "1") << "the first run's effect stayed";
}

TEST_F(SqlCall, AnAnswerThatWasLostIsFoundInTheHistory) {
    sql("SELECT barid.allow_function('shop.close_day'); SELECT barid.enqueue('sql.call', "
        "'{\"function\": \"shop.close_day\"}'); UPDATE barid.job SET state = 'running', "
        "attempt = 1, claim_id = '11112222-3333-4444-5555-666677778888', claimed_at = now()");
    const std::string call = "SELECT barid.sql_call(1, '11112222-3333-4444-5555-666677778888')";
    EXPECT_THROW(sql(call), std::runtime_error) << "a NOT NULL day was missing";
    sql("ALTER TABLE shop.effect ALTER day DROP NOT NULL");
    EXPECT_EQ(sql(call), "settled");
    EXPECT_EQ(sql(call), "already");
    EXPECT_EQ(sql("SELECT barid.sql_call(1, gen_random_uuid())"), "stale");
    EXPECT_EQ(effects(), "1");
}

TEST_F(SqlCall, ACancelIsToldWhileTheFunctionRuns) {
    sql("CREATE FUNCTION shop.f(arguments jsonb) RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_sleep(60); END $$; SELECT barid.allow_function('shop.f', '2 minutes')");
    const std::string job = sql("SELECT barid.enqueue('sql.call', '{\"function\": \"shop.f\"}')");
    const std::string sleeping =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "wait_event = 'PgSleep'";
    bool asked = false;
    worker::Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        if (!asked && sql(sleeping) == "1") {
            asked = true;
            sql("SELECT barid.cancel(" + job + ")");
        }
        return asked && sql("SELECT count(*) FROM barid.job") == "0" && sql(sleeping) == "0";
    }));
    EXPECT_EQ(sql("SELECT state FROM barid.jobs"), "cancelled");
}

TEST_F(SqlCall, TheListTakesOnlyFunctionsThatCanBeCalled) {
    sql(R"(CREATE FUNCTION shop.many(a jsonb) RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION shop.two(a jsonb, b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION shop.loose(a jsonb) RETURNS record LANGUAGE sql AS 'SELECT 1, 2';
        CREATE PROCEDURE shop.proc(a jsonb) LANGUAGE sql AS 'SELECT 1';)");
    const auto problem = [&](const std::string& signature) -> std::string {
        try {
            sql("SELECT barid.allow_function('" + signature + "')");
            return "";
        } catch (const std::runtime_error& e) {
            return e.what();
        }
    };
    EXPECT_NE(problem("shop.many").find("returns one value"), std::string::npos);
    EXPECT_NE(problem("shop.two").find("there is no function"), std::string::npos);
    EXPECT_NE(problem("shop.loose").find("must return"), std::string::npos);
    EXPECT_NE(problem("shop.proc").find("plain function"), std::string::npos);
    EXPECT_NE(problem("close_day").find("with its schema"), std::string::npos);
    EXPECT_NE(problem("pg_catalog.jsonb_pretty").find("never allowed"), std::string::npos);
    EXPECT_EQ(problem("Shop.Close_Day (jsonb)"), "");
    EXPECT_EQ(sql("SELECT string_agg(name, ' ') FROM barid.functions"), "shop.close_day");
    EXPECT_EQ(sql("SELECT worker_may FROM barid.functions"), "f") << "no USAGE on the schema";
    sql("GRANT USAGE ON SCHEMA shop TO barid_worker");
    EXPECT_EQ(sql("SELECT worker_may FROM barid.functions"), "t");
    EXPECT_EQ(sql("SELECT barid.disallow_function('shop.close_day')"), "t");
    EXPECT_EQ(sql("SELECT barid.disallow_function('shop.close_day')"), "f");
}

}  // namespace
}  // namespace barid::queue
