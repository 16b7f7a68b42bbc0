#include "commerce/projection_rebuild.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commerce/projection_state.hpp"

namespace barid::commerce {
namespace {

using namespace std::chrono_literals;
using Next = RebuildStep::Next;
using std::chrono::milliseconds;

constexpr auto kQuickStatement = 10s;
constexpr auto kDrainPause = 500ms;
constexpr auto kCatchUpPause = 500ms;
constexpr auto kVerifyPause = 1000ms;
constexpr auto kLockPause = 100ms;
constexpr int kVersionsToSkip = 100;

/// Another holds a lock for longer than we wait: nothing was changed.
bool is_lock_trouble(const pg::Error& error) {
    return error.is("55P03") || error.is("40P01");
}

}  // namespace

awaitable<RebuildStep> Rebuild::step() {
    std::optional<pg::Error> trouble;
    try {
        co_return co_await advance();
    } catch (const pg::Error& error) {
        if (!is_lock_trouble(error)) throw;
        trouble = error;
    }
    const bool is_swap = swaps_ > 0;
    co_return RebuildStep{.next = Next::wait,
                          .text = fmt::format("waiting for a lock: {}", trouble->what()),
                          .pause = is_swap ? swap_pause(swaps_) : kLockPause,
                          .fraction = is_swap ? 0.99 : 0};
}

awaitable<RebuildStep> Rebuild::advance() {
    const std::optional<ProjectionState> seen =
        co_await peek_projection(pool_, options_.target.name);
    if (!seen || seen->step.empty()) co_return co_await begin();
    if (seen->job_id != job_.id) {
        if (co_await job_is_alive(pool_, seen->job_id)) {
            co_return RebuildStep{
                .next = Next::failed,
                .text = fmt::format("{} is being rebuilt by job {}", seen->name, seen->job_id)};
        }
        co_return co_await undo("failed", fmt::format("job {} is gone", seen->job_id));
    }
    if (seen->cancelled) co_return co_await undo("cancelled", seen->cancel_reason);
    if (!seen->building_problem.empty()) {
        co_return co_await undo(
            "failed", "an event couldn't be applied to the new version: " + seen->building_problem);
    }
    if (seen->step == "draining") co_return co_await drain(*seen);
    if (seen->step == "filling") co_return co_await fill();
    if (seen->step == "verifying") co_return co_await verify(*seen);
    co_return co_await swap();
}

awaitable<RebuildStep> Rebuild::begin() {
    at("begin");
    auto transaction = co_await pg::Transaction::begin(pool_);
    const auto state = co_await hold_projection(transaction, options_, job_, kQuickStatement);
    if (!state) co_return RebuildStep{.next = Next::lost};
    if (!state->step.empty()) co_return RebuildStep{};  // somebody was quicker: look again
    if (state->job_id == job_.id && state->cancelled) {
        co_return RebuildStep{.next = Next::cancelled, .text = state->cancel_reason};
    }
    if (state->job_id == job_.id && state->error.empty()) {
        // The answer to an attempt's last commit was lost: it was done.
        co_return RebuildStep{.next = Next::done, .fraction = 1};
    }
    const int version = co_await make_version(transaction, state->highest_version);
    co_await transaction.execute(
        R"(UPDATE barid.projection SET step = 'draining', building_version = $2::int,
               highest_version = $2::int, building_problem = NULL, job_id = $3, actor = $4,
               reason = $5, differs = $6, since = NULL, cursor = NULL, rows_done = 0,
               rows_expected = 0, started_at = now(), filled_at = NULL, cancelled_by = NULL,
               cancel_reason = NULL, tries = 0, live_rows = NULL, live_hash = NULL,
               new_rows = NULL, new_hash = NULL, finished_at = NULL, error = NULL
           WHERE name = $1)",
        pg::Params(state->name, version, job_.id, wish_.actor, wish_.reason, wish_.differs));
    co_await note_history(transaction, {.projection = state->name,
                                        .action = "started",
                                        .version = version,
                                        .from_version = state->active_version,
                                        .actor = wish_.actor,
                                        .reason = wish_.reason,
                                        .job_id = job_.id});
    at("begin:commit");
    co_await transaction.commit();
    co_return RebuildStep{.text = fmt::format("version {} is begun", version)};
}

