// Workers behind a real PgBouncer in transaction mode, whose sessions take turns: nothing may rest
// on a session's state, and nothing may be left on one.
#include <boost/json/parse.hpp>
#include <map>

#include "queue/migrate.hpp"
#include "queue/session.hpp"
#include "tests/support/pgbouncer.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;
using support::PgBouncer;

pg::ConnectOptions through(const support::TestDatabase& database, const PgBouncer& bouncer) {
    pg::ConnectOptions options = database.options();
    options.conninfo = Secret(bouncer.url());
    options.session_state = false;
    return options;
}

class BehindPgBouncer : public support::WorkerFixture {
  protected:
    WorkerOptions polling() {
        WorkerOptions chosen = options();
        chosen.wakeup = queue::WakeupMode::poll;
        chosen.poll_interval = 100ms;
        chosen.lease_ttl = 3s;
        return chosen;
    }
    bool live_is_empty() { return database.sql("SELECT count(*) FROM barid.job") == "0"; }

    /// What each of the bouncer's sessions says, asked by a client without settings.
    std::map<std::string, int> each_session(const std::string& what) {
        std::map<std::string, int> answers;
        for (int i = 0; i < 8; ++i) ++answers[support::query(bouncer.url(), "SELECT " + what)];
        return answers;
    }

    PgBouncer bouncer{database.url(), PgBouncer::Mode::transaction};
    pg::Pool pooled{io, blocking, through(database, bouncer), 5, {}};
};

TEST_F(BehindPgBouncer, EveryKindOfOutcomeIsWritten) {
    handle("plain", [](JobContext&) -> awaitable<Outcome> { co_return queue::Done{}; });
    handle("told", [](JobContext& c) -> awaitable<Outcome> {
        c.progress(0.5, "نصف الطريق");
        co_return queue::Done{R"({"قال": "تم"})"};
    });
    handle("flaky", [](JobContext& c) -> awaitable<Outcome> {
        if (c.job.attempt == 1) throw Error(Error::Retry::transient, "once more");
        co_return queue::Done{};
    });
    handle("broken", [](JobContext&) -> awaitable<Outcome> {
        throw Error(Error::Retry::permanent, "no");
        co_return queue::Done{};
    });
    database.sql(
        R"(SELECT count(barid.enqueue(k)) FROM unnest('{plain,told,flaky,broken}'::text[]) k,
                    generate_series(1, 100))");
    Worker worker(io, blocking, pooled, registry, polling(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_TRUE(clean_);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE state = 'completed'"),
              "300");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE output->>'قال' = 'تم'"),
              "100");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE state = 'failed'"), "100");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.claim"), "0");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.worker"), "0");
}

TEST_F(BehindPgBouncer, KeysKeepTheirOrder) {
    std::map<std::string, std::vector<int>> ran;
    handle("step", [&](JobContext& c) -> awaitable<Outcome> {
        const json::value payload = json::parse(c.job.payload);
        co_await barid::sleep_for(1ms);
        ran[std::string(payload.at("key").as_string())].push_back(payload.at("n").to_number<int>());
        co_return queue::Done{};
    });
    database.sql(R"(SELECT count(barid.enqueue('step', jsonb_build_object('key', k, 'n', n),
                                               ordering_key => k))
                    FROM generate_series(1, 10) n, unnest('{سلة,طلب,دفع}'::text[]) k)");
    Worker worker(io, blocking, pooled, registry, polling(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    ASSERT_EQ(ran.size(), 3U);
    for (const auto& [key, steps] : ran) {
        EXPECT_EQ(steps, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})) << key;
    }
}

TEST_F(BehindPgBouncer, ARunningJobIsToldOfItsCancellationWithinASecond) {
    std::chrono::steady_clock::time_point asked{};
    std::chrono::milliseconds took{-1};
    handle("long", [&](JobContext& c) -> awaitable<Outcome> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        while (!c.cancelled()) co_await barid::sleep_for(5ms);
        took = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - asked);
        throw boost::system::system_error(asio::error::operation_aborted);
    });
    const std::string id = database.sql("SELECT barid.enqueue('long')");
    Worker worker(io, blocking, pooled, registry, polling(), {});
    const auto cancelled = [&] {
        const bool running = asked == decltype(asked){} && worker.executor().running() == 1;
        if (running && database.sql("SELECT claimed_at < clock_timestamp() - interval '600 ms' "
                                    "FROM barid.job WHERE id = " +
                                    id) == "t") {
            asked = std::chrono::steady_clock::now();
            database.sql("SELECT barid.cancel(" + id + ")");
        }
        return live_is_empty();
    };
    EXPECT_TRUE(run_until(worker, cancelled));
    EXPECT_GE(took, 0ms) << "the handler was never told";
    EXPECT_LE(took, 1s);
    EXPECT_EQ(database.sql("SELECT state FROM barid.jobs WHERE id = " + id), "cancelled");
}

