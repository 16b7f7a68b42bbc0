#include "worker/job_records.hpp"

#include "base/error.hpp"
#include "queue/settlement.hpp"

namespace barid::worker {

void DatabaseRecords::note(const queue::Job& job, const std::string& line) {
    settler_.note(job, line);
}

awaitable<void> DatabaseRecords::checkpoint(const queue::Job& job, std::string state) {
    const std::string problem = queue::stored_json_problem("checkpoint", state);
    if (!problem.empty()) throw Error(Error::Retry::permanent, problem);
    const pg::Result saved = co_await pool_.execute(
        "SELECT barid.save_checkpoint($1, $2::uuid, $3)", pg::Params(job.id, job.claim_id, state));
    if (!saved.one().get<bool>(0)) {
        throw Error(Error::Retry::transient,
                    "the lease is lost: the checkpoint was not written, another attempt goes on");
    }
}

awaitable<std::optional<json::value>> DatabaseRecords::last_checkpoint(const queue::Job& job) {
    const pg::Result found = co_await pool_.execute(
        "SELECT data::text FROM barid.checkpoint WHERE job_id = $1", pg::Params(job.id));
    if (found.empty()) co_return std::nullopt;
    co_return parse_json(found.one().text(0));
}

awaitable<std::vector<jobs::ParentOutput>> DatabaseRecords::parent_outputs(const queue::Job& job) {
    const pg::Result rows = co_await pool_.execute(
        "SELECT parent_id, state, output::text FROM barid.parent_outputs($1)", pg::Params(job.id));
    std::vector<jobs::ParentOutput> parents;
    for (const pg::Row row : rows) {
        parents.push_back({row.get<std::int64_t>(0), row.get<std::string>(1),
                           row.is_null(2) ? json::value() : parse_json(row.text(2))});
    }
    co_return parents;
}

}  // namespace barid::worker
