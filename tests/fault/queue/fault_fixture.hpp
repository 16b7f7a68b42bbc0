// What the fault tests share: a fleet of worker processes on one database, waiting with deadlines,
// and the questions that are asked after each disaster. Use it from the test's thread.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/database.hpp"
#include "tests/support/private_postgres.hpp"

namespace barid::fault {

/// Sanitizers slow everything down; deadlines stretch, sizes shrink.
bool slow_build();
std::chrono::milliseconds patience(std::chrono::milliseconds usual);
int sized(int usual);

/// Asks every 20 ms until it is true; false at the (stretched) deadline. A lost connection counts
/// as "not yet".
bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit);

/// Worker processes (tests/support/fault_worker.cpp) on one database.
class Fleet {
  public:
    struct Settings {
        int concurrency = 10;
        int ttl_ms = 3'000;
        int grace_ms = 10'000;
        std::string queues = "default";
        std::string fcm = {};  ///< see fault_worker.cpp
    };
    /// Makes the tables that the kinds write to.
    Fleet(std::string url, Settings settings);

    /// Starts one more process, and waits until it holds its lease; returns its place.
    std::size_t start();
    /// Starts `place` again under a new name (`names` says which).
    void restart(std::size_t place);
    /// SIGKILL; what it was running is noted as ended.
    void kill(std::size_t place);
    [[nodiscard]] bool alive(std::size_t place);
    support::ChildProcess& process(std::size_t place) { return *members_.at(place).process; }
    [[nodiscard]] const std::string& name(std::size_t place) const {
        return members_.at(place).name;
    }
    [[nodiscard]] std::size_t size() const { return members_.size(); }

    /// SIGTERM to all; every one must end with 0.
    void stop_all();

    std::string sql(const std::string& text) const;
    /// The same as a number.
    [[nodiscard]] long count(const std::string& text) const { return std::stol(sql(text)); }
    [[nodiscard]] long live_jobs() const { return count("SELECT count(*) FROM barid.job"); }
    [[nodiscard]] long finished(const std::string& state = "completed") const;
    bool wait_for_live(long most, std::chrono::milliseconds limit) const;

    /// No claim, slot or worker row is left once the stopped and killed ones were rescued.
    void expect_nothing_left() const;
    /// No two runs of one job overlap.
    void expect_no_overlap() const;

  private:
    struct Member {
        std::string name;
        std::unique_ptr<support::ChildProcess> process;
    };
    std::unique_ptr<support::ChildProcess> spawn(const std::string& name) const;

    std::string url_;
    Settings settings_;
    std::vector<Member> members_;
    int names_ = 0;
};

}  // namespace barid::fault
