// Upgrading while the fleet runs: a later migration under today's workers, and the statements of a
// worker of schema version 4 beside today's.
#include <libpq-fe.h>
#include <poll.h>

#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "base/crypto.hpp"
#include "queue/migrate.hpp"
#include "queue/pg/error.hpp"
#include "queue/session.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;
using std::chrono::steady_clock;

class Upgrade : public support::WorkerFixture {
  protected:
    void SetUp() override {
        handle("ping", [this](JobContext& c) -> awaitable<Outcome> {
            ++ran[c.job.id];
            co_return queue::Done{};
        });
    }
    awaitable<std::unique_ptr<pg::Transaction>> begin() {
        co_return std::make_unique<pg::Transaction>(co_await pg::Transaction::begin(pool));
    }
    /// Today's schema and one migration more, as a later version would bring it.
    static std::vector<queue::Migration> with_a_later_one() {
        const auto known = queue::embedded_migrations();
        std::vector<queue::Migration> all(known.begin(), known.end());
        all.push_back({all.back().version + 1, "later", R"(
            ALTER TABLE barid.job ADD COLUMN shade text NOT NULL DEFAULT 'none';
            ALTER TABLE barid.job_history ADD COLUMN shade text;
            ALTER TABLE barid.worker ADD COLUMN zone text NOT NULL DEFAULT '';
            CREATE INDEX job_shade ON barid.job (shade, id) WHERE shade <> 'none';
            CREATE FUNCTION barid.shade(id bigint) RETURNS text LANGUAGE sql
                RETURN (SELECT j.shade FROM barid.job j WHERE j.id = shade.id))"});
        return all;
    }
    std::map<std::int64_t, int> ran;
};

/// A shop that enqueues one job after the other, and notes the longest time that one took.
class SteadyProducer {
  public:
    explicit SteadyProducer(const std::string& url)
        : thread_([this, url] {
              const std::unique_ptr<PGconn, decltype(&PQfinish)> conn(PQconnectdb(url.c_str()),
                                                                      PQfinish);
              while (!stop_) {
                  const auto started = steady_clock::now();
                  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
                      PQexec(conn.get(), "SELECT barid.enqueue('ping')"), PQclear);
                  longest_ = std::max(longest_, steady_clock::now() - started);
                  if (PQresultStatus(result.get()) == PGRES_TUPLES_OK)
                      ++sent_;
                  else
                      ADD_FAILURE() << PQerrorMessage(conn.get());
                  ::poll(nullptr, 0, 2);  // the pace of a shop
              }
          }) {}
    ~SteadyProducer() { finish(); }
    void finish() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] std::size_t sent() const { return sent_; }
    [[nodiscard]] std::chrono::nanoseconds longest() const { return longest_; }

  private:
    std::atomic<bool> stop_{false};
    std::atomic<std::size_t> sent_{0};
    std::chrono::nanoseconds longest_{0};
    std::thread thread_;
};

TEST_F(Upgrade, TodaysWorkerGoesOnWhileALaterMigrationIsApplied) {
    const auto migrations = with_a_later_one();
    SteadyProducer producer(database.url());
    bool migrated = false;
    std::size_t sent_at_migration = 0;
    const auto migrate = [&]() -> awaitable<void> {
        while (producer.sent() < 50) co_await barid::sleep_for(5ms);
        EXPECT_EQ(co_await queue::migrate(pool, {}, migrations), 1);
        sent_at_migration = producer.sent();
        migrated = true;
    };
    asio::co_spawn(io, migrate(), asio::detached);
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] {
        if (!migrated || producer.sent() < sent_at_migration + 200) return false;
        producer.finish();
        return ran.size() == producer.sent();
    }));
    EXPECT_TRUE(clean_);
    for (const auto& [id, times] : ran) EXPECT_EQ(times, 1) << "job " << id;
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE state = 'completed' AND "
                           "attempt = 1 AND errors IS NULL"),
              std::to_string(producer.sent()));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "0");
}