/// The first version after `highest` that the shop has no table of. One that is there isn't
/// Barid's: it is left alone.
awaitable<int> Rebuild::make_version(pg::Transaction& transaction, int highest) {
    for (int version = highest + 1; version <= highest + kVersionsToSkip; ++version) {
        const std::string said = co_await ask_shop(
            transaction, options_, {.function = "projection_begin", .versions = {version}});
        if (said == "STARTED") co_return version;
        expect_answer("projection_begin", said, {"EXISTS"});
    }
    throw Error(Error::Retry::permanent,
                fmt::format("the versions {} to {} of {} exist all: drop those that nobody reads",
                            highest + 1, highest + kVersionsToSkip, options_.target.name));
}

/// Takes everything back but for the note that it was tried.
awaitable<RebuildStep> Rebuild::undo(std::string action, std::string problem) {
    at("undo");
    auto transaction = co_await pg::Transaction::begin(pool_);
    const auto state = co_await hold_projection(transaction, options_, job_, kQuickStatement);
    if (!state) co_return RebuildStep{.next = Next::lost};
    if (state->step.empty()) co_return RebuildStep{};
    co_await end_rebuild(transaction, options_, *state, action, problem);
    at("undo:commit");
    co_await transaction.commit();
    if (state->job_id != job_.id) co_return RebuildStep{.text = "cleared another job's rebuild"};
    co_return RebuildStep{.next = action == "cancelled" ? Next::cancelled : Next::failed,
                          .text = std::move(problem)};
}

awaitable<RebuildStep> Rebuild::drain(ProjectionState seen) {
    at("drain");
    if (!seen.since.empty()) {
        const pg::Result left = co_await pool_.execute(
            "SELECT barid.transactions_left($1::pg_snapshot)", pg::Params(seen.since));
        const auto many = left.one().get<std::int64_t>(0);
        if (many > 0) {
            co_return RebuildStep{
                .next = Next::wait,
                .text = fmt::format("waiting for {} transactions older than the version", many),
                .pause = kDrainPause};
        }
    }
    // Counted before it holds anybody up, for people to see how far the filling is.
    std::int64_t expected = 0;
    if (!seen.since.empty()) {
        expected =
            (co_await count_versions(pool_, options_, seen.active_version, seen.active_version))
                .first.rows;
    }
    auto transaction = co_await pg::Transaction::begin(pool_);
    const auto state = co_await hold_projection(transaction, options_, job_, kQuickStatement);
    if (!state) co_return RebuildStep{.next = Next::lost};
    // The first time it is only noted who is at work. Whoever begins later finds the version.
    co_await transaction.execute(
        R"(UPDATE barid.projection SET since = coalesce(since, pg_current_snapshot()),
               step = CASE WHEN since IS NULL THEN step ELSE 'filling' END,
               rows_expected = $3
           WHERE name = $1 AND job_id = $2 AND step = 'draining')",
        pg::Params(state->name, job_.id, expected));
    at("drain:commit");
    co_await transaction.commit();
    co_return RebuildStep{.text = "older transactions are over"};
}

awaitable<RebuildStep> Rebuild::fill() {
    at("fill");
    const auto began = std::chrono::steady_clock::now();
    auto transaction = co_await pg::Transaction::begin(pool_);
    const auto state =
        co_await hold_projection(transaction, options_, job_, options_.statement_timeout);
    if (!state) co_return RebuildStep{.next = Next::lost};
    if (state->step != "filling" || state->cancelled) co_return RebuildStep{};
    const Filled filled = co_await fill_page(transaction, options_, *state, batch_);
    if (filled.next && filled.next == state->cursor) {
        throw Error(Error::Retry::permanent,
                    fmt::format("projection_backfill of {} doesn't move on from {}", state->name,
                                json_quote(truncate_utf8(*filled.next, 80))));
    }
    co_await transaction.execute(
        R"(UPDATE barid.projection SET cursor = $3, rows_done = rows_done + $4,
               step = CASE WHEN $3::text IS NULL THEN 'verifying' ELSE step END,
               filled_at = CASE WHEN $3::text IS NULL THEN clock_timestamp() END
           WHERE name = $1 AND job_id = $2 AND step = 'filling')",
        pg::Params(state->name, job_.id, filled.next, filled.done));
    at("fill:commit");
    co_await transaction.commit();
    const auto took =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    batch_ = next_batch(batch_, took, options_.batch);
    const std::int64_t done = state->rows_done + filled.done;
    co_return RebuildStep{.text = fmt::format("{} rows", done),
                          .pause = pause_after(took),
                          .fraction = filled_share(done, state->rows_expected)};
}

