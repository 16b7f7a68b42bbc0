#include "tests/fault/commerce/scene.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <csignal>
#include <stdexcept>

#include "tests/fault/queue/fault_fixture.hpp"
#include "tests/support/shop.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

constexpr const char* kConfig = R"(
[worker]
lease_ttl = "3s"
concurrency = 10
shutdown_grace = "20s"

[shop]
enabled = true
pool_size = 6
reconcile_after = "0ms"
claim_ttl = "2s"
# Who waits at a place waits for as long as the test takes.
statement_timeout = "1m"
lock_timeout = "1m"

[payment.myfatoorah]
url = "{}"
api_key = "{}"
webhook_secret = "{}"
allow_private = true
requests_per_minute = 60000
timeout = "20s"

[outbox.orders]
target = "jobs"
kind = "shop.event"
queue = "events"
poll_interval = "50ms"

[outbox.product]
target = "projection"
projection = "wishlist"
poll_interval = "50ms"

[outbox.wishlist]
target = "projection"
projection = "wishlist"
poll_interval = "50ms"

[projection.wishlist]
batch = 2
)";

}  // namespace

/// The session that holds the places' lock.
struct Scene::Gate {
    explicit Gate(const std::string& url) : conn(PQconnectdb(url.c_str())) {
        run("CREATE SCHEMA fail; GRANT USAGE ON SCHEMA fail TO PUBLIC;"
            "CREATE FUNCTION fail.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_catalog.pg_advisory_xact_lock_shared(77, 1); "
            "RETURN CASE WHEN TG_WHEN = 'BEFORE' THEN NEW END; END $$");
    }
    ~Gate() { PQfinish(conn); }
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    void run(const std::string& sql) const {
        PGresult* result = PQexec(conn, sql.c_str());
        const auto status = PQresultStatus(result);
        PQclear(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            throw std::runtime_error(PQerrorMessage(conn));
        }
    }

    PGconn* conn;
    std::string table = {};
};

Scene::Scene()
    : cli_(database_.url()),
      admin_cli_(database_.url()),
      gate_(std::make_unique<Gate>(database_.url())) {
    support::install_shop(database_);
    support::stock_small_shop(database_);
    config_ = cli_.file("barid.toml", fmt::format(fmt::runtime(kConfig), gateway_.url(),
                                                  support::GatewayStub::kApiKey,
                                                  support::GatewayStub::kWebhookSecret));
}

Scene::~Scene() = default;

std::size_t Scene::start() {
    const long before = count("SELECT count(*) FROM barid.worker");
    workers_.push_back(cli_.start({"work", "--config", config_}));
    if (!wait_until([&] { return count("SELECT count(*) FROM barid.worker") > before; }, 30s)) {
        throw std::runtime_error("the worker doesn't start: " + cli_.stderr_text());
    }
    return workers_.size() - 1;
}

std::string Scene::start_admin() {
    admin_cli_.environment["BARID_HTTP_BIND"] = "127.0.0.1:0";
    admin_ = admin_cli_.start({"admin", "--config", config_});
    constexpr std::string_view kPort = R"("port":)";
    std::string port;
    const auto open = [&] {
        const std::string said = admin_cli_.stderr_text();
        const auto at = said.find(kPort);
        const auto end = at == said.npos ? at : said.find_first_of(",}", at);
        if (end != said.npos) port = said.substr(at + kPort.size(), end - at - kPort.size());
        return !port.empty();
    };
    if (!wait_until(open, 30s)) {
        throw std::runtime_error("the admin's side doesn't open: " + admin_cli_.stderr_text());
    }
    return "http://127.0.0.1:" + port + "/hooks/payment/myfatoorah";
}

void Scene::kill(std::size_t worker) {
    workers_.at(worker)->signal(SIGKILL);
    EXPECT_EQ(workers_[worker]->wait(10s), 128 + SIGKILL);
}

