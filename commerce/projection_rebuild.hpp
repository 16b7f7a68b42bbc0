// A projection's rebuild, a step at a time; each is a transaction that moves barid.projection on.
//
// begin (an empty version, which gets live events from then on) → draining (transactions older
// than that end) → filling (from the shop's tables, by key) → verifying (against the live version,
// in one snapshot) → swapping (readers get it, under lock_timeout). Nothing but the database knows
// how far it is: a process that dies at any point leaves a rebuild that goes on with the next
// `step`, of this job or of its next attempt. Steps of a job that lost its claim change nothing.
// docs/decisions/0024 says why no event is missed. Io thread; pool and options outlive it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commerce/projection_apply.hpp"
#include "commerce/projection_plan.hpp"

namespace barid::commerce {

struct ProjectionOptions {
    ProjectionTarget target;
    int batch = 5000;
    std::chrono::milliseconds lock_timeout{2000};
    std::chrono::milliseconds inbox_retention{std::chrono::hours(30 * 24)};
    std::chrono::milliseconds keep_old{std::chrono::hours(24)};
    std::chrono::milliseconds statement_timeout{10'000};  ///< of a step that holds live events up
    std::chrono::milliseconds verify_timeout{std::chrono::minutes(10)};
    /// Streams that bring its events by outbox_claim: waited for before the two are compared.
    std::vector<std::string> streams = {};
    std::vector<std::string> tables = {};                          ///< the same of mapped tables
    std::chrono::milliseconds catch_up{std::chrono::minutes(10)};  ///< how long, for them
    std::chrono::milliseconds patience{std::chrono::minutes(1)};   ///< with a difference
    int least_tries = 5;
    /// Called between the steps and inside of them ("fill", "fill:commit", …), for tests: what it
    /// throws ends the attempt there.
    std::function<void(std::string_view)> on_step = {};
};

/// Who asked, from the job's payload.
struct RebuildWish {
    std::string actor;
    std::string reason;
    bool differs = false;
};

/// The job that does it, and the claim under which it may.
struct JobClaim {
    std::int64_t id = 0;
    std::string claim_id;
};

struct RebuildStep {
    enum class Next : std::uint8_t {
        again,      ///< after `pause`
        wait,       ///< the same, for something outside
        done,       ///< readers see the new version
        failed,     ///< undone, for `text`
        cancelled,  ///< undone
        lost,       ///< the claim is another's now
    };
    Next next = Next::again;
    std::string text = {};
    std::chrono::milliseconds pause{0};
    double fraction = 0;
};

struct ProjectionState;

class Rebuild {
  public:
    Rebuild(pg::Pool& pool, const ProjectionOptions& options, JobClaim job, RebuildWish wish)
        : pool_(pool),
          options_(options),
          job_(std::move(job)),
          wish_(std::move(wish)),
          batch_(std::min(options.batch, 500)) {}

    awaitable<RebuildStep> step();
    /// After a permanent Error: what was built goes.
    awaitable<RebuildStep> abandon(std::string problem) {
        return undo("failed", std::move(problem));
    }

  private:
    awaitable<RebuildStep> advance();
    awaitable<RebuildStep> begin();
    awaitable<int> make_version(pg::Transaction& transaction, int highest);
    awaitable<RebuildStep> undo(std::string action, std::string problem);
    awaitable<RebuildStep> drain(ProjectionState seen);
    awaitable<RebuildStep> fill();
    awaitable<RebuildStep> verify(ProjectionState seen);
    awaitable<RebuildStep> swap();
    void at(std::string_view point) const {
        if (options_.on_step) options_.on_step(point);
    }

    pg::Pool& pool_;
    const ProjectionOptions& options_;
    const JobClaim job_;
    const RebuildWish wish_;
    int batch_;
    int swaps_ = 0;
};

/// `projection.rollback`: readers see `version` again, which was kept. Answers whether they do
/// now; a permanent Error says why they can't, a pg::Error 55P03 that readers stand in the way.
awaitable<bool> roll_back(pg::Pool& pool, const ProjectionOptions& options, const JobClaim& job,
                          int version, RebuildWish wish);

struct Pruned {
    std::int64_t events = 0;
    bool dropped = false;  ///< a version that was kept long enough
    bool cleared = false;  ///< a rebuild whose job is gone
};

/// `projection.prune`: what was kept long enough, and what a rebuild left that nobody goes on with.
awaitable<Pruned> prune(pg::Pool& pool, const ProjectionOptions& options, const JobClaim& job);

}  // namespace barid::commerce
