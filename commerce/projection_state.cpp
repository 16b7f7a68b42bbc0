#include "commerce/projection_state.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commerce/projection_session.hpp"
#include "commerce/shop.hpp"

namespace barid::commerce {
namespace {

using std::chrono::milliseconds;

/// How much later than the server we give up waiting for its answer.
constexpr milliseconds kAnswerMargin{10'000};

constexpr std::string_view kColumns = R"(
    name, coalesce(step, ''), active_version, highest_version, coalesce(building_version, 0),
    coalesce(kept_version, 0), coalesce(job_id, 0), differs, cancelled_by IS NOT NULL,
    coalesce(kept_until <= now(), false), coalesce(cancel_reason, ''),
    coalesce(building_problem, ''), coalesce(kept_problem, ''), coalesce(error, ''),
    coalesce(since::text, ''), cursor, rows_done, rows_expected, coalesce(filled_at::text, ''),
    (extract(epoch FROM coalesce(clock_timestamp() - filled_at, '0')) * 1000)::bigint, tries)";

ProjectionState state_of(const pg::Row& row) {
    return {.name = std::string(row.text(0)),
            .step = std::string(row.text(1)),
            .active_version = row.get<int>(2),
            .highest_version = row.get<int>(3),
            .building_version = row.get<int>(4),
            .kept_version = row.get<int>(5),
            .job_id = row.get<std::int64_t>(6),
            .differs = row.get<bool>(7),
            .cancelled = row.get<bool>(8),
            .kept_is_over = row.get<bool>(9),
            .cancel_reason = std::string(row.text(10)),
            .building_problem = std::string(row.text(11)),
            .kept_problem = std::string(row.text(12)),
            .error = std::string(row.text(13)),
            .since = std::string(row.text(14)),
            .cursor = row.get<std::optional<std::string>>(15),
            .rows_done = row.get<std::int64_t>(16),
            .rows_expected = row.get<std::int64_t>(17),
            .filled_at = std::string(row.text(18)),
            .since_fill = milliseconds(row.get<std::int64_t>(19)),
            .tries = row.get<int>(20)};
}

std::string milliseconds_text(milliseconds time) {
    return std::to_string(time.count());
}

std::string shop_function(const ProjectionOptions& options, std::string_view function) {
    return fmt::format("{}.{}", quoted(options.target.schema), function);
}

}  // namespace

awaitable<std::optional<ProjectionState>> peek_projection(pg::Pool& pool, std::string name) {
    static const std::string sql =
        fmt::format("SELECT {} FROM barid.projection WHERE name = $1", kColumns);
    const pg::Result rows = co_await pool.execute(sql, pg::Params(name));
    if (rows.empty()) co_return std::nullopt;
    co_return state_of(rows.one());
}

awaitable<std::optional<ProjectionState>> hold_projection(pg::Transaction& transaction,
                                                          const ProjectionOptions& options,
                                                          const JobClaim& job,
                                                          milliseconds statement_timeout) {
    static const std::string sql =
        fmt::format("SELECT {} FROM barid.projection_hold($1, $2, $3::uuid)", kColumns);
    co_await transaction.execute(
        "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)",
        pg::Params(milliseconds_text(options.lock_timeout), milliseconds_text(statement_timeout)));
    const pg::Result rows =
        co_await transaction.execute(sql, pg::Params(options.target.name, job.id, job.claim_id),
                                     options.lock_timeout + kAnswerMargin);
    if (rows.empty()) {
        co_await transaction.rollback();
        co_return std::nullopt;
    }
    co_return state_of(rows.one());
}

awaitable<bool> job_is_alive(pg::Pool& pool, std::int64_t job_id) {
    const pg::Result rows = co_await pool.execute(
        "SELECT EXISTS (SELECT FROM barid.job WHERE id = $1)", pg::Params(job_id));
    co_return rows.one().get<bool>(0);
}

awaitable<void> note_history(pg::Transaction& transaction, HistoryLine line) {
    co_await transaction.execute(
        R"(INSERT INTO barid.projection_history
               (projection, action, version, from_version, actor, reason, details)
           VALUES ($1, $2, nullif($3::int, 0), nullif($4::int, 0), nullif($5, ''), nullif($6, ''),
                   jsonb_strip_nulls(jsonb_build_object('job', nullif($7::bigint, 0),
                                                        'error', nullif($8, '')))))",
        pg::Params(line.projection, line.action, line.version, line.from_version, line.actor,
                   line.reason, line.job_id, line.error));
}

awaitable<std::string> ask_shop(pg::Transaction& transaction, const ProjectionOptions& options,
                                ShopCall call) {
    std::string arguments = "$1";
    pg::Params params(options.target.name);
    for (std::size_t i = 0; i < call.versions.size(); ++i) {
        arguments += fmt::format(", ${}::int", i + 2);
        params.add(call.versions[i]);
    }
    co_await enter_shop(transaction, options.target.role, call.quiet);
    const pg::Result rows = co_await transaction.execute(
        fmt::format("SELECT {}({})", shop_function(options, call.function), arguments),
        std::move(params), options.statement_timeout + kAnswerMargin);
    co_await leave_shop(transaction);
    co_return std::string(rows.one().text(0));
}