void Scene::stop() {
    for (auto& worker : workers_) {
        if (worker->wait(0ms)) continue;
        worker->signal(SIGTERM);
        EXPECT_EQ(worker->wait(patience(30s)), 0) << cli_.stderr_text();
    }
    if (admin_ != nullptr) {
        admin_->signal(SIGTERM);
        EXPECT_EQ(admin_->wait(patience(30s)), 0) << admin_cli_.stderr_text();
    }
}

void Scene::stop_at(const Place& place) {
    gate_->run("SELECT pg_advisory_lock(77, 1)");
    gate_->table = place.table;
    const std::string when = place.when.empty() ? "" : " WHEN (" + place.when + ")";
    gate_->run(place.at_commit
                   ? "CREATE CONSTRAINT TRIGGER zz_fail AFTER INSERT OR UPDATE ON " + place.table +
                         " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW" + when +
                         " EXECUTE FUNCTION fail.wait()"
                   : "CREATE TRIGGER zz_fail BEFORE INSERT OR UPDATE ON " + place.table +
                         " FOR EACH ROW" + when + " EXECUTE FUNCTION fail.wait()");
}

bool Scene::somebody_waits() const {
    return sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 77 "
               "AND NOT granted AND database = (SELECT oid FROM pg_database "
               "WHERE datname = current_database())") != "0";
}

void Scene::undo_who_waits() {
    sql("SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_locks WHERE locktype = 'advisory' "
        "AND classid = 77 AND NOT granted AND database = (SELECT oid FROM pg_database "
        "WHERE datname = current_database())");
}

void Scene::go_on() {
    gate_->run("SELECT pg_advisory_unlock(77, 1)");
    // Waits for the transactions that were stopped there.
    gate_->run("DROP TRIGGER zz_fail ON " + gate_->table);
}

long Scene::live_jobs() const {
    return count(
        "SELECT count(*) FROM barid.job WHERE kind LIKE 'payment.%' "
        "OR kind IN ('order.expire', 'projection.rebuild')");
}

void Scene::enqueue(const std::string& kind, const std::string& payload) {
    sql("SELECT barid.enqueue('" + kind + "', '" + payload + "')");
}

bool Scene::run_everything() {
    for (const char* kind : {"payment.reconcile", "payment.refund", "order.expire"}) {
        enqueue(kind);
        if (!wait_until([&] { return live_jobs() == 0; }, 60s)) return false;
    }
    return true;
}

void Scene::order(const std::string& id, const std::string& lines, const std::string& hold) {
    sql("SELECT shop.place_order('noura', '" + lines + "', hold => '" + hold + "', order_id => '" +
        id + "')");
}

void Scene::submitted(const std::string& order, const std::string& attempt,
                      const std::string& invoice) {
    sql("SELECT shop.begin_attempt('" + order + "', 'myfatoorah', invoice_id => '" + invoice +
        "', attempt_id => '" + attempt + "')");
    const std::string where = " FROM shop.attempts WHERE id = '" + attempt + "'";
    gateway_.invoice(invoice, sql("SELECT reference" + where),
                     sql("SELECT round(amount_minor / 1000.0, 3)" + where));
}

std::string Scene::status(const std::string& order) const {
    return sql("SELECT status FROM shop.orders WHERE id = '" + order + "'");
}

std::string Scene::errors() const {
    return sql(
        "SELECT string_agg(concat_ws(' ', j.kind, j.state, j.errors::text), E'\\n') "
        "FROM barid.jobs j WHERE j.kind <> 'shop.event'");
}

std::string Scene::wrong() const {
    std::string out = support::violations(database_);
    if (gateway_.most_executes() > 1) out += "\na payment was executed twice";
    if (gateway_.most_refund_calls() > 1) out += "\na refund was asked for twice";
    const std::string deadlocks = sql(
        "SELECT string_agg(e->>'error', '; ') FROM barid.jobs j, jsonb_array_elements(j.errors) e "
        "WHERE e->>'error' LIKE '%deadlock%'");
    if (!deadlocks.empty()) out += "\n" + deadlocks;
    return out;
}

}  // namespace barid::fault