awaitable<RebuildStep> Rebuild::verify(ProjectionState seen) {
    at("verify");
    const milliseconds since_fill = seen.since_fill;
    if (since_fill < options_.catch_up &&
        !co_await has_caught_up(pool_, options_, seen.filled_at)) {
        co_return RebuildStep{.next = Next::wait,
                              .text = "waiting for the events of the time of the filling",
                              .pause = kCatchUpPause,
                              .fraction = 0.96};
    }
    // Without a lock: in each snapshot, every event is in both versions or in neither.
    const auto [live, built] =
        co_await count_versions(pool_, options_, seen.active_version, seen.building_version);
    const Verdict verdict = judge({.live = live,
                                   .built = built,
                                   .tries = seen.tries + 1,
                                   .since_fill = since_fill,
                                   .patience = options_.patience},
                                  options_.least_tries);
    auto transaction = co_await pg::Transaction::begin(pool_);
    const auto state = co_await hold_projection(transaction, options_, job_, kQuickStatement);
    if (!state) co_return RebuildStep{.next = Next::lost};
    if (state->step != "verifying" || state->cancelled) co_return RebuildStep{};
    const bool passes = verdict == Verdict::same || state->differs;
    co_await transaction.execute(
        R"(UPDATE barid.projection SET tries = tries + 1, live_rows = $3, live_hash = $4,
               new_rows = $5, new_hash = $6,
               step = CASE WHEN $7::boolean THEN 'swapping' ELSE step END
           WHERE name = $1 AND job_id = $2 AND step = 'verifying')",
        pg::Params(state->name, job_.id, live.rows, live.hash, built.rows, built.hash, passes));
    if (!passes && verdict == Verdict::different) {
        co_await end_rebuild(transaction, options_, *state, "failed", told(live, built));
    }
    at("verify:commit");
    co_await transaction.commit();
    if (passes) co_return RebuildStep{.text = "both versions agree", .fraction = 0.98};
    if (verdict == Verdict::different) {
        co_return RebuildStep{.next = Next::failed, .text = told(live, built)};
    }
    co_return RebuildStep{.next = Next::wait,
                          .text = told(live, built) + "; counted again",
                          .pause = kVerifyPause,
                          .fraction = 0.97};
}

awaitable<RebuildStep> Rebuild::swap() {
    at("swap");
    ++swaps_;
    auto transaction = co_await pg::Transaction::begin(pool_);
    const auto state = co_await hold_projection(transaction, options_, job_, kQuickStatement);
    if (!state) co_return RebuildStep{.next = Next::lost};
    if (state->step != "swapping" || state->cancelled || !state->building_problem.empty()) {
        co_return RebuildStep{};
    }
    const std::string said =
        co_await ask_shop(transaction, options_,
                          {.function = "projection_swap",
                           .versions = {state->active_version, state->building_version},
                           .quiet = false});
    if (said == "NOT_READY") {
        std::string problem = fmt::format(
            "projection_swap of {} from version {} to {} answered NOT_READY: readers see "
            "another version than Barid knows of",
            state->name, state->active_version, state->building_version);
        co_await transaction.rollback();
        co_return co_await undo("failed", std::move(problem));
    }
    expect_answer("projection_swap", said, {"SWAPPED"});
    if (state->kept_version != 0) co_await drop_kept(transaction, options_, *state);
    co_await transaction.execute(
        R"(UPDATE barid.projection SET step = NULL, active_version = building_version,
               kept_version = active_version, kept_until = now() + $3::interval,
               kept_problem = NULL, building_version = NULL, finished_at = now(), error = NULL
           WHERE name = $1 AND job_id = $2 AND step = 'swapping')",
        pg::Params(state->name, job_.id,
                   std::chrono::duration_cast<std::chrono::microseconds>(options_.keep_old)));
    co_await note_history(transaction, {.projection = state->name,
                                        .action = "swapped",
                                        .version = state->building_version,
                                        .from_version = state->active_version,
                                        .actor = wish_.actor,
                                        .reason = wish_.reason,
                                        .job_id = job_.id});
    at("swap:commit");
    co_await transaction.commit();
    at("swap:done");
    co_return RebuildStep{.next = Next::done,
                          .text = fmt::format("readers see version {}", state->building_version),
                          .fraction = 1};
}

}  // namespace barid::commerce
