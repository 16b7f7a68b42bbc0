// Two schemas in one database, each with its own jobs, worker and wake-ups.
#include "queue/migrate.hpp"
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

/// One schema of the shared database, with a pool and a worker of its own.
struct Place {
    Place(asio::io_context& io, ThreadPool& blocking, const support::TestDatabase& database,
          const std::string& schema)
        : options(database.options()) {
        options.schema = schema;
        pool = std::make_unique<pg::Pool>(io, blocking, options, 4, log::Logger());
        registry.add_raw({.kind = "greet", .retry = {.base = 1ms, .floor = 0ms}},
                         [this](JobContext& c, const json::value&) -> awaitable<Outcome> {
                             ran.push_back(c.job.payload);
                             if (c.job.attempt == 1 && c.job.payload.contains("flaky")) {
                                 throw Error(Error::Retry::transient, "again");
                             }
                             co_return queue::Done{R"({"done": true})"};
                         });
    }

    pg::ConnectOptions options;
    std::unique_ptr<pg::Pool> pool;
    jobs::Registry registry;
    std::vector<std::string> ran;
};

class TwoSchemas : public testing::Test, protected support::IoFixture {
  protected:
    TwoSchemas() {
        run(queue::migrate(*shop.pool, {}));
        run(queue::migrate(*depot.pool, {}));
    }
    std::string ask(Place& place, const std::string& sql) {
        const pg::Result result = run(place.pool->execute(sql));
        return result.empty() ? "" : std::string(result[0].text(0));
    }
    WorkerOptions options() {
        WorkerOptions chosen;
        chosen.lease_ttl = 3s;
        chosen.idle_interval = 20s;  // what starts sooner was announced
        return chosen;
    }
    bool both_work(std::function<bool()> condition) {
        Worker first(io, blocking, *shop.pool, shop.registry, options(), {});
        Worker second(io, blocking, *depot.pool, depot.registry, options(), {});
        bool met = false;
        int ended = 0;
        const auto watch = [&]() -> awaitable<void> {
            const auto until = std::chrono::steady_clock::now() + 20s;
            while (!met && std::chrono::steady_clock::now() < until) {
                met = condition();
                co_await barid::sleep_for(5ms);
            }
            first.request_stop();
            second.request_stop();
            while (ended < 2) co_await barid::sleep_for(5ms);
        };
        for (Worker* worker : {&first, &second}) {
            asio::co_spawn(io, worker->run(), [&](const std::exception_ptr& e, bool clean) {
                EXPECT_FALSE(e);
                EXPECT_TRUE(clean);
                ++ended;
            });
        }
        run(watch(), 60s);
        return met;
    }

    support::TestDatabase database{support::Schema::empty};
    Place shop{io, blocking, database, "shop_jobs"};
    Place depot{io, blocking, database, "_depot2"};
};

TEST_F(TwoSchemas, KeepTheirJobsApart) {
    for (int i = 0; i < 20; ++i) {
        ask(shop, R"(SELECT barid.enqueue('greet', '{"to": "متجر"}'))");
        ask(depot, R"(SELECT barid.enqueue('greet', '{"to": "مستودع"}'))");
    }
    ask(shop, R"(SELECT barid.enqueue('greet', '{"flaky": true}', ordering_key => 'k'))");
    EXPECT_TRUE(both_work([&] { return shop.ran.size() == 22 && depot.ran.size() == 20; }));
    for (const std::string& payload : depot.ran) EXPECT_TRUE(payload.contains("مستودع")) << payload;
    EXPECT_EQ(ask(shop, "SELECT count(*)::text FROM barid.job_history"), "21");
    EXPECT_EQ(ask(depot, "SELECT count(*)::text FROM barid.job_history"), "20");
    EXPECT_EQ(ask(shop, "SELECT count(*)::text FROM barid.job"), "0");
}

TEST_F(TwoSchemas, WakeTheirOwnSleepers) {
    std::size_t sent = 0;
    const auto asleep = [&] {
        return database.sql(
                   "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' "
                   "AND mode = 'ShareLock' AND classid = 1112297796 AND database = (SELECT "
                   "oid FROM pg_database WHERE datname = current_database())") == "2";
    };
    EXPECT_TRUE(both_work([&] {
        if (sent == shop.ran.size() + depot.ran.size() && sent < 6 && asleep()) {
            database.sql(sent % 2 == 0 ? "SELECT shop_jobs.enqueue('greet')"
                                       : "SELECT _depot2.enqueue('greet')");
            ++sent;
        }
        return shop.ran.size() == 3 && depot.ran.size() == 3;
    }));
}

TEST_F(TwoSchemas, CancelRetryAndRescueStayInside) {
    const std::string id = ask(shop, "SELECT barid.enqueue('greet', delay => '1 hour')::text");
    ask(depot, "SELECT barid.enqueue('greet', delay => '1 hour')::text");
    EXPECT_EQ(ask(shop, "SELECT barid.cancel(" + id + ")::text"), "true");
    EXPECT_EQ(ask(depot, "SELECT state FROM barid.jobs"), "waiting");
    EXPECT_EQ(ask(shop, "SELECT barid.retry(" + id + ")::text"), "true");
    ask(shop,
        "INSERT INTO barid.worker (id, lease_ttl, name, queues) "
        "VALUES (1, '1 s', 'lost', '{default}')");
    EXPECT_TRUE(both_work([&] {
        return shop.ran.size() == 1 && database.sql("SELECT count(*) FROM shop_jobs.worker") == "1";
    }));
    EXPECT_TRUE(depot.ran.empty());
}

}  // namespace
}  // namespace barid::worker
