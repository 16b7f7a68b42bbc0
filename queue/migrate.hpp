// Brings the schema up to date, from any number of processes at once.
#pragma once

#include <string>

#include "base/asio.hpp"
#include "base/log.hpp"
#include "queue/migrations.hpp"
#include "queue/pg/pool.hpp"

namespace barid::queue {

struct SchemaState {
    int current = 0;     ///< newest applied migration; 0 when there is no schema
    int min_worker = 0;  ///< the oldest worker version (its newest migration) it tolerates
};

/// Applies what is missing, each migration in a transaction of its own, under one advisory lock.
/// One that cannot get a table's lock within half a second steps back and tries again, for ten
/// minutes: producers and workers must not queue behind it. Returns how many were applied. Throws
/// pg::Error, and a permanent Error when the database is newer than this program tolerates.
awaitable<int> migrate(pg::Pool& pool, log::Logger logger,
                       std::span<const Migration> migrations = embedded_migrations());

awaitable<SchemaState> read_schema(pg::Pool& pool);

/// What stops this program from working on that schema, or "". `known` is its newest migration.
std::string schema_problem(const SchemaState& state, int known);

/// The newest embedded migration.
int newest_migration();

}  // namespace barid::queue
