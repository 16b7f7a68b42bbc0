// How much this process may send now: blocks of the fleet's quota, leased from the database.
//
// What a block has left over is good for a quarter of a second: a process that goes quiet keeps
// nothing from the others. Not thread-safe: io thread only; references must outlive it.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "notify/ledger.hpp"

namespace barid::notify {

struct Pacing {
    /// Messages a minute of each project; 0: no limit. FCM's own default is 600,000.
    int quota_per_minute = 600'000;
    /// A broadcast's rate rises from nothing to the quota in this time.
    std::chrono::seconds ramp{60};
};

class LaneBook {
  public:
    LaneBook(Ledger& ledger, const Clock& clock, Pacing pacing)
        : ledger_(ledger), clock_(clock), pacing_(pacing) {}

    /// At most `want`; 0 with a time to wait when the lane is full or paused.
    awaitable<LaneGrant> take(const std::string& project, Lane lane, int want);
    /// Gives back what was not used.
    void give_back(const std::string& project, Lane lane, int count);
    /// What is left of this project's blocks is void: the provider wants a pause.
    void forget(const std::string& project);

  private:
    struct Block {
        int left = 0;
        SteadyTime good_until;
    };
    using Key = std::pair<std::string, Lane>;

    Ledger& ledger_;
    const Clock& clock_;
    Pacing pacing_;
    std::map<Key, Block> blocks_;
};

}  // namespace barid::notify
