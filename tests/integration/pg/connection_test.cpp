#include "queue/pg/connection.hpp"

#include <gtest/gtest.h>

#include "base/timeout.hpp"
#include "queue/pg/error.hpp"
#include "tests/support/database.hpp"
#include "tests/support/tcp_gate.hpp"

namespace barid::pg {
namespace {

using namespace std::chrono_literals;
using support::IoFixture;
using support::Schema;
using support::TestDatabase;

class PgConnection : public testing::Test, protected IoFixture {
  protected:
    std::unique_ptr<Connection> connect(ConnectOptions options) {
        return run(Connection::connect(blocking, std::move(options), {}));
    }
    std::unique_ptr<Connection> connect() { return connect(database.options()); }

    template <class F>
    std::string sqlstate_of(F work) {
        try {
            work();
        } catch (const Error& e) {
            return e.sqlstate().empty() ? "lost" : e.sqlstate();
        }
        return "no error";
    }

    TestDatabase database{Schema::empty};
};

TEST_F(PgConnection, ReturnsTypedValues) {
    auto conn = connect();
    const Result result = run(conn->execute(
        "SELECT $1::bigint AS big, $2::text AS name, $3::boolean, $4::timestamptz, NULL::int",
        Params(std::int64_t{-7}, "صندوق هدايا", true,
               SystemTime(std::chrono::microseconds(1'700'000'000'123'456)))));
    const Row row = result.one();
    EXPECT_EQ(row.get<std::int64_t>("big"), -7);
    EXPECT_EQ(row.get<std::string>("name"), "صندوق هدايا");
    EXPECT_TRUE(row.get<bool>(2));
    EXPECT_EQ(row.get<SystemTime>(3).time_since_epoch(), 1'700'000'000'123'456us);
    EXPECT_EQ(row.get<std::optional<int>>(4), std::nullopt);
    EXPECT_EQ(sqlstate_of([&] { (void)row.get<int>(4); }), "22P02");
}

TEST_F(PgConnection, AStatementThatWasRefusedIsPreparedAfreshWhenItIsRight) {
    auto conn = connect();
    EXPECT_EQ(sqlstate_of([&] { run(conn->execute("SELECT n FROM late")); }), "42P01");
    run(conn->execute("CREATE TABLE late AS SELECT 7 AS n"));
    EXPECT_EQ(run(conn->execute("SELECT n FROM late")).one().get<int>(0), 7);
}

TEST_F(PgConnection, SettingsHoldForTheSessionAndCanBeChanged) {
    ConnectOptions options = database.options();
    options.settings = {{"jit", "off"}, {"work_mem", "64kB"}};
    auto conn = connect(options);
    EXPECT_EQ(run(conn->execute("SHOW work_mem")).one().text(0), "64kB");
    run(conn->set("work_mem", "1MB"));
    run(conn->set("enable_sort", "off"));
    const Result result =
        run(conn->execute("SELECT current_setting('work_mem'), current_setting('enable_sort'), "
                          "current_setting('jit')"));
    EXPECT_EQ(result.one().text(0), "1MB");
    EXPECT_EQ(result.one().text(1), "off");
    EXPECT_EQ(result.one().text(2), "off");
}

TEST_F(PgConnection, RoundTripsHostileTextThroughArrays) {
    auto conn = connect();
    const std::vector<std::string> texts{
        "", "NULL", "a,b", "{x}", "q\"q\\", "'; DROP TABLE t;--", "عربي", "line\nbreak"};
    const Result result = run(conn->execute("SELECT unnest($1::text[])", Params(texts)));
    ASSERT_EQ(result.size(), static_cast<int>(texts.size()));
    for (int i = 0; i < result.size(); ++i) {
        EXPECT_EQ(result[i].text(0), texts[static_cast<std::size_t>(i)]);
    }
    EXPECT_EQ(parse_array(run(conn->execute("SELECT $1::text[]", Params(texts))).one().text(0)),
              texts);
}

TEST_F(PgConnection, RefusesNulAndInvalidUtf8BeforeSending) {
    EXPECT_EQ(sqlstate_of([] { Params p(std::string("a\0b", 3)); }), "22021");
    EXPECT_EQ(sqlstate_of([] { Params p("\xC0\xAF"); }), "22021");
    EXPECT_EQ(sqlstate_of([] { Params p(std::vector<std::string>{"ok", "\xFF"}); }), "22021");
}

TEST_F(PgConnection, PipelinesStatementsOfManyCoroutinesAndIsolatesErrors) {
    auto conn = connect();
    int good = 0;
    int bad = 0;
    run([](Connection& c, int& ok, int& failed) -> awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer all(executor, 20s);
        int left = 100;
        for (int i = 0; i < 100; ++i) {
            asio::co_spawn(
                executor,
                [](Connection& inner, int n) -> awaitable<int> {
                    const auto r = co_await inner.execute("SELECT 100 / $1::int", Params(n % 10));
                    co_return r.one().get<int>(0);
                }(c, i),
                [&, i](const std::exception_ptr& e, int value) {
                    if (e)
                        ++failed;
                    else if (value == 100 / (i % 10))
                        ++ok;
                    if (--left == 0) all.cancel();
                });
        }
        co_await all.async_wait(use_tuple);
    }(*conn, good, bad));
    EXPECT_EQ(good, 90);
    EXPECT_EQ(bad, 10);  // i % 10 == 0: division by zero
    EXPECT_TRUE(conn->usable());
}

TEST_F(PgConnection, ReportsTheServersErrorWithoutTheRowsValues) {
    auto conn = connect();
    run(conn->execute("CREATE TABLE t (secret text PRIMARY KEY)"));
    run(conn->execute("INSERT INTO t VALUES ('hunter2')"));
    try {
        run(conn->execute("INSERT INTO t VALUES ('hunter2')"));
        FAIL() << "a duplicate was accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.sqlstate(), "23505");
        EXPECT_FALSE(e.transient());
        EXPECT_NE(std::string(e.what()).find("t_pkey"), std::string::npos);
        EXPECT_EQ(std::string(e.what()).find("hunter2"), std::string::npos);
    }
}

TEST_F(PgConnection, RunsScriptsAndReturnsToPipelineMode) {
    auto conn = connect();
    run(conn->execute_script("CREATE TABLE a (x int); INSERT INTO a VALUES (1), (2);", 10s));
    EXPECT_EQ(run(conn->execute("SELECT count(*) FROM a")).one().get<int>(0), 2);
    EXPECT_EQ(sqlstate_of(
                  [&] { run(conn->execute_script("INSERT INTO a VALUES (3); SELECT 1/0;", 10s)); }),
              "22012");
    EXPECT_EQ(run(conn->execute("SELECT count(*) FROM a")).one().get<int>(0), 2);
}

TEST_F(PgConnection, AStatementPastItsDeadlineIsCancelledOnTheServer) {
    auto conn = connect();
    const int pid = conn->backend_pid();
    EXPECT_EQ(sqlstate_of([&] { run(conn->execute("SELECT pg_sleep(60)", {}, 200ms)); }), "57014");
    EXPECT_FALSE(conn->usable());
    EXPECT_EQ(sqlstate_of([&] { run(conn->execute("SELECT 1")); }), "lost");
    auto other = connect();
    const auto gone = [&]() -> awaitable<bool> {
        for (int i = 0; i < 200; ++i) {
            const auto r = co_await other->execute(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", Params(pid));
            if (r.one().get<int>(0) == 0) co_return true;
            co_await barid::sleep_for(50ms);
        }
        co_return false;
    };
    EXPECT_TRUE(run(gone()));
}

TEST_F(PgConnection, TellsAtOnceThatItsSessionWasTerminated) {
    auto conn = connect();
    bool told = false;
    conn->on_lost([&] {
        told = true;
        io.stop();
    });
    database.sql("SELECT pg_terminate_backend(" + std::to_string(conn->backend_pid()) + ")");
    io.restart();
    io.run_for(10s);
    EXPECT_TRUE(told);
    EXPECT_FALSE(conn->usable());
}

TEST_F(PgConnection, DeliversNotificationsWhileIdle) {
    auto conn = connect();
    std::string heard;
    conn->on_notification([&](const Notification& n) {
        heard = n.channel + ":" + n.payload;
        io.stop();
    });
    run(conn->execute("LISTEN barid_test"));
    database.sql("NOTIFY barid_test, 'hello'");
    io.restart();
    io.run_for(10s);
    EXPECT_EQ(heard, "barid_test:hello");
}

TEST_F(PgConnection, ClassifiesAWrongDatabaseAsPermanent) {
    ConnectOptions options = database.options();
    options.conninfo = Secret(database.url() + "_missing");
    if (database.url().find('?') != std::string::npos) {
        std::string url = database.url();
        options.conninfo = Secret(url.insert(url.find('?'), "_missing"));
    }
    EXPECT_EQ(sqlstate_of([&] { connect(options); }), "3D000");
}

TEST_F(PgConnection, NeverQuotesTheConnectionStringInAnError) {
    ConnectOptions options;
    options.conninfo = Secret("postgresql://u:s3cr3tpw@127.0.0.1:1/x?nonsense=1");
    try {
        connect(options);
        FAIL();
    } catch (const barid::Error& e) {
        EXPECT_EQ(std::string(e.what()).find("s3cr3tpw"), std::string::npos);
        EXPECT_FALSE(e.transient());
    }
    options.conninfo = Secret("postgresql://u:s3cr3tpw@127.0.0.1:1/x");
    try {
        connect(options);
        FAIL();
    } catch (const barid::Error& e) {
        EXPECT_EQ(std::string(e.what()).find("s3cr3tpw"), std::string::npos);
        EXPECT_TRUE(e.transient());
    }
}

class PgMultiHost : public PgConnection {
  protected:
    /// host and port of the test server, which must be reached over TCP here.
    void SetUp() override {
        const std::string port = database.sql("SHOW port");
        if (database.sql("SHOW listen_addresses").empty()) GTEST_SKIP() << "no TCP listener";
        gate = std::make_unique<support::TcpGate>("127.0.0.1",
                                                  static_cast<std::uint16_t>(std::stoi(port)));
        name = database.sql("SELECT current_database()");
    }
    ConnectOptions via(const std::string& hosts, const std::string& ports,
                       const std::string& extra = "") {
        ConnectOptions options;
        options.conninfo = Secret("host=" + hosts + " port=" + ports +
                                  " user=postgres dbname=" + name + " " + extra);
        options.host_timeout = 500ms;
        return options;
    }
    std::unique_ptr<support::TcpGate> gate;
    std::string name;
};

TEST_F(PgMultiHost, WalksPastDeadAndSilentHosts) {
    support::TcpGate silent("127.0.0.1", 1);
    silent.set_mode(support::TcpGate::Mode::swallow);
    const std::string ports =
        "1," + std::to_string(silent.port()) + "," + std::to_string(gate->port());
    auto conn =
        connect(via("127.0.0.1,127.0.0.1,localhost", ports, "target_session_attrs=read-write"));
    EXPECT_EQ(run(conn->execute("SELECT 1")).one().get<int>(0), 1);
}

TEST_F(PgMultiHost, RefusesAReadOnlyServerWhenReadWriteIsAsked) {
    database.sql("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
    EXPECT_EQ(sqlstate_of([&] {
                  connect(via("127.0.0.1", std::to_string(gate->port()),
                              "target_session_attrs=read-write"));
              }),
              "lost");
    EXPECT_TRUE(connect(via("127.0.0.1", std::to_string(gate->port())))->usable());
}

TEST_F(PgMultiHost, ASwallowingNetworkEndsAStatementAtItsDeadline) {
    auto conn = connect(via("127.0.0.1", std::to_string(gate->port())));
    gate->set_mode(support::TcpGate::Mode::swallow);
    EXPECT_EQ(sqlstate_of([&] { run(conn->execute("SELECT 1", {}, 300ms)); }), "57014");
    EXPECT_FALSE(conn->usable());
}

}  // namespace
}  // namespace barid::pg
