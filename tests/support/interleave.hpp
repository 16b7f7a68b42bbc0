// Two or three database sessions in every order that matters: a race that is found is found in
// each run, and printed as a schedule.
//
// A session is a list of steps, each an SQL text on a connection of its own. Between two steps, and
// with `barriers` before each writing statement inside of a function as well, a session stands
// still until the scheduler lets it go on. What a session does when it was let go is learned from
// the server: it is done, it stands at the next barrier, or it waits for another session's lock
// (pg_blocking_pids). Nothing sleeps and hopes.
//
// `explore` runs all schedules with at most so many preemptions (a switch from a session that could
// have gone on; two find nearly all races), each on a state made new. Use it from one thread.
// Throws std::runtime_error when a session neither ends nor waits within 20 seconds.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace barid::support {

struct RaceSession {
    std::string name;
    std::vector<std::string> steps;
};

/// A transaction around `sql`, with a barrier before its commit.
std::vector<std::string> transaction(const std::string& sql);

struct RaceRun {
    std::vector<std::string> answers;  ///< by session: the last row's first column, "" for none
    std::vector<std::string> errors;   ///< by session: "40P01 deadlock detected", or ""
    std::string schedule;  ///< which session went on: "paid expire! paid", ! that it waited

    [[nodiscard]] std::string told() const;  ///< all of it, for a test's message
    [[nodiscard]] bool deadlocked() const;
};

struct RaceOptions {
    int preemptions = 1;
    int limit = 2'000;  ///< runs
};

struct RaceReport {
    int runs = 0;
    bool complete = true;  ///< there were no more than `limit`
};

class Interleaver {
  public:
    /// `url`: a superuser's, who may shorten deadlock_timeout.
    explicit Interleaver(std::string url);
    ~Interleaver();

    /// Makes each INSERT, UPDATE and DELETE of the schema's tables a barrier of the sessions here;
    /// other sessions pass. `except`: tables that nobody can be late for, such as logs.
    void barriers(const std::string& schema, const std::vector<std::string>& except = {});

    /// Remembers the rows of all tables of these schemas; `put_back` makes them what they were.
    void keep(const std::vector<std::string>& schemas);
    void put_back();

    /// Runs it at once, past all barriers; the last row's first column.
    std::string execute(const std::string& sql);

    /// `reset` makes the state new before each run, `check` judges after it; `check` says whether
    /// to go on.
    RaceReport explore(const std::vector<RaceSession>& sessions, const std::function<void()>& reset,
                       const std::function<bool(const RaceRun&)>& check,
                       const RaceOptions& options = {});

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace barid::support