TEST_F(Upgrade, AMigrationThatCannotHaveItsLockHoldsNobodyUp) {
    const auto migrations = with_a_later_one();
    SteadyProducer producer(database.url());
    const auto reader = run(begin());
    run(reader->execute("SELECT count(*) FROM barid.job"));
    bool migrated = false;
    const auto migrate = [&]() -> awaitable<void> {
        EXPECT_EQ(co_await queue::migrate(pool, {}, migrations), 1);
        migrated = true;
    };
    const auto read_for_a_while = [&]() -> awaitable<void> {
        const auto until = steady_clock::now() + 4s;
        asio::co_spawn(io, migrate(), asio::detached);
        while (steady_clock::now() < until) co_await barid::sleep_for(20ms);
        EXPECT_FALSE(migrated);
        co_await reader->commit();
        while (!migrated) co_await barid::sleep_for(20ms);
    };
    run(read_for_a_while());
    producer.finish();
    EXPECT_GT(producer.sent(), 100U);
    // Half a second of waiting for the lock, and what the machine makes of it.
    EXPECT_LT(producer.longest(), 1500ms);
}

/// A worker of schema version 4, by its statements.
class OldWorker {
  public:
    OldWorker(support::IoFixture& io, pg::ConnectOptions options) : io_(io) {
        options.settings = queue::session_settings();
        connection_ = io_.run(pg::Connection::connect(io_.blocking, options, {}));
        send("open_lease", pg::Params(kId, std::chrono::microseconds(60s), "old",
                                      std::vector<std::string>{"default"}));
    }
    pg::Result send(const std::string& name, pg::Params params) {
        return io_.run(connection_->execute(text(name), std::move(params)));
    }
    static std::string text(const std::string& name) {
        std::ifstream file(std::string(BARID_COMPAT_V4) + "/" + name + ".sql");
        std::stringstream content;
        content << file.rdbuf();
        if (content.str().empty()) throw std::runtime_error("no statement " + name);
        return content.str();
    }
    /// Ids of the claimed jobs, keyed ones too; their claim is `claim`.
    std::vector<std::int64_t> claim(const std::string& claim, int demand) {
        const std::string keyed_claim = random_uuid();
        std::vector<std::int64_t> ids;
        std::vector<std::int64_t> keyed;
        const pg::Result rows = send(
            "claim", pg::Params(kId, 1, claim, std::vector<std::string>{"default"},
                                std::vector<std::int64_t>{5}, std::vector<std::string>{"-infinity"},
                                std::vector<std::int64_t>{0}, demand));
        for (const pg::Row row : rows) {
            if (row.text(0) == "claimed") ids.push_back(row.get<std::int64_t>(1));
            if (row.text(0) == "keyed") keyed.push_back(row.get<std::int64_t>(1));
        }
        if (keyed.empty()) return ids;
        std::vector<std::int64_t> heads;
        for (const pg::Row row : send("claim_keyed", pg::Params(kId, 1, keyed_claim, keyed))) {
            heads.push_back(row.get<std::int64_t>(0));
        }
        EXPECT_EQ(
            static_cast<std::size_t>(send("read_claimed", pg::Params(heads, keyed_claim)).size()),
            heads.size());
        settle(heads, keyed_claim, "complete");
        settled_keyed += heads.size();
        return ids;
    }
    void settle_plain(const std::vector<std::int64_t>& ids, const std::string& claim) {
        const std::vector<std::string> claims(ids.size(), claim);
        const pg::Result gone = send("settle_plain", pg::Params(ids, claims, one(claim)));
        EXPECT_EQ(static_cast<std::size_t>(gone.size()), ids.size());
    }
    void settle(const std::vector<std::int64_t>& ids, const std::string& claim,
                const std::string& action) {
        const auto all = [&](const std::string& value) {
            return std::vector<std::string>(ids.size(), value);
        };
        const pg::Result results =
            send("settle",
                 pg::Params(ids, all(claim), all(action), std::vector<std::int64_t>(ids.size()),
                            all("من الإصدار ٤"), all("{}"), "old", one(claim)));
        for (const pg::Row row : results) EXPECT_EQ(row.text(1), "settled");
        EXPECT_EQ(static_cast<std::size_t>(results.size()), ids.size());
    }
    static std::vector<std::string> one(const std::string& text) { return {text}; }

