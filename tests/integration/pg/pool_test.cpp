#include "queue/pg/pool.hpp"

#include <gtest/gtest.h>

#include "base/timeout.hpp"
#include "queue/pg/error.hpp"
#include "tests/support/database.hpp"

namespace barid::pg {
namespace {

using namespace std::chrono_literals;

class PgPool : public testing::Test, protected support::IoFixture {
  protected:
    support::TestDatabase database{support::Schema::empty};
    Pool pool{io, blocking, database.options(), 2, {}};
};

TEST_F(PgPool, ReusesAReleasedConnection) {
    const auto pid = [this]() -> awaitable<int> {
        auto conn = co_await pool.acquire();
        co_return conn->backend_pid();
    };
    EXPECT_EQ(run(pid()), run(pid()));
}

TEST_F(PgPool, WaitsAtItsLimitUntilOneComesBack) {
    const auto work = [this]() -> awaitable<bool> {
        std::optional<PooledConnection> first(co_await pool.acquire());
        const PooledConnection second(co_await pool.acquire());
        bool got_third = false;
        asio::co_spawn(
            io,
            [](Pool& p) -> awaitable<void> { const auto third = co_await p.acquire(5s); }(pool),
            [&](const std::exception_ptr& e) { got_third = !e; });
        co_await asio::post(io, asio::use_awaitable);
        EXPECT_FALSE(got_third);
        first.reset();
        for (int i = 0; i < 100 && !got_third; ++i) co_await barid::sleep_for(10ms);
        co_return got_third;
    };
    EXPECT_TRUE(run(work()));
}

TEST_F(PgPool, SaysWhenNothingBecameFree) {
    const auto work = [this]() -> awaitable<void> {
        const PooledConnection first(co_await pool.acquire());
        const PooledConnection second(co_await pool.acquire());
        const PooledConnection third(co_await pool.acquire(50ms));
    };
    EXPECT_THROW(run(work()), TimeoutError);
}

TEST_F(PgPool, ReplacesASessionThatWasTerminated) {
    const auto work = [this]() -> awaitable<int> {
        const Result first = co_await pool.execute("SELECT pg_backend_pid()");
        const std::string pid(first.one().text(0));
        database.sql("SELECT pg_terminate_backend(" + pid + ")");
        const auto deadline = std::chrono::steady_clock::now() + 5s;
        while (std::chrono::steady_clock::now() < deadline) {
            try {
                co_await pool.execute("SELECT 1");
                co_return 1;
            } catch (const Error&) {  // the dead session may be handed out once
            }
        }
        co_return 0;
    };
    EXPECT_EQ(run(work()), 1);
}

TEST_F(PgPool, RollsBackATransactionThatWasNotCommitted) {
    const auto work = [this](bool commit) -> awaitable<void> {
        auto transaction = co_await Transaction::begin(pool);
        co_await transaction.execute("CREATE TABLE t (x int)");
        if (commit) co_await transaction.commit();
    };
    run(work(false));
    EXPECT_EQ(database.sql("SELECT to_regclass('t')"), "");
    run(work(true));
    EXPECT_EQ(database.sql("SELECT to_regclass('t')"), "t");
}

TEST_F(PgPool, AFailedTransactionCannotPretendToCommit) {
    const auto work = [this]() -> awaitable<std::string> {
        auto transaction = co_await Transaction::begin(pool);
        try {
            co_await transaction.execute("SELECT 1/0");
        } catch (const Error&) {
        }
        try {
            co_await transaction.commit();
        } catch (const Error& e) {
            co_return e.sqlstate();
        }
        co_return "committed";
    };
    EXPECT_EQ(run(work()), "25P02");
}

}  // namespace
}  // namespace barid::pg
