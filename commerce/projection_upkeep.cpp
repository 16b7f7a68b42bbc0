// Going back to a kept version, and clearing what was kept long enough.
#include <fmt/format.h>

#include "base/error.hpp"
#include "commerce/projection_rebuild.hpp"
#include "commerce/projection_state.hpp"

namespace barid::commerce {
namespace {

constexpr std::chrono::seconds kStatement{10};
constexpr int kPruned = 10'000;

[[noreturn]] void refuse(std::string why) {
    throw Error(Error::Retry::permanent, std::move(why));
}

void check_rollback(const ProjectionState& state, int version) {
    if (!state.step.empty()) {
        refuse(fmt::format("{} is being rebuilt by job {}", state.name, state.job_id));
    }
    if (state.kept_version != version) {
        refuse(fmt::format("version {} of {} isn't kept any more", version, state.name));
    }
    if (!state.kept_problem.empty()) {
        refuse(fmt::format("version {} of {} misses events: {}", version, state.name,
                           state.kept_problem));
    }
}

/// A rebuild whose job ended without ending it, or that was cancelled while its job waits.
awaitable<bool> is_left_over(pg::Pool& pool, const ProjectionState& state) {
    if (state.step.empty()) co_return false;
    co_return !co_await job_is_alive(pool, state.job_id);
}

}  // namespace

awaitable<bool> roll_back(pg::Pool& pool, const ProjectionOptions& options, const JobClaim& job,
                          int version, RebuildWish wish) {
    auto transaction = co_await pg::Transaction::begin(pool);
    const auto state = co_await hold_projection(transaction, options, job, kStatement);
    if (!state) co_return false;
    if (state->active_version == version) {
        co_await transaction.rollback();
        co_return true;  // an attempt before did it
    }
    check_rollback(*state, version);
    const std::string said = co_await ask_shop(transaction, options,
                                               {.function = "projection_swap",
                                                .versions = {state->active_version, version},
                                                .quiet = false});
    expect_answer("projection_swap", said, {"SWAPPED", "NOT_READY"});
    if (said == "NOT_READY") {
        refuse(fmt::format("projection_swap of {} from version {} to {} answered NOT_READY",
                           state->name, state->active_version, version));
    }
    co_await transaction.execute(
        R"(UPDATE barid.projection SET active_version = kept_version,
               kept_version = active_version, kept_until = now() + $2::interval
           WHERE name = $1)",
        pg::Params(state->name,
                   std::chrono::duration_cast<std::chrono::microseconds>(options.keep_old)));
    co_await note_history(transaction, {.projection = state->name,
                                        .action = "rolled_back",
                                        .version = version,
                                        .from_version = state->active_version,
                                        .actor = std::move(wish.actor),
                                        .reason = std::move(wish.reason),
                                        .job_id = job.id});
    co_await transaction.commit();
    co_return true;
}

awaitable<Pruned> prune(pg::Pool& pool, const ProjectionOptions& options, const JobClaim& job) {
    Pruned pruned;
    const std::string name = options.target.name;
    const auto retention =
        std::chrono::duration_cast<std::chrono::microseconds>(options.inbox_retention);
    for (std::int64_t many = kPruned; many == kPruned;) {
        const pg::Result rows =
            co_await pool.execute("SELECT barid.projection_prune($1, $2::interval, $3::int)",
                                  pg::Params(name, retention, kPruned));
        many = rows.one().get<std::int64_t>(0);
        pruned.events += many;
    }
    const auto seen = co_await peek_projection(pool, name);
    if (!seen) co_return pruned;
    if (co_await is_left_over(pool, *seen)) {
        auto transaction = co_await pg::Transaction::begin(pool);
        const auto state = co_await hold_projection(transaction, options, job, kStatement);
        if (!state) co_return pruned;
        if (!state->step.empty() && state->job_id == seen->job_id) {
            const std::string action = state->cancelled ? "cancelled" : "failed";
            co_await end_rebuild(transaction, options, *state, action,
                                 state->cancelled ? state->cancel_reason : "its job is gone");
            co_await transaction.commit();
            pruned.cleared = true;
        } else {
            co_await transaction.rollback();
        }
    }
    if (seen->kept_version != 0 && seen->kept_is_over) {
        auto transaction = co_await pg::Transaction::begin(pool);
        const auto state = co_await hold_projection(transaction, options, job, kStatement);
        if (!state) co_return pruned;
        if (state->kept_version == seen->kept_version && state->kept_is_over) {
            co_await drop_kept(transaction, options, *state);
            co_await transaction.execute(
                R"(UPDATE barid.projection SET kept_version = NULL, kept_until = NULL,
                       kept_problem = NULL WHERE name = $1)",
                pg::Params(name));
            co_await transaction.commit();
            pruned.dropped = true;
        } else {
            co_await transaction.rollback();
        }
    }
    co_return pruned;
}

}  // namespace barid::commerce