void expect_answer(std::string_view function, std::string_view said,
                   std::initializer_list<std::string_view> allowed) {
    if (std::ranges::find(allowed, said) != allowed.end()) return;
    throw Error(Error::Retry::permanent,
                fmt::format("{} answered {}, which the contract doesn't know", function,
                            said.empty() ? "nothing" : json_quote(truncate_utf8(said, 80))));
}

awaitable<Filled> fill_page(pg::Transaction& transaction, const ProjectionOptions& options,
                            const ProjectionState& state, int rows) {
    co_await enter_shop(transaction, options.target.role, true);
    const pg::Result result = co_await transaction.execute(
        fmt::format("SELECT * FROM {}($1, $2::int, $3, $4::int)",
                    shop_function(options, "projection_backfill")),
        pg::Params(state.name, state.building_version, state.cursor, rows),
        options.statement_timeout + kAnswerMargin);
    co_await leave_shop(transaction);
    co_return Filled{.next = result.one().get<std::optional<std::string>>(0),
                     .done = result.one().get<std::int64_t>(1)};
}

awaitable<bool> has_caught_up(pg::Pool& pool, const ProjectionOptions& options,
                              std::string filled_at) {
    for (const std::string& stream : options.streams) {
        auto transaction = co_await pg::Transaction::begin(pool);
        co_await enter_shop(transaction, options.target.role, true);
        const pg::Result rows = co_await transaction.execute(
            fmt::format("SELECT coalesce(oldest <= $2::timestamptz, false) AND blocked = 0 "
                        "FROM {}($1)",
                        shop_function(options, "outbox_state")),
            pg::Params(stream, filled_at));
        const bool waits = rows.one().get<bool>(0);
        co_await transaction.rollback();
        if (waits) co_return false;
    }
    for (const std::string& stream : options.tables) {
        const pg::Result rows = co_await pool.execute(
            "SELECT barid.outbox_waits(name, $2::timestamptz) FROM barid.outbox_stream "
            "WHERE name = $1 AND source IS NOT NULL",
            pg::Params(stream, filled_at));
        if (!rows.empty() && rows.one().get<bool>(0)) co_return false;
    }
    co_return true;
}

awaitable<std::pair<Counted, Counted>> count_versions(pg::Pool& pool,
                                                      const ProjectionOptions& options, int live,
                                                      int built) {
    auto transaction = co_await pg::Transaction::begin(pool);
    // One snapshot for both, whatever the shop's functions are declared as.
    co_await transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    co_await transaction.execute("SELECT set_config('statement_timeout', $1, true)",
                                 pg::Params(milliseconds_text(options.verify_timeout)));
    co_await enter_shop(transaction, options.target.role, true);
    std::pair<Counted, Counted> counted;
    for (auto& [version, into] :
         {std::pair(live, &counted.first), std::pair(built, &counted.second)}) {
        const pg::Result rows = co_await transaction.execute(
            fmt::format("SELECT * FROM {}($1, $2::int)",
                        shop_function(options, "projection_verify")),
            pg::Params(options.target.name, version), options.verify_timeout + kAnswerMargin);
        into->rows = rows.one().get<std::int64_t>(0);
        into->hash = rows.one().get<std::string>(1);
        if (live == built) break;
    }
    co_await transaction.rollback();
    co_return counted;
}

awaitable<void> end_rebuild(pg::Transaction& transaction, const ProjectionOptions& options,
                            const ProjectionState& state, std::string action, std::string problem) {
    const std::string said =
        co_await ask_shop(transaction, options,
                          {.function = "projection_drop", .versions = {state.building_version}});
    expect_answer("projection_drop", said, {"DROPPED", "MISSING"});
    co_await transaction.execute(
        R"(UPDATE barid.projection SET step = NULL, building_version = NULL,
               building_problem = NULL, finished_at = now(), error = left($2, 1000)
           WHERE name = $1)",
        pg::Params(state.name, action == "cancelled" ? "cancelled: " + problem : problem));
    co_await note_history(transaction, {.projection = state.name,
                                        .action = std::move(action),
                                        .version = state.building_version,
                                        .job_id = state.job_id,
                                        .error = std::move(problem)});
}

awaitable<void> drop_kept(pg::Transaction& transaction, const ProjectionOptions& options,
                          const ProjectionState& state) {
    const std::string said = co_await ask_shop(
        transaction, options, {.function = "projection_drop", .versions = {state.kept_version}});
    expect_answer("projection_drop", said, {"DROPPED", "MISSING"});
    co_await note_history(
        transaction,
        {.projection = state.name, .action = "dropped", .version = state.kept_version});
}

}  // namespace barid::commerce
