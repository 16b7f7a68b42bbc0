// The lines that running handlers note for people, until the settler writes them. Pure: a buffer
// with bounds. Io thread only.
//
// A line is one line of storable text of at most 500 bytes. Between two writes a job keeps its
// first 20 lines and the newest 80, and all jobs together 10,000; what is left out leaves a gap
// in the numbers. A job's lines are due when it has ended, else once a second.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "queue/job.hpp"

namespace barid::queue {

class JobNotes {
  public:
    static constexpr std::size_t kLineBytes = 500;
    static constexpr std::size_t kFirst = 20;
    static constexpr std::size_t kOfAJob = 100;
    static constexpr std::size_t kOfAllJobs = 10'000;

    struct Line {
        std::int64_t job_id;
        std::string claim_id;
        int attempt;
        int n;  ///< from 1 within the attempt
        SteadyTime at;
        std::string text;
    };

    /// Control characters become blanks; an empty line is none.
    void add(const Job& job, const std::string& text, SteadyTime now);
    /// The attempt's outcome is known: its lines go with the next write.
    void ended(const Job& job);
    /// The attempt's lease is lost: nobody may read them.
    void forget(const Job& job);

    /// Takes the lines that are due.
    std::vector<Line> take(SteadyTime now);
    /// They could not be written; due again at once.
    void put_back(std::vector<Line> lines);

    [[nodiscard]] bool empty() const { return lines_ == 0; }
    [[nodiscard]] bool has_ended() const { return !ended_.empty(); }

  private:
    struct Attempt {
        std::string claim_id;
        int last_number = 0;
        std::vector<Line> lines;
    };
    std::map<std::int64_t, Attempt> running_;
    std::vector<Line> ended_;
    std::size_t lines_ = 0;
    SteadyTime next_write_{};
};

}  // namespace barid::queue
