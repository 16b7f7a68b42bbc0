// A projection as the database has it, and the parts of which the steps of a rebuild are made.
//
// Those that take a transaction are a part of it and leave its role as it was; they throw
// pg::Error, and a permanent Error for an answer that the contract doesn't know. Io thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commerce/projection_plan.hpp"
#include "commerce/projection_rebuild.hpp"
#include "queue/pg/pool.hpp"

namespace barid::commerce {

/// A row of barid.projection; "" and 0 for NULL.
struct ProjectionState {
    std::string name;
    std::string step;  ///< "" without a rebuild
    int active_version = 1;
    int highest_version = 1;
    int building_version = 0;
    int kept_version = 0;
    std::int64_t job_id = 0;
    bool differs = false;
    bool cancelled = false;
    bool kept_is_over = false;
    std::string cancel_reason;
    std::string building_problem;
    std::string kept_problem;
    std::string error;
    std::string since;  ///< pg_snapshot
    std::optional<std::string> cursor;
    std::int64_t rows_done = 0;
    std::int64_t rows_expected = 0;
    std::string filled_at;
    std::chrono::milliseconds since_fill{0};
    int tries = 0;
};

awaitable<std::optional<ProjectionState>> peek_projection(pg::Pool& pool, std::string name);

/// Locks it against events and others that change it, until the transaction ends. Nothing when the
/// job is not run under this claim any more. Sets the transaction's timeouts.
awaitable<std::optional<ProjectionState>> hold_projection(
    pg::Transaction& transaction, const ProjectionOptions& options, const JobClaim& job,
    std::chrono::milliseconds statement_timeout);

awaitable<bool> job_is_alive(pg::Pool& pool, std::int64_t job_id);

struct HistoryLine {
    std::string projection;
    std::string action;
    int version = 0;
    int from_version = 0;
    std::string actor = {};
    std::string reason = {};
    std::int64_t job_id = 0;
    std::string error = {};
};
awaitable<void> note_history(pg::Transaction& transaction, HistoryLine line);

/// One function of the shop's: NAME(projection, version…), which answers one text.
struct ShopCall {
    std::string function;
    std::vector<int> versions;
    bool quiet = true;
};
awaitable<std::string> ask_shop(pg::Transaction& transaction, const ProjectionOptions& options,
                                ShopCall call);
/// Throws unless `said` is one of those.
void expect_answer(std::string_view function, std::string_view said,
                   std::initializer_list<std::string_view> allowed);

struct Filled {
    std::optional<std::string> next;
    std::int64_t done = 0;
};
awaitable<Filled> fill_page(pg::Transaction& transaction, const ProjectionOptions& options,
                            const ProjectionState& state, int rows);

/// Whether the streams have delivered what waited at `filled_at`. What is blocked isn't waited for.
awaitable<bool> has_caught_up(pg::Pool& pool, const ProjectionOptions& options,
                              std::string filled_at);

/// Two versions in one snapshot.
awaitable<std::pair<Counted, Counted>> count_versions(pg::Pool& pool,
                                                      const ProjectionOptions& options, int live,
                                                      int built);

/// The version that is built goes, with its note: `action` is "failed" or "cancelled".
awaitable<void> end_rebuild(pg::Transaction& transaction, const ProjectionOptions& options,
                            const ProjectionState& state, std::string action, std::string problem);

/// The shop's tables of the kept version go; barid.projection is the caller's to change.
awaitable<void> drop_kept(pg::Transaction& transaction, const ProjectionOptions& options,
                          const ProjectionState& state);

}  // namespace barid::commerce
