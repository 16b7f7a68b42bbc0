// Breaks things while producers and workers are busy: kills and stalls workers, ends sessions,
// kills the postmaster, holds snapshots open over partition maintenance; and an admin who
// cancels and retries what is being settled.
//
// `run` works on the test's thread until the time is up and leaves everything running again.
#pragma once

#include <map>
#include <random>

#include "tests/fault/history/producers.hpp"
#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::history {

class Nemesis {
  public:
    Nemesis(support::PrivatePostgres& server, fault::Fleet& fleet, Producers& producers,
            std::uint64_t seed);

    void run(std::chrono::milliseconds length);

    /// What it did, for the checker.
    void report(History& history) const;
    /// And for people.
    [[nodiscard]] std::string summary() const;

  private:
    void revive();
    void kill_worker();
    void stall_worker();
    void crash_server();
    bool wait_for_unflushed_claim();
    void end_sessions();
    void hold_snapshot_over_maintenance();
    void admin();
    void cancel_or_retry(Session& session, std::mt19937_64& random);
    int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

    support::PrivatePostgres& server_;
    fault::Fleet& fleet_;
    Producers& producers_;
    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::atomic<bool> stop_{false};
    std::map<std::size_t, std::chrono::steady_clock::time_point> stalled_;  ///< until when
    std::map<std::string, Nanos> killed_;
    std::vector<Crash> crashes_;
    std::map<std::string, int> counts_;
    std::set<std::int64_t> retried_;            ///< the admin thread's until it is joined
    std::vector<std::string> admin_surprises_;  ///< likewise
    int admin_acts_ = 0;                        ///< likewise
};

}  // namespace barid::history
