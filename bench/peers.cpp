#include "bench/peers.hpp"

#include <filesystem>
#include <stdexcept>

namespace barid::bench {
namespace {

constexpr std::string_view kSelf = "/proc/self/exe";

constexpr std::string_view kFillBarid = R"(
INSERT INTO barid.job (kind, payload)
SELECT 'bench.noop', jsonb_build_object('n', n) FROM generate_series(1, {}) n)";

constexpr std::string_view kFillGraphile = R"(
SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
    SELECT json_populate_record(NULL::graphile_worker.job_spec,
        json_build_object('identifier', 'noop', 'payload', json_build_object('n', n)))
    FROM generate_series(1, {}) n)))";

constexpr std::string_view kRawTable = R"(
CREATE TABLE raw_job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    claimed boolean NOT NULL DEFAULT false,
    payload jsonb NOT NULL
) WITH (fillfactor = 50))";

std::filesystem::path peers_folder(const std::string& package) {
    const std::filesystem::path folder = BARID_BENCH_PEERS;
    if (!std::filesystem::exists(folder / "node_modules" / package)) {
        throw std::runtime_error("the peers are not installed: run `npm ci` in " + folder.string());
    }
    return folder;
}

}  // namespace

Contender barid_contender(bool keep_history, std::size_t concurrency) {
    Contender barid;
    barid.name = keep_history ? "barid" : "barid_no_history";
    barid.schema = "barid";
    barid.fill = std::string(kFillBarid);
    if (!keep_history) {
        barid.fill = "UPDATE barid.queue SET keep_history = false;" + barid.fill;
    }
    barid.table = "barid.job";
    barid.drain = {std::string(kSelf), "--role", "drain"};
    barid.drain_tail = {std::to_string(concurrency)};
    barid.latency = {std::string(kSelf), "--role", "latency"};
    barid.latency_tail = barid.drain_tail;
    barid.enqueue = "SELECT barid.enqueue('bench.noop', jsonb_build_object('n', $1::int))";
    barid.enqueue_many = "SELECT count(*) FROM barid.enqueue_many($1)";
    barid.bulk_item = R"({{"kind":"bench.noop","payload":{{"n":{}}}}})";
    return barid;
}

Contender graphile_contender(const std::string& profile) {
    const std::filesystem::path folder = peers_folder("graphile-worker");
    const std::string script = (folder / "graphile.mjs").string();
    Contender graphile;
    graphile.name = "graphile_" + profile;
    graphile.schema = "graphile";
    graphile.migrate = {"node", script, "migrate"};
    graphile.fill = std::string(kFillGraphile);
    graphile.table = "graphile_worker._private_jobs";
    graphile.drain = {"node", script, "drain"};
    graphile.drain_tail = {profile};
    graphile.latency = {"node", script, "latency"};
    graphile.latency_tail = {"default"};
    graphile.enqueue =
        "SELECT id FROM graphile_worker.add_job('noop', json_build_object('n', $1::int))";
    // What its addJobs sends.
    graphile.enqueue_many =
        "SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(SELECT json_populate_recordset("
        "NULL::graphile_worker.job_spec, $1::json)), false)";
    graphile.bulk_item = R"({{"identifier":"noop","payload":{{"n":{}}}}})";
    return graphile;
}

Contender pgboss_contender(const std::string& profile) {
    const std::string script = (peers_folder("pg-boss") / "pgboss.mjs").string();
    Contender boss;
    boss.name = "pgboss_" + profile;
    boss.schema = "pgboss";
    boss.migrate = {"node", script, "migrate"};
    boss.fill =
        "INSERT INTO pgboss.job (name, data) SELECT 'noop', jsonb_build_object('n', n) "
        "FROM generate_series(1, {}) n";
    boss.table = "pgboss.job";
    boss.drain = {"node", script, "drain"};
    boss.drain_tail = {profile};
    return boss;
}

Contender raw_contender() {
    Contender raw;
    raw.name = "raw";
    raw.schema = "raw";
    raw.template_sql = std::string(kRawTable);
    raw.fill =
        "INSERT INTO raw_job (payload) SELECT jsonb_build_object('n', n) "
        "FROM generate_series(1, {}) n";
    raw.table = "raw_job";
    raw.drain = {std::string(kSelf), "--role", "raw"};
    return raw;
}

}  // namespace barid::bench
