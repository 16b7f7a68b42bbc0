// Producers behind a real PgBouncer, in each of its modes, by the simple and the extended protocol,
// while a worker with a direct connection sleeps until it is told.
#include <libpq-fe.h>

#include <thread>

#include "tests/support/pgbouncer.hpp"
#include "tests/support/worker_fixture.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;
using support::PgBouncer;

/// A shop's backend: one blocking connection.
class Producer {
  public:
    explicit Producer(const std::string& url) : conn_(PQconnectdb(url.c_str()), PQfinish) {
        if (PQstatus(conn_.get()) != CONNECTION_OK) {
            throw std::runtime_error(PQerrorMessage(conn_.get()));
        }
        PQsetNoticeReceiver(conn_.get(), [](void*, const PGresult*) {}, nullptr);
    }
    std::string simple(const std::string& sql) { return take(PQexec(conn_.get(), sql.c_str())); }
    std::string extended(const std::string& sql, const char* value) {
        return take(
            PQexecParams(conn_.get(), sql.c_str(), 1, nullptr, &value, nullptr, nullptr, 0));
    }

  private:
    std::string take(PGresult* raw) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(raw, PQclear);
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            throw std::runtime_error(PQerrorMessage(conn_.get()));
        }
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    std::unique_ptr<PGconn, decltype(&PQfinish)> conn_;
};

class ProducersBehindPgBouncer : public support::WorkerFixture,
                                 public testing::WithParamInterface<PgBouncer::Mode> {
  protected:
    /// 6 jobs by each of the ways; one transaction that is rolled back, where there are any.
    void produce() {
        Producer producer(bouncer.url());
        producer.simple(R"(SELECT barid.enqueue('greet', '{"to": "نورة"}'))");
        producer.extended("SELECT barid.enqueue('greet', $1)", R"({"to": "سامي"})");
        producer.extended("SELECT count(*) FROM barid.enqueue_many($1)",
                          R"([{"kind": "greet"}, {"kind": "greet", "payload": {"to": "Emma"}}])");
        producer.simple("INSERT INTO barid.job (kind) VALUES ('greet')");
        if (GetParam() == PgBouncer::Mode::statement) {
            producer.simple("SELECT barid.enqueue('greet')");
            return;
        }
        producer.simple("BEGIN");
        producer.simple("SET LOCAL barid.notify = off");
        producer.extended("SELECT barid.enqueue('greet', $1)", "{}");
        producer.simple("COMMIT");
        producer.simple("BEGIN");
        producer.simple("SELECT barid.enqueue('greet')");
        producer.simple("ROLLBACK");
    }

    PgBouncer bouncer{database.url(), GetParam(), 3};
};

TEST_P(ProducersBehindPgBouncer, EveryCommittedJobRunsOnceAndSoon) {
    constexpr int kRounds = 10;
    constexpr int kProducers = 3;  // no more than sessions, which session mode gives away whole
    int ran = 0;
    handle("greet", [&](JobContext&) -> awaitable<Outcome> {
        ++ran;
        co_return queue::Done{};
    });
    std::vector<std::thread> producers;
    std::atomic<int> failures{0};
    for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&] {
            try {
                for (int round = 0; round < kRounds; ++round) produce();
            } catch (const std::exception& e) {
                ADD_FAILURE() << e.what();
                ++failures;
            }
        });
    }
    Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(worker, [&] { return ran >= kRounds * kProducers * 6 || failures > 0; }));
    for (std::thread& producer : producers) producer.join();
    EXPECT_EQ(ran, kRounds * kProducers * 6);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job_history"), std::to_string(ran));
    EXPECT_EQ(database.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database "
                           "= (SELECT oid FROM pg_database WHERE datname = current_database())"),
              "0")
        << "a wake-up left its flag on a session";
}

INSTANTIATE_TEST_SUITE_P(EachMode, ProducersBehindPgBouncer,
                         testing::Values(PgBouncer::Mode::session, PgBouncer::Mode::transaction,
                                         PgBouncer::Mode::statement),
                         [](const auto& mode) {
                             return std::string(mode.param == PgBouncer::Mode::session ? "Session"
                                                : mode.param == PgBouncer::Mode::transaction
                                                    ? "Transaction"
                                                    : "Statement");
                         });

}  // namespace
}  // namespace barid::worker
