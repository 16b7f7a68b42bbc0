#include "queue/write_notes.hpp"

namespace barid::queue {
namespace {

constexpr std::string_view kWrite = R"(
SELECT barid.write_log($1::bigint[], $2::uuid[], $3::int[], $4::int[], $5::bigint[],
    $6::text[]))";

pg::Params params_of(const std::vector<JobNotes::Line>& lines, SteadyTime now) {
    pg::ArrayBuilder ids;
    pg::ArrayBuilder claims;
    pg::ArrayBuilder attempts;
    pg::ArrayBuilder numbers;
    pg::ArrayBuilder ages;
    pg::ArrayBuilder texts;
    for (const JobNotes::Line& line : lines) {
        ids.add(line.job_id);
        claims.add(std::string_view(line.claim_id));
        attempts.add(static_cast<std::int64_t>(line.attempt));
        numbers.add(static_cast<std::int64_t>(line.n));
        // The age, not the time: clocks of machines disagree.
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - line.at);
        ages.add(static_cast<std::int64_t>(age.count()));
        texts.add(std::string_view(line.text));
    }
    pg::Params params;
    for (pg::ArrayBuilder* array : {&ids, &claims, &attempts, &numbers, &ages, &texts}) {
        params.add(std::move(*array));
    }
    return params;
}

}  // namespace

awaitable<void> write_notes(pg::Connection& connection, JobNotes& notes,
                            std::chrono::milliseconds deadline, const log::Logger& logger) {
    const SteadyTime now = std::chrono::steady_clock::now();
    std::vector<JobNotes::Line> lines = notes.take(now);
    if (lines.empty()) co_return;
    try {
        co_await connection.execute(kWrite, params_of(lines, now), deadline);
    } catch (const Error& e) {
        if (e.transient()) {
            notes.put_back(std::move(lines));
            throw;
        }
        logger.warn("jobs' lines were not written", {{"lines", lines.size()}, {"error", e.what()}});
    }
}

}  // namespace barid::queue
