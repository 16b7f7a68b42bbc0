// Writers, two relays and a killed session, all at once.
#include "base/timeout.hpp"
#include "tests/integration/commerce_relay/relay_fixture.hpp"

namespace barid::commerce {
namespace {

using namespace std::chrono_literals;

class RelayTogether : public RelayFixture {
  protected:
    static constexpr int kWriters = 3;
    static constexpr int kTransactions = 60;

    /// Commits some of its transactions late and rolls some back, on aggregates that all share.
    awaitable<void> write(int number) {
        for (int i = 0; i < kTransactions; ++i) {
            pg::Transaction transaction = co_await pg::Transaction::begin(writers_);
            const std::string id = "o-" + std::to_string((i * 7 + number) % 5);
            co_await transaction.execute(
                "SELECT shop.emit('order', $1, 'order.changed', '{}') FROM generate_series(1, 3)",
                pg::Params(id));
            if (i % 10 == number) co_await sleep_for(5ms);
            if (i % 13 == number) {
                co_await transaction.rollback();
            } else {
                co_await transaction.commit();
                written_ += 3;
            }
        }
        ++done_;
    }

    /// As its job does: after a lost session it goes on with another one.
    awaitable<void> relay_until_all_is_out(pg::Pool& pool, int batch) {
        const OutboxRelay relay(pool, orders(batch));
        while (!over_) {
            OutboxStep step;
            try {
                step = co_await relay.step();
            } catch (const pg::Error& error) {
                ++lost_;
                EXPECT_TRUE(error.transient()) << error.what();
            }
            if (step.events == 0) co_await sleep_for(1ms);
        }
        --relaying_;
    }

    /// Ends the sessions of the first relay again and again, wherever they are.
    awaitable<void> kill() {
        while (done_ < kWriters) {
            co_await writers_.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                "current_database() AND application_name = 'doomed relay'");
            co_await sleep_for(7ms);
        }
    }

    awaitable<void> all() {
        const auto executor = co_await asio::this_coro::executor;
        for (int i = 0; i < kWriters; ++i) asio::co_spawn(executor, write(i), asio::detached);
        asio::co_spawn(executor, relay_until_all_is_out(doomed_, 4), asio::detached);
        asio::co_spawn(executor, relay_until_all_is_out(pool, 9), asio::detached);
        co_await kill();
        for (;;) {
            const pg::Result left = co_await writers_.execute("SELECT count(*) FROM shop.outbox");
            if (left.one().get<int>(0) == 0) break;
            co_await sleep_for(2ms);
        }
        over_ = true;
        while (relaying_ > 0) co_await sleep_for(1ms);
    }

    pg::ConnectOptions doomed_options() {
        pg::ConnectOptions options = db.options();
        options.application_name = "doomed relay";
        return options;
    }

    pg::Pool writers_{io, blocking, db.options(), kWriters + 1, {}};
    pg::Pool doomed_{io, blocking, doomed_options(), 1, {}};
    int written_ = 0;
    int done_ = 0;
    int lost_ = 0;
    int relaying_ = 2;
    bool over_ = false;
};

TEST_F(RelayTogether, NothingIsLostTwiceOrOutOfOrder) {
    relay_for(orders());
    run(all(), 60s);
    EXPECT_GT(lost_, 0) << "no relay's session was ended";
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.job"), std::to_string(written_));
    EXPECT_EQ(db.sql("SELECT count(DISTINCT payload->>'event_id') FROM barid.job"),
              std::to_string(written_));
    EXPECT_EQ(db.sql("SELECT count(*) FROM (SELECT (payload->>'version')::int <> "
                     "row_number() OVER (PARTITION BY ordering_key ORDER BY id) AS wrong "
                     "FROM barid.job) j WHERE wrong"),
              "0");
}

}  // namespace
}  // namespace barid::commerce
