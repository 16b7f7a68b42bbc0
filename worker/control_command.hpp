// What the commands that change many jobs share: batches of `barid.bulk` and how they are told.
// Private to the worker's command files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "queue/pg/result.hpp"
#include "worker/command_session.hpp"
#include "worker/job_filter.hpp"

namespace barid::worker {

struct JobsAction;

struct ControlArguments {
    const JobsAction* action = nullptr;
    FilterOptions filter = {};
    std::string value = {};  ///< the action's argument
    std::int64_t limit = 1000;
    bool preview = false;
    bool json = false;
};

/// Sums over batches.
struct BulkChange {
    std::int64_t matched = 0;
    std::int64_t changed = 0;
    std::int64_t skipped = 0;
    std::int64_t last_id = 0;
    bool more = false;
    std::string example;  ///< ids that were left out
};

void add_bulk_options(CLI::App& command, ControlArguments& arguments);

/// Calls barid.bulk, each batch a transaction of its own, until `limit` jobs were looked at.
BulkChange bulk(CommandSession& session, const std::string& action, const std::string& filter,
                const std::string& arguments, std::int64_t limit);

/// Adds a row that begins with matched, changed, skipped, more, last_id.
void add_up(BulkChange& change, const pg::Row& row);
/// The filter for the jobs behind `last_id`.
std::string continued(const std::string& filter, std::int64_t last_id);
/// `row` has the total as its sixth column.
void print_preview(const pg::Row& row, bool json);
/// Returns the exit code.
int print_change(const BulkChange& change, std::string_view past, bool json);

}  // namespace barid::worker