    static constexpr std::int64_t kId = 4;
    std::size_t settled_keyed = 0;

  private:
    support::IoFixture& io_;
    std::unique_ptr<pg::Connection> connection_;
};

TEST_F(Upgrade, AWorkerOfVersionFourWorksOnBesideTodays) {
    database.sql(
        "SELECT count(barid.enqueue('ping', ordering_key => CASE WHEN n % 5 = 0 THEN "
        "'مفتاح' || n % 10 END)) FROM generate_series(1, 2000) n");
    Worker worker(io, blocking, pool, registry, options(), {});
    bool clean = false;
    bool ended = false;
    asio::co_spawn(io, worker.run(), [&](const std::exception_ptr& e, bool result) {
        clean = !e && result;
        ended = true;
    });
    OldWorker old(*this, database.options());
    std::size_t by_old = 0;
    int rounds = 0;
    const auto until = steady_clock::now() + 30s;
    while (database.sql("SELECT count(*) FROM barid.job") != "0" && steady_clock::now() < until) {
        const std::string claim = random_uuid();
        const auto ids = old.claim(claim, 20);
        if (ids.empty()) continue;
        old.send("progress", pg::Params(ids, std::vector<std::string>(ids.size(), claim),
                                        std::vector<std::string>(ids.size(), "0.5"),
                                        std::vector<std::string>(ids.size(), "نصف")));
        ++rounds;
        if (rounds % 3 == 0) {
            old.settle(ids, claim, rounds % 6 == 0 ? "complete" : "retry");
            if (rounds % 6 == 0) by_old += ids.size();
        } else {
            old.settle_plain(ids, claim);
            by_old += ids.size();
        }
        old.send("renew", pg::Params(OldWorker::kId));
    }
    worker.request_stop();
    const auto rest = [&]() -> awaitable<void> {
        while (!ended) co_await barid::sleep_for(5ms);
    };
    run(rest());
    EXPECT_TRUE(clean);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "0");
    EXPECT_GT(by_old, 0U);
    EXPECT_GT(ran.size(), 0U);
    EXPECT_EQ(ran.size() + by_old + old.settled_keyed, 2000U) << "a job was lost, or done twice";
    for (const auto& [id, times] : ran) EXPECT_EQ(times, 1) << "job " << id;
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history WHERE state = 'completed'"),
              "2000");
    old.send("withdraw", pg::Params(OldWorker::kId));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.worker"), "0");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.claim"), "0");
}

TEST_F(Upgrade, VersionFourMayStillWork) {
    EXPECT_LE(run(queue::read_schema(pool)).min_worker, 4);
    OldWorker old(*this, database.options());
    const std::string id = database.sql("SELECT barid.enqueue('ping')");
    EXPECT_EQ(old.claim(random_uuid(), 1).size(), 1U);
    EXPECT_EQ(old.send("close_epoch", pg::Params(OldWorker::kId, 1, std::vector<std::string>{}))
                  .one()
                  .get<int>(0),
              2);
    EXPECT_EQ(database.sql("SELECT state || attempt FROM barid.jobs WHERE id = " + id), "waiting0");
    const pg::Result look = old.send(
        "look",
        pg::Params(std::vector<std::string>{"default"}, std::vector<std::int64_t>{5},
                   std::vector<std::string>{"-infinity"}, std::vector<std::int64_t>{0}, "1"));
    EXPECT_TRUE(look.one().get<bool>(0));
}

}  // namespace
}  // namespace barid::worker
