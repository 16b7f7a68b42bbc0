// What `barid doctor` asks the database, and what it makes of the answers.
//
// `judge` is pure: facts in, findings out. `read_facts` only reads: it takes no lock that a worker
// waits for, and works for a user without any right on the schema.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "queue/migrate.hpp"
#include "queue/pg/pool.hpp"
#include "worker/doctor_report.hpp"

namespace barid::worker {

struct DatabaseFacts {
    std::string user;
    std::string version;  ///< "15.18"
    int version_number = 0;
    bool read_only = false;  ///< a standby, or read-only by its settings
    bool autovacuum = true;
    bool track_counts = true;
    bool fsync = true;
    int max_connections = 100;  ///< without those reserved for superusers
    int connections = 0;
    bool sees_others = true;  ///< may look at other users' sessions
    /// The transaction that holds back VACUUM for longest, and for how long.
    std::string oldest_snapshot = {};
    std::chrono::seconds snapshot_age{0};
    std::string idle_slot = {};  ///< a replication slot that holds back VACUUM and is not in use
    std::string slow_slot = {};  ///< one in use that holds it back for long
    std::chrono::microseconds clock_difference{0};  ///< the database's clock minus ours
    std::chrono::microseconds clock_uncertainty{0};
    bool has_schema = false;
    bool has_worker_role = true;
    std::vector<std::string> missing_rights = {};  ///< that barid_worker has, and the user lacks
};

awaitable<DatabaseFacts> read_facts(pg::Pool& pool);

/// `sessions`: what one worker process opens at most.
Findings judge(const DatabaseFacts& facts, int sessions);
Finding judge_schema(const queue::SchemaState& state, int known);

}  // namespace barid::worker