TEST_F(BehindPgBouncer, ALostWorkersJobsRunHere) {
    handle("ping", [](JobContext&) -> awaitable<Outcome> { co_return queue::Done{}; });
    const std::string id = database.sql("SELECT barid.enqueue('ping')");
    database.sql(
        "INSERT INTO barid.worker (id, lease_ttl, name, queues) "
        "VALUES (1, '1 s', 'lost', '{default}')");
    database.sql(
        "WITH c AS (UPDATE barid.job SET state = 'running', attempt = 1, "
        "claim_id = gen_random_uuid(), claimed_at = now() RETURNING id, claim_id) "
        "INSERT INTO barid.claim (claim_id, worker_id, job_ids) "
        "SELECT claim_id, 1, ARRAY[id] FROM c");
    Worker worker(io, blocking, pooled, registry, polling(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    EXPECT_EQ(database.sql("SELECT state || attempt FROM barid.jobs WHERE id = " + id),
              "completed2");
}

TEST_F(BehindPgBouncer, NothingIsLeftOnTheSessions) {
    handle("ping", [](JobContext&) -> awaitable<Outcome> { co_return queue::Done{}; });
    database.sql("INSERT INTO barid.job (kind) SELECT 'ping' FROM generate_series(1, 500)");
    Worker worker(io, blocking, pooled, registry, polling(), {});
    EXPECT_TRUE(run_until(worker, [&] { return live_is_empty(); }));
    for (const pg::Setting& setting : queue::session_settings()) {
        const auto answers = each_session("current_setting('" + setting.name + "')");
        EXPECT_EQ(answers.size(), 1U) << setting.name;
        EXPECT_NE(answers.begin()->first, setting.value) << setting.name;
    }
    EXPECT_EQ(each_session("current_setting('synchronous_commit')").begin()->first, "on");
    EXPECT_EQ(each_session("count(*) FROM pg_prepared_statements").begin()->first, "0");
    EXPECT_EQ(database.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database "
                           "= (SELECT oid FROM pg_database WHERE datname = current_database())"),
              "0");
}

TEST_F(BehindPgBouncer, SettingsHoldForEachStatementOfAPipeline) {
    pg::ConnectOptions options = through(database, bouncer);
    options.settings = {{"enable_seqscan", "off"}, {"application_name", "it's \"quoted\" \\ too"}};
    const auto connection = run(pg::Connection::connect(blocking, options, {}));
    int right = 0;
    const auto ask = [&]() -> awaitable<void> {
        const pg::Result result = co_await connection->execute(
            "SELECT current_setting('enable_seqscan'), current_setting('application_name'), "
            "$1::int",
            pg::Params(right));
        const pg::Row row = result.one();
        if (row.text(0) == "off" && row.text(1) == "it's \"quoted\" \\ too") ++right;
    };
    const auto all = [&]() -> awaitable<void> {
        for (int i = 0; i < 20; ++i) asio::co_spawn(io, ask(), asio::detached);
        while (connection->in_flight() > 0) co_await barid::sleep_for(1ms);
    };
    run(all());
    run(connection->set("enable_seqscan", "on"));
    const pg::Result changed = run(connection->execute("SHOW enable_seqscan"));
    EXPECT_EQ(right, 20);
    EXPECT_EQ(changed.one().text(0), "on");
}

TEST_F(BehindPgBouncer, AnErrorLeavesTheOtherStatementsAlone) {
    pg::ConnectOptions options = through(database, bouncer);
    options.settings = queue::session_settings();
    const auto connection = run(pg::Connection::connect(blocking, options, {}));
    EXPECT_THROW(run(connection->execute("SELECT 1 / 0")), pg::Error);
    EXPECT_EQ(run(connection->execute("SELECT $1::text", pg::Params("بريد"))).one().text(0),
              "بريد");
}

TEST(MigrateBehindPgBouncer, ManyAtOnceDoItOnce) {
    support::IoFixture fixture;
    const support::TestDatabase database{support::Schema::empty};
    const PgBouncer bouncer{database.url(), PgBouncer::Mode::transaction};
    pg::Pool pool{fixture.io, fixture.blocking, through(database, bouncer), 4, {}};
    int total = 0;
    int finished = 0;
    const auto all = [&]() -> awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            asio::co_spawn(fixture.io, queue::migrate(pool, {}),
                           [&](const std::exception_ptr& e, int applied) {
                               EXPECT_FALSE(e);
                               total += applied;
                               ++finished;
                           });
        }
        while (finished < 3) co_await barid::sleep_for(5ms);
    };
    fixture.run(all());
    EXPECT_EQ(total, queue::newest_migration());
}

}  // namespace
}  // namespace barid::worker
