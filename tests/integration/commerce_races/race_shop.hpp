// The reference shop in every order of a few sessions, with the oracles asked after each run.
//
// A scenario arranges rows, says what each session does, and judges the answers; what it found is
// told in sentences with their schedule, so that a mutated shop can be run through the same
// scenarios as the real one. Throws when the shop can't be installed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/interleave.hpp"

namespace barid::races {

struct Scenario {
    std::string name;
    std::string setup;  ///< SQL, once; each run begins with what it made
    std::vector<support::RaceSession> sessions;
    /// What is wrong with the answers, or "".
    std::function<std::string(const support::RaceRun&, support::Interleaver&)> judge;
    support::RaceOptions options = {};
};

/// A text of examples/shop that is replaced by another. Installing throws where `text` isn't found.
struct Mutation {
    std::string file;  ///< "03_contract.sql"
    std::string text;
    std::string replacement;
};

class RaceShop {
  public:
    explicit RaceShop(const std::vector<Mutation>& mutations = {});

    struct Findings {
        std::vector<std::string> wrong;
        support::RaceReport report;
    };
    /// Runs all schedules; with `first_only` it stops at the first that shows something wrong.
    Findings run(const Scenario& scenario, bool first_only = false);

    support::Interleaver& sessions() { return sessions_; }

  private:
    support::TestDatabase database_;
    support::Interleaver sessions_;
};

/// All scenarios, by area.
std::vector<Scenario> payment_scenarios();
std::vector<Scenario> claim_scenarios();
std::vector<Scenario> stock_scenarios();
std::vector<Scenario> outbox_scenarios();
std::vector<Scenario> projection_scenarios();
std::vector<Scenario> all_scenarios();
const Scenario& scenario(const std::string& name);

/// How many of the run's answers are this one.
int answers(const support::RaceRun& run, const std::string& answer);

}  // namespace barid::races
