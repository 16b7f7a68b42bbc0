// The contenders of one run: each has a migrated template database, a way to fill it, and a
// command that drains it. All are measured by the same protocol (see worker_role.hpp).
#pragma once

#include <string>
#include <vector>

namespace barid::bench {

struct Contender {
    std::string name;
    std::string schema;                ///< contenders with the same one share a template
    std::string template_sql;          ///< of a yardstick; empty when `migrate_command` is given
    std::vector<std::string> migrate;  ///< command; the URL is appended
    std::string fill;                  ///< SQL with {} for the number of jobs
    std::string table;                 ///< vacuumed before the clock starts
    std::vector<std::string> drain;    ///< command before the URL and the number of jobs
    std::vector<std::string> drain_tail;
    std::vector<std::string> latency;
    std::vector<std::string> latency_tail;
    std::string enqueue;       ///< SQL with $1 for the sequence number
    std::string enqueue_many;  ///< SQL with $1 for a JSON array
    std::string bulk_item;     ///< its element, {} for the sequence number
};

Contender barid_contender(bool keep_history, std::size_t concurrency);
/// `profile`: tuned or default. Needs `npm ci` in bench/peers; throws std::runtime_error that
/// says so.
Contender graphile_contender(const std::string& profile = "tuned");
/// `profile`: batch or single.
Contender pgboss_contender(const std::string& profile);
Contender raw_contender();

}  // namespace barid::bench
