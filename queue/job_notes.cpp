#include "queue/job_notes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace barid::queue {
namespace {

constexpr std::chrono::seconds kWriteEvery{1};

std::string one_line(const std::string& text) {
    std::string line = scrub_utf8(text);
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return truncate_utf8(line, JobNotes::kLineBytes);
}

}  // namespace

void JobNotes::add(const Job& job, const std::string& text, SteadyTime now) {
    if (text.empty()) return;
    Attempt& attempt = running_[job.id];
    if (attempt.claim_id != job.claim_id) {
        lines_ -= attempt.lines.size();
        attempt = {.claim_id = job.claim_id, .lines = {}};
    }
    ++attempt.last_number;
    if (lines_ >= kOfAllJobs) return;
    if (attempt.lines.size() >= kOfAJob) {
        attempt.lines.erase(attempt.lines.begin() + kFirst);
        --lines_;
    }
    attempt.lines.push_back(
        {job.id, job.claim_id, job.attempt, attempt.last_number, now, one_line(text)});
    ++lines_;
}

void JobNotes::ended(const Job& job) {
    const auto at = running_.find(job.id);
    if (at == running_.end()) return;
    std::ranges::move(at->second.lines, std::back_inserter(ended_));
    running_.erase(at);
}

void JobNotes::forget(const Job& job) {
    const auto at = running_.find(job.id);
    if (at == running_.end()) return;
    lines_ -= at->second.lines.size();
    running_.erase(at);
}

std::vector<JobNotes::Line> JobNotes::take(SteadyTime now) {
    std::vector<Line> due = std::exchange(ended_, {});
    if (now >= next_write_) {
        for (auto& [id, attempt] : running_) {
            std::ranges::move(attempt.lines, std::back_inserter(due));
            attempt.lines.clear();
        }
        next_write_ = now + kWriteEvery;
    }
    lines_ -= due.size();
    return due;
}

void JobNotes::put_back(std::vector<Line> lines) {
    lines_ += lines.size();
    std::ranges::move(lines, std::back_inserter(ended_));
}

}  // namespace barid::queue
